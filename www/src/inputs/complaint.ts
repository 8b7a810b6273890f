// The problems of one field, where its aria-describedby finds them.
import type { Problem } from '../../pkg/poolwise.js';
import { html } from 'lit';

export const complaint = (id: string, problems: Problem[]) => html`<div class="complaint" id=${id}>
  ${problems.map(({ severity, message }) => html`<p class=${severity}>${message}</p>`)}
</div>`;

export const at = (problems: Problem[], path: string): Problem[] => problems.filter((problem) => problem.path === path);
