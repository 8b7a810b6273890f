import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../pkg/poolwise.js';
import { place, read, remove, write } from './scenario.js';

const scenario = (value: unknown) => value as Scenario;

describe('a value of a scenario', () => {
  it('is written on a copy, with what is missing on the way', () => {
    const before = scenario({ pool: { max_size: 4 } });
    expect(write(before, 'query[0].hold', '5ms')).toEqual({ pool: { max_size: 4 }, query: [{ hold: '5ms' }] });
    expect(write(before, 'pool.max_size', '20')).toEqual({ pool: { max_size: 20 } });
    expect(before).toEqual({ pool: { max_size: 4 } });
  });

  it('stays a text where JSON has no such number', () => {
    for (const text of ['NaN', 'Infinity', '-Infinity']) expect(write(scenario({}), 'pool.max_size', text)).toEqual({ pool: { max_size: text } });
  });

  it('is removed with the tables that are empty then', () => {
    expect(remove(scenario({ fleet: { autoscale: { most: 4 } } }), 'fleet.autoscale.most')).toEqual({});
    expect(remove(scenario({ client: { retries: 1, jitter: '5%' } }), 'client.retries')).toEqual({ client: { jitter: '5%' } });
    expect(remove(scenario({ slo: ['a', 'b'] }), 'slo[0]')).toEqual({ slo: ['b'] });
    expect(remove(scenario({ slo: ['a'] }), 'slo[0]')).toEqual({});
    expect(remove(scenario({}), 'client.breaker.window')).toEqual({});
  });

  it('leaves an entry of a list in its place when its last key goes', () => {
    expect(remove(scenario({ alert: [{ for: '1m' }, { for: '2m' }] }), 'alert[0].for')).toEqual({ alert: [{}, { for: '2m' }] });
    expect(remove(scenario({ alert: [{ for: '1m' }, { for: '2m' }] }), 'alert[0]')).toEqual({ alert: [{ for: '2m' }] });
  });

  it('never reaches what all objects have', () => {
    expect(read(scenario({}), 'constructor.name')).toBeUndefined();
    write(scenario({}), '__proto__.polluted', 'yes');
    place(scenario({}), 'constructor.prototype.polluted', 'yes');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
