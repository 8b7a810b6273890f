// What the library understood of a text, in its own spelling, and what it says when it understood nothing.
import { parse, spell } from '../../pkg/poolwise.js';
import type { Quantity } from '../../pkg/poolwise.js';
import { problemsIn } from '../problems.js';
import { ends } from './knobs.js';

const SPELT: Quantity[] = ['duration', 'rate', 'share'];

/** The text in the library's spelling where that is another, such as "2000/s" of "120000/min". */
export function understood(quantity: Quantity, text: string): string | null {
  if (!SPELT.includes(quantity)) return null;
  try {
    const spelt = (ends(text) ?? [text]).map((end) => spell(quantity, parse(quantity, end))).join('..');
    return spelt === text.replace(/\s/g, '') ? null : spelt;
  } catch {
    return null;
  }
}

/** Why a text is no such quantity, or null when it is one. */
export function complaintOf(quantity: Quantity, text: string): string | null {
  try {
    for (const end of ends(text) ?? [text]) parse(quantity, end);
    return null;
  } catch (thrown) {
    return problemsIn(thrown)?.[0]?.message ?? null;
  }
}
