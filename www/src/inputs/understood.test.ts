import { beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../../pkg/poolwise.js';
import { startFromFile } from '../engine/testing.js';
import { inOrder, step } from './moments.js';
import { asShipped, presets, shipped } from './presets.js';
import { complaintOf, understood } from './understood.js';

beforeAll(startFromFile);

describe('a text', () => {
  it('is understood in the library’s spelling, and not repeated', () => {
    expect(understood('rate', '120000/min')).toBe('2000/s');
    expect(understood('duration', '0.25s')).toBe('250ms');
    expect(understood('duration', '250 ms')).toBeNull();
    expect(understood('rate', '48000/min..1200/s')).toBe('800/s..1200/s');
    expect(understood('duration', 'none')).toBeNull();
    expect(understood('text', '60s')).toBeNull();
  });

  it('that can not be read is answered with the library’s words', () => {
    expect(complaintOf('duration', '5')).toContain('unit');
    expect(complaintOf('duration', '5ms..')).not.toBeNull();
    expect(complaintOf('duration', '5ms..6ms')).toBeNull();
  });
});

describe('a timeline', () => {
  it('is in order of time, what waits for an alert at its end', () => {
    const timeline = [{ at: '2h' }, { on: 'Alert' }, { at: '90s' }, { at: '1m' }, { at: '60s' }, { at: 'soon' }];
    expect(inOrder({ timeline } as unknown as Scenario)).toEqual([3, 4, 2, 0, 1, 5]);
  });

  it('has about 200 steps of a round number', () => {
    expect(step(600)).toBe(5);
    expect(step(14_400)).toBe(300);
    expect(step(20)).toBe(0.1);
  });
});

describe('a preset', () => {
  it('says what holds where nothing is written, for the pool that has it', () => {
    const [preset] = presets();
    const pool = { preset: preset!.name, max_size: 3 };
    const setting = preset!.settings.find(({ key }) => key === 'max_size')!;
    expect(shipped({ pool } as Scenario, 'pool.max_size')).toEqual(setting);
    expect(shipped({ pool: [{}, pool] } as unknown as Scenario, 'pool[1].max_size')).toEqual(setting);
    expect(shipped({ pool: [{}, pool] } as unknown as Scenario, 'pool[0].max_size')).toBeUndefined();
    expect(asShipped({ pool: { ...pool, name: 'main' } } as Scenario, 'pool')).toEqual({ pool: { preset: preset!.name, name: 'main' } });
  });
});
