import { beforeAll, describe, expect, it } from 'vitest';
import { knobs, predict } from '../../pkg/poolwise.js';
import type { Knob, Scenario } from '../../pkg/poolwise.js';
import { blurred, hasPlainHold, hasPlainObjective, hasPlainRate, home, rangeOf, textOf, turn, valueOf, withoutUnit } from './knobs.js';
import { startFromFile } from '../engine/testing.js';

const plain: Scenario = {
  traffic: { rate: '300/s' },
  query: [{ hold: 'percentiles(p50=5ms, p95=40ms, p99=120ms)' }],
  slo: ['wait.p99 <= 50ms'],
};

function knob(path: string): Knob {
  const found = knobs().find((k) => k.path === path);
  if (!found) throw new Error(`no knob ${path}`);
  return found;
}

beforeAll(startFromFile);

describe('a knob', () => {
  it('shows what is written, and the default where nothing is', () => {
    expect(textOf(plain, knob('traffic.rate'))).toBe('300/s');
    expect(textOf(plain, knob('hold.p95'))).toBe('40ms');
    expect(textOf(plain, knob('slo.wait_p99'))).toBe('50ms');
    expect(textOf(plain, knob('pool.acquire_timeout'))).not.toBe('');
  });

  it('reads any unit into its own', () => {
    expect(valueOf(knob('hold.p50'), '1.5s')).toBe(1500);
    expect(valueOf(knob('hold.p50'), '250us')).toBe(0.25);
    expect(valueOf(knob('traffic.rate'), '90/min')).toBe(1.5);
    expect(valueOf(knob('pool.max_size'), '12')).toBe(12);
    expect(valueOf(knob('pool.acquire_timeout'), 'none')).toBeNull();
  });

  it('writes a bare number with its unit and everything else as it was entered', () => {
    expect(turn(plain, knob('traffic.rate'), '50').traffic).toEqual({ rate: '50/s' });
    expect(turn(plain, knob('traffic.rate'), '90/min').traffic).toEqual({ rate: '90/min' });
    expect(turn(plain, knob('traffic.rate'), '1e3').traffic).toEqual({ rate: '1e3/s' });
    expect(turn(plain, knob('pool.max_size'), '20').pool).toMatchObject({ max_size: 20 });
    expect(turn(plain, knob('hold.p99'), '2s').query?.[0]?.hold).toBe('percentiles(p50=5ms, p95=40ms, p99=2s)');
    expect(turn(plain, knob('slo.wait_p99'), '20').slo).toEqual(['wait.p99 <= 20ms']);
  });

  it('writes a range with its unit at both ends', () => {
    expect(turn(plain, knob('traffic.rate'), '800..1200').traffic).toEqual({ rate: '800/s..1200/s' });
    expect(turn(plain, knob('traffic.rate'), '800/s..72000/min').traffic).toEqual({ rate: '800/s..72000/min' });
    expect(turn(plain, knob('hold.p50'), '4..6').query?.[0]?.hold).toBe('percentiles(p50=4ms..6ms, p95=40ms, p99=120ms)');
    expect(rangeOf(knob('traffic.rate'), '800/s..72000/min')).toEqual([800, 1200]);
    expect(rangeOf(knob('traffic.rate'), '800/s')).toBeNull();
    expect(rangeOf(knob('traffic.rate'), '800/s..')).toBeNull();
  });

  it('makes a range of a value, and a value of a range', () => {
    expect(blurred(knob('traffic.rate'), '300/s')).toBe('250..360');
    expect(blurred(knob('traffic.rate'), '250/s..360/s')).toBe('300');
    expect(blurred(knob('fleet.instances'), '1')).toBe('1..2');
  });

  it('is shown without its own unit, and as it was typed in any other', () => {
    expect(withoutUnit(knob('traffic.rate'), '300/s')).toBe('300');
    expect(withoutUnit(knob('traffic.rate'), '120000/min')).toBe('120000/min');
    expect(withoutUnit(knob('traffic.rate'), '800/s..1200/s')).toBe('800..1200');
    expect(withoutUnit(knob('pool.acquire_timeout'), '250ms')).toBe('250ms');
    expect(withoutUnit(knob('pool.acquire_timeout'), 'none')).toBe('none');
  });

  it('stands in the first of several pools', () => {
    const several = { ...plain, pool: [{ max_size: 3 }, { max_size: 9 }] } as unknown as Scenario;
    expect(textOf(several, knob('pool.max_size'))).toBe('3');
    expect(turn(several, knob('pool.max_size'), '4').pool).toEqual([{ max_size: 4 }, { max_size: 9 }]);
    expect(home(knob('pool.max_size'), several)).toBe('pool[0].max_size');
  });

  it('leaves the scenario that it was given alone', () => {
    turn(plain, knob('hold.p99'), '2s');
    expect(textOf(plain, knob('hold.p99'))).toBe('120ms');
  });

  it('keeps its place while something impossible is typed', () => {
    for (const text of ['', 'x=1,', ')))', '-']) {
      for (const { path } of knobs()) {
        const turned = turn(plain, knob(path), text);
        expect(hasPlainHold(turned) && hasPlainObjective(turned), `${path} "${text}"`).toBe(true);
        expect(hasPlainHold(turn(turned, knob(path), '7'))).toBe(true);
      }
    }
  });

  it('stands where the library reports its problems', () => {
    for (const { path } of knobs()) {
      let found: unknown;
      try {
        predict(turn(plain, knob(path), 'nonsense'));
      } catch (thrown) {
        found = thrown;
      }
      expect(found, path).toMatchObject({ problems: expect.arrayContaining([expect.objectContaining({ path: home(knob(path)) })]) as unknown });
    }
  });

  it('makes way for a text where it could not write the hold or the objective', () => {
    const classes = { ...plain, query: [...(plain.query ?? []), { hold: 'constant(1ms)' }] };
    expect(hasPlainHold(plain)).toBe(true);
    expect(hasPlainHold(classes)).toBe(false);
    expect(hasPlainHold({ ...plain, query: [{ hold: 'exponential(mean=20ms)' }] })).toBe(false);
    expect(hasPlainObjective(plain)).toBe(true);
    expect(hasPlainObjective({ ...plain, slo: ['wait.p95 <= 50ms'] })).toBe(false);
    expect(hasPlainObjective({ ...plain, slo: ['wait.p99 <= 50ms', 'timed_out_share <= 1%'] })).toBe(false);
  });

  it('leaves the rate alone where requests do not come at one', () => {
    const plain = { traffic: { rate: '5/s', steps: [{ at: '1m', rate: '9/s' }] }, query: [] } as unknown as Scenario;
    expect(hasPlainRate(plain)).toBe(true);
    expect(hasPlainRate({ query: [] } as unknown as Scenario)).toBe(true);
    expect(hasPlainRate({ ...plain, traffic: { clients: 4 } } as unknown as Scenario)).toBe(false);
    expect(hasPlainRate({ ...plain, traffic: [{ rate: '5/s' }] } as unknown as Scenario)).toBe(false);
  });
});
