import { expect, it } from 'vitest';
import { leaves } from './leaves.js';

it('names every value that is written by its path', () => {
  const scenario = { name: 'a', query: [{ hold: 'constant(5ms)' }, { hold: null }], slo: ['wait.p99 <= 5ms'], pool: { max_size: 3 } };
  expect(leaves(scenario)).toEqual([['name', 'a'], ['query[0].hold', 'constant(5ms)'], ['slo[0]', 'wait.p99 <= 5ms'], ['pool.max_size', '3']]);
});
