import { beforeAll, describe, expect, it } from 'vitest';
import { examples, fields } from '../../pkg/poolwise.js';
import type { Scenario } from '../../pkg/poolwise.js';
import { startFromFile } from '../engine/testing.js';
import { candidates } from './candidates.js';
import { fieldAt, type Branch, standing, tree } from './paths.js';

beforeAll(startFromFile);

describe('the catalogue as a tree', () => {
  it('has every key once', () => {
    const leaves = (branches: Branch[]): string[] => branches.flatMap(({ field, branches: below }) => [...(field ? [field.path] : []), ...leaves(below)]);
    expect(leaves(tree()).sort()).toEqual(fields().map(({ path }) => path).sort());
  });

  it('knows the key of every place', () => {
    expect(fieldAt('version[1].query[0].hold')?.path).toBe('version[].query[].hold');
    expect(fieldAt('pool[2].max_size')?.path).toBe('pool.max_size');
    expect(fieldAt('pool.max_sizes')).toBeUndefined();
  });

  it('finds the first of several pools', () => {
    expect(standing({ pool: [{}, {}] } as unknown as Scenario, 'pool.max_size')).toBe('pool[0].max_size');
    expect(standing({} as Scenario, 'pool.max_size')).toBe('pool.max_size');
    expect(standing({ query: [{}] } as unknown as Scenario, 'query[0].hold')).toBe('query[0].hold');
  });

  it('offers what is not written, at every place of a list and the next', () => {
    const paths = candidates({ query: [{ hold: '5ms' }], slo: ['x'] } as unknown as Scenario).map(({ path }) => path);
    expect(paths).toContain('query[0].leak');
    expect(paths).not.toContain('query[0].hold');
    expect(paths).toContain('query[1].hold');
    expect(paths).not.toContain('query[2].hold');
    expect(paths).toContain('slo[1]');
    for (const { scenario } of examples()) {
      for (const { path } of candidates(scenario)) expect(fieldAt(path), path).toBeDefined();
    }
  });
});
