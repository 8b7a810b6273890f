// What is compared: how each measure is called and written. The names are those of a report.
import type { ComparedMeasure } from '../../pkg/poolwise.js';
import { html } from 'lit';
import { clock, count, difference, seconds, share, type Write } from '../format.js';

const MEASURES: Record<string, [words: string, write: Write]> = {
  'impact.failed_requests': ['Failed', share],
  'impact.users_mostly_down': ['Users mostly down', share],
  'impact.slow_requests': ['Slow answers', share],
  goodput: ['Answers per second', count],
  'wait.p99': ['Wait p99', seconds],
  'response.p99': ['Response p99', seconds],
  time_to_exhaustion: ['First failure after', clock],
};

export const wordsOf = (measure: string): string => MEASURES[measure]?.[0] ?? measure;
export const writeOf = (measure: string): Write => MEASURES[measure]?.[1] ?? count;

const SIGNS: Record<string, string> = { better: '✓ ', worse: '✕ ' };

/** How much more it is, and whether that is real: in a word and a sign, not in colour alone. */
export function effect(found: ComparedMeasure) {
  const { effect: known, measure } = found;
  const words = difference(found, writeOf(measure));
  if (!words) return '';
  const real = known == null ? 'not known whether it is real' : SIGNS[known] ? known : '';
  return html`<span class="effect ${known ?? ''}">${SIGNS[known ?? ''] ?? ''}${words}${real ? ` ${real}` : ''}</span>`;
}
