import { beforeAll, describe, expect, it } from 'vitest';
import { examples, predict } from '../../pkg/poolwise.js';
import type { Scenario } from '../../pkg/poolwise.js';
import { startFromFile } from '../engine/testing.js';
import { applied, placed, without } from './counterfactual.js';

const timed = {
  traffic: { rate: '5/s' },
  query: [{ hold: 'exponential(mean=20ms)' }],
  timeline: [{ name: 'spike', at: '1m', change: 'slow_query', factor: 3 }, { name: 'fix', at: '2m', change: 'slow_query', factor: 1 }],
  variant: [
    { name: 'never', set: ['timeline.spike=none'] },
    { name: 'sooner', set: ['timeline.fix.at=90s', 'pool.max_size=4'] },
    { name: 'less', set: ['timeline.spike.factor=2'] },
  ],
} as unknown as Scenario;

const sets = (n: number): string[] => (timed.variant?.[n]?.set ?? []).map(String);

beforeAll(startFromFile);

describe('a counterfactual', () => {
  it('is found by the names of entries', () => {
    expect(placed(timed, 'timeline.fix.at')).toBe('timeline[1].at');
    expect(placed(timed, 'timeline[0].at')).toBe('timeline[0].at');
    expect(placed(timed, 'pool.max_size')).toBe('pool.max_size');
  });

  it('has what a variant sets, and no longer the variant', () => {
    const { scenario, lost } = applied(timed, sets(1));
    expect(scenario.timeline?.[1]).toMatchObject({ at: '90s' });
    expect(scenario.pool).toEqual({ max_size: 4 });
    expect(scenario.variant?.map(({ name }) => name)).toEqual(['never', 'less']);
    expect(lost).toEqual([]);
  });

  it('loses what speaks of an entry that is gone', () => {
    for (const { scenario, lost } of [applied(timed, sets(0)), without(timed, 'timeline[0]')]) {
      expect(scenario.timeline?.map(({ name }) => name)).toEqual(['fix']);
      expect(scenario.variant?.map(({ name }) => name)).toEqual(['sooner']);
      expect(lost).toContain('variant less');
    }
  });

  it('can run, whichever it is of the bundled incidents', () => {
    for (const { name, scenario } of examples()) {
      scenario.timeline?.forEach((_, n) => expect(() => predict(without(scenario, `timeline[${n}]`).scenario), `${name}, without ${n}`).not.toThrow());
      scenario.variant?.forEach(({ set }) => expect(() => predict(applied(scenario, (set ?? []).map(String)).scenario), `${name}, ${set}`).not.toThrow());
    }
  }, 60_000);
});
