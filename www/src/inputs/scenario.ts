// Reading and writing one value of a scenario by its path, such as "query[0].hold". The scenario stays as it was written.
import type { Scenario } from '../../pkg/poolwise.js';

export type Node = Record<string, unknown> | unknown[];
export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
export const isTable = (value: unknown): value is Record<string, unknown> => isNode(value) && !Array.isArray(value);
const steps = (path: string): string[] => path.replaceAll(']', '').split(/[.[]/);
const below = (node: Node, key: string): unknown => (Object.hasOwn(node, key) ? (node as Record<string, unknown>)[key] : undefined);

/** Whatever stands at a path: a value, a table or a list. */
export function look(scenario: Scenario, path: string): unknown {
  let found: unknown = scenario;
  for (const key of path === '' ? [] : steps(path)) found = isNode(found) ? below(found, key) : undefined;
  return found;
}

export function read(scenario: Scenario, path: string): string | undefined {
  const found = look(scenario, path);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

/** Texts that are plain numbers are written as numbers; JSON has none for "NaN" and "Infinity". */
const value = (text: string): string | number => (String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text);

/** A copy with another value. */
export const write = (scenario: Scenario, path: string, text: string): Scenario => place(scenario, path, value(text));

/** A copy with anything at a path; what is missing on the way is made. */
export function place(scenario: Scenario, path: string, found: unknown): Scenario {
  const copy = structuredClone(scenario);
  const keys = steps(path);
  const last = keys.pop() ?? '';
  let at: Node = copy as unknown as Node;
  keys.forEach((key, n) => {
    if (!isNode(below(at, key))) set(at, key, /^\d+$/.test(keys[n + 1] ?? last) ? [] : {});
    at = below(at, key) as Node;
  });
  set(at, last, found);
  return copy;
}

/** A key is always a key, even when a link calls it __proto__. */
const set = (node: Node, key: string, found: unknown) =>
  Object.defineProperty(node, key, { value: found, writable: true, enumerable: true, configurable: true });

/** A copy without what stands at a path, and without the tables that are empty then: an empty table may ask for keys of its own. */
export function remove(scenario: Scenario, path: string): Scenario {
  const copy = structuredClone(scenario);
  const keys = steps(path);
  while (keys.length > 0) {
    const key = keys.pop()!;
    const around = keys.length === 0 ? (copy as unknown) : look(copy, keys.join('.'));
    if (Array.isArray(around)) around.splice(Number(key), 1);
    else if (isTable(around)) delete around[key];
    // An entry of a list keeps its place.
    if (!isNode(around) || Object.keys(around).length > 0 || /^\d+$/.test(keys.at(-1) ?? '')) break;
  }
  return copy;
}
