// A table behind a line that opens it.
import { html, type TemplateResult } from 'lit';

export const details = (summary: string, table: () => TemplateResult) => html`<details>
  <summary>${summary}</summary>
  <div class="scroll" tabindex="0" role="region" aria-label=${summary}>${table()}</div>
</details>`;
