// A scenario as a page that embeds the planner gives it: an object, JSON, or the "v1.…" of a link.
import type { Scenario } from '../../pkg/poolwise.js';
import { fromHash, type Opened } from '../state/link.js';

export type Given = Scenario | string;

export async function opened(given: Given): Promise<Opened> {
  if (typeof given !== 'string') return { scenario: given };
  const text = given.trim();
  if (/^#?v\d+\./.test(text)) return fromHash(text.startsWith('#') ? text : `#${text}`);
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return { scenario: found as Scenario };
  } catch {
    // The same notice as for JSON that is no object.
  }
  return { notice: 'The scenario that this page gives is neither JSON nor a link.' };
}
