import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { toml } from './toml.js';

it('reads back as the same scenario, without what is null', () => {
  const scenario = {
    traffic: { rate: '120/s' },
    query: [{ hold: 'exponential(mean=20ms)' }, { name: 'a "b"', hold: 'constant(5ms)' }],
    pool: { max_size: 7, acquire_timeout: null },
    slo: ['wait.p99 <= 50ms'],
  };
  const { pool, ...rest } = scenario;
  expect(parse(toml(scenario as never))).toEqual({ ...rest, pool: { max_size: pool.max_size } });
});
