// Reading and writing one value of a scenario by its path, such as "query[0].hold". The scenario stays as it was written.
import type { Scenario } from '../../pkg/poolwise.js';

type Node = Record<string, unknown> | unknown[];
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const steps = (path: string): string[] => path.replaceAll(']', '').split(/[.[]/);
const below = (node: Node, key: string): unknown => (node as Record<string, unknown>)[key];

export function read(scenario: Scenario, path: string): string | undefined {
  let found: unknown = scenario;
  for (const key of steps(path)) found = isNode(found) ? below(found, key) : undefined;
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

/** A copy with another value. Texts that are plain numbers are written as numbers. */
export function write(scenario: Scenario, path: string, text: string): Scenario {
  const copy = structuredClone(scenario);
  const keys = steps(path);
  const last = keys.pop() ?? '';
  let place: Node = copy as unknown as Node;
  keys.forEach((key, at) => {
    const next = below(place, key);
    if (!isNode(next)) (place as Record<string, unknown>)[key] = /^\d+$/.test(keys[at + 1] ?? last) ? [] : {};
    place = below(place, key) as Node;
  });
  (place as Record<string, unknown>)[last] = String(Number(text)) === text ? Number(text) : text;
  return copy;
}
