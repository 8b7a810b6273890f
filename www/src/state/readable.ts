// Links that people write by hand: "#example=steady&traffic.rate=120/s&pool.max_size=20", by the names of knobs and keys.
import { knobs } from '../../pkg/poolwise.js';
import type { Scenario } from '../../pkg/poolwise.js';
import { turn } from '../inputs/knobs.js';
import { fieldAt } from '../inputs/paths.js';
import { write } from '../inputs/scenario.js';

export interface Example {
  name: string;
  scenario: Scenario;
}

export interface Readable {
  scenario: Scenario;
  /** The example that it begins with, where the address names one. */
  example?: string;
  notice?: string;
}

export const isReadable = (hash: string): boolean => /^#[\w.[\]%]+=/.test(hash) && !/^#v\d+\./.test(hash);

/** The example that the address names, else `base`, with every value that it gives; a name that is not known is told. */
export function fromReadable(hash: string, examples: Example[], base: Scenario): Readable {
  const parts = hash.slice(1).split('&').filter((part) => part !== '').map(pair);
  const named = parts.find(([name]) => name === 'example')?.[1];
  const example = examples.find(({ name }) => name === named);
  const unknown = named !== undefined && !example ? [`There is no example “${named}”.`] : [];
  let { scenario } = example ?? { scenario: base };
  for (const [name, text] of parts) {
    if (name === 'example') continue;
    const changed = set(scenario, name, text);
    if (changed) scenario = changed;
    else unknown.push(`The address sets “${name}”, which is no setting.`);
  }
  const notice = unknown.length > 0 ? { notice: unknown.join(' ') } : {};
  return { scenario, ...(example ? { example: example.name } : {}), ...notice };
}

function set(scenario: Scenario, name: string, text: string): Scenario | null {
  const knob = knobs().find(({ path }) => path === name);
  if (knob) return turn(scenario, knob, text);
  // A place far out in a list would make all the places before it.
  const far = [...name.matchAll(/\[(\d+)\]/g)].some(([, place]) => Number(place) > 999);
  return fieldAt(name) && /^[\w.]+(\[\d+\][\w.]*)*$/.test(name) && !far ? write(scenario, name, text) : null;
}

function pair(part: string): [string, string] {
  const [name = '', ...rest] = part.split('=');
  return [decoded(name), decoded(rest.join('='))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
