import { beforeAll, describe, expect, it } from 'vitest';
import { examples, knobs } from '../../pkg/poolwise.js';
import type { Scenario } from '../../pkg/poolwise.js';
import { startFromFile } from '../engine/testing.js';
import { textOf } from '../inputs/knobs.js';
import { ask } from './address.js';
import { fromReadable } from './readable.js';

const base: Scenario = { traffic: { rate: '300/s' }, query: [{ hold: 'percentiles(p50=5ms, p95=40ms, p99=120ms)' }] };
const read = (hash: string) => fromReadable(hash, examples(), base);

beforeAll(startFromFile);

describe('a link that people write by hand', () => {
  it('begins with an example and sets knobs and keys as they are typed', () => {
    const { scenario, example, notice } = read('#example=leak&traffic.rate=90&pool.max_size=20&hold.p50=7&client.jitter=5%25');
    expect(example).toBe('leak');
    expect(notice).toBeUndefined();
    expect(scenario).toMatchObject({ name: 'leak', traffic: { rate: '90/s' }, pool: { max_size: 20 }, client: { jitter: '5%' } });
  });

  it('changes the scenario that is there where it names no example', () => {
    const { scenario, example } = read('#traffic.rate=120/s&query[0].leak=1%&hold.p95=50ms');
    expect(example).toBeUndefined();
    expect(scenario).toEqual({ traffic: { rate: '120/s' }, query: [{ hold: 'percentiles(p50=5ms, p95=50ms, p99=120ms)', leak: '1%' }] });
    expect(base.traffic).toEqual({ rate: '300/s' });
  });

  it('may name every knob', () => {
    for (const knob of knobs()) {
      const { scenario, notice } = read(`#${knob.path}=7`);
      expect(notice, knob.path).toBeUndefined();
      expect(textOf(scenario, knob)).toMatch(/^7/);
    }
  });

  it('tells what it does not know by name, and does the rest', () => {
    const { scenario, notice } = read('#example=leek&pool.max_sizes=3&query[].hold=1ms&__proto__.x=1&query[99999999].hold=1ms&traffic.rate=5/s');
    for (const name of ['leek', 'pool.max_sizes', 'query[].hold', '__proto__.x', 'query[99999999].hold']) expect(notice).toContain(`“${name}”`);
    expect(scenario).toEqual({ ...base, traffic: { rate: '5/s' } });
  });

  it('is told from a packed one and from a place on the page', async () => {
    expect(await ask('#example=leak', examples(), base)).toMatchObject({ example: 'leak' });
    expect(await ask('#section', examples(), base)).toMatchObject({ notice: expect.any(String) as string });
    expect(await ask('#v1.abc=', examples(), base)).toMatchObject({ notice: expect.stringContaining('damaged') as string });
    expect(await ask('#a=%E0%A4%A', examples(), base)).toMatchObject({ notice: expect.stringContaining('“a”') as string });
    expect(await ask('', examples(), base)).toEqual({});
  });
});
