// The catalogue's paths and those of a scenario: "query[].hold" is the key, "query[2].hold" one place of it.
import { fields } from '../../pkg/poolwise.js';
import type { Field, Scenario } from '../../pkg/poolwise.js';
import { isTable, look } from './scenario.js';

let catalogue: Map<string, Field> | undefined;

/** Every key of a scenario by its path, asked for once. */
export function keys(): Map<string, Field> {
  catalogue ??= new Map(fields().map((field) => [field.path, field]));
  return catalogue;
}

/** What the catalogue says of one place; traffic and pool may be written as one table or as a list of them. */
export function fieldAt(path: string): Field | undefined {
  const key = path.replace(/\[\d+\]/g, '[]');
  return keys().get(key) ?? keys().get(key.replace(/^(\w+)\[\]/, '$1'));
}

/** Where a key of a section stands that may be a list: in its first entry then. */
export function standing(scenario: Scenario, path: string): string {
  const [head = '', ...rest] = path.split('.');
  return rest.length > 0 && !head.endsWith(']') && Array.isArray(look(scenario, head)) ? [`${head}[0]`, ...rest].join('.') : path;
}

export interface Branch {
  key: string;
  list: boolean;
  /** What the catalogue says, where this is a value. */
  field: Field | undefined;
  branches: Branch[];
}

/** The catalogue as a tree, in its order. */
export function tree(all: Iterable<Field> = keys().values()): Branch[] {
  const roots: Branch[] = [];
  for (const field of all) {
    let level = roots;
    let at: Branch | undefined;
    for (const step of field.path.split('.')) {
      const [key = '', list = false] = step.endsWith('[]') ? [step.slice(0, -2), true] : [step];
      at = level.find((branch) => branch.key === key);
      if (!at) level.push((at = { key, list, field: undefined, branches: [] }));
      level = at.branches;
    }
    if (at) at.field = field;
  }
  return roots;
}

/** How many values are written below a place. */
export function count(found: unknown): number {
  if (found === undefined || found === null) return 0;
  if (Array.isArray(found)) return found.reduce((sum: number, each) => sum + count(each), 0);
  return isTable(found) ? Object.values(found).reduce((sum: number, each) => sum + count(each), 0) : 1;
}
