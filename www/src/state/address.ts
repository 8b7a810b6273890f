// What the address of the page asks for, in either kind of link.
import type { Scenario } from '../../pkg/poolwise.js';
import { fromHash, type Linked } from './link.js';
import { type Example, fromReadable, isReadable } from './readable.js';

export interface Asked extends Partial<Linked> {
  example?: string;
  notice?: string;
}

/** Without a scenario where the address holds none. */
export async function ask(hash: string, examples: Example[], base: Scenario): Promise<Asked> {
  if (isReadable(hash)) return fromReadable(hash, examples, base);
  const found = await fromHash(hash);
  return found && 'notice' in found ? { notice: `${found.notice} This is the example instead.` } : (found ?? {});
}
