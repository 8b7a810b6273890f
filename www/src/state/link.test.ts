import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../pkg/poolwise.js';
import { fromHash, read, toHash } from './link.js';

const scenario: Scenario = {
  name: 'größer → 100 %',
  traffic: { rate: '300/s', steps: [{ at: '1m', rate: '2/min' }] },
  query: [{ hold: 'percentiles(p50=5ms, p95=40ms, p99=120ms)' }],
  slo: ['wait.p99 <= 50ms'],
};

// Written once and never changed.
const FIRST = '#v1.q1YqSy0qzszPU7Iy1FEqTk7NSyzKzFeyqlYqKUpMS8tMBjGLEktSlayUjA0M9IuVamtrAQ';

async function linkOf(value: unknown, prefix = '#v1.'): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return prefix + text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

describe('a link', () => {
  it('gives back the scenario that it was made of', async () => {
    const hash = await toHash(scenario);
    expect(hash).toMatch(/^#v1\.[\w-]+$/);
    expect(await fromHash(hash)).toEqual({ scenario });
  });

  it('may be absent', async () => {
    expect(await fromHash('')).toBeNull();
    expect(await fromHash('#')).toBeNull();
  });

  it('of a newer version says so, in its prefix or inside', async () => {
    const newer = { notice: expect.stringContaining('newer version') as string };
    expect(await fromHash(await linkOf({ version: 2, scenario }, '#v2.'))).toEqual(newer);
    expect(await fromHash(await linkOf({ version: 2, scenario }))).toEqual(newer);
  });

  it('cut off anywhere is damaged, never half a scenario', async () => {
    const hash = await toHash(scenario);
    for (let length = '#v1.'.length; length < hash.length - 1; length += 1) {
      expect(await fromHash(hash.slice(0, length)), `${length} characters`).toEqual({ notice: expect.any(String) as string });
    }
  });

  it('of garbage is refused', async () => {
    const wrong = [{ version: 1 }, { version: 1, scenario: 5 }, { version: 1, scenario: [] }, { version: 1, scenario: null }, null, 'text'];
    const links = await Promise.all(wrong.map((value) => linkOf(value)));
    for (const hash of [...links, '#v1.!!!', '#v1.AAAA', '#section', `#v1.${'A'.repeat(1e6)}`]) {
      expect(await fromHash(hash), hash.slice(0, 40)).toEqual({ notice: expect.any(String) as string });
    }
  });

  it('may carry what it is compared with and how it is seen, and nothing else', async () => {
    const pinned = { pool: { max_size: 4 } };
    expect(await fromHash(await toHash(scenario, { pinned, view: { tab: 'run' } }))).toEqual({ scenario, pinned, view: { tab: 'run' } });
    const strange = { version: 1, scenario, pinned: [], view: { tab: 'run', deep: {} }, extra: 1 };
    expect(await fromHash(await linkOf(strange))).toEqual({ scenario, view: { tab: 'run' } });
  });

  it('that is too large is none', async () => {
    const noise = Array.from({ length: 60_000 }, (_, n) => Math.sin(n));
    expect(await toHash({ noise } as unknown as Scenario)).toBe('');
  });

  it('of an older version is brought up to date step by step', () => {
    const migrations = {
      1: ({ scenario: old, ...rest }: Record<string, unknown>) => ({ ...rest, scenario: { one: old } }),
      2: ({ scenario: old, ...rest }: Record<string, unknown>) => ({ ...rest, scenario: { two: old } }),
    };
    expect(read({ version: 1, scenario: {} }, migrations, 3)).toEqual({ scenario: { two: { one: {} } } });
    expect(read({ version: 3, scenario: {} }, migrations, 3)).toEqual({ scenario: {} });
    expect(() => read({ version: 0, scenario: {} }, migrations, 3)).toThrow();
    expect(() => read({ version: 'x', scenario: {} }, migrations, 3)).toThrow();
  });

  it('of version 1 as it was first written is read for ever', async () => {
    expect(await fromHash(FIRST)).toEqual({ scenario: { traffic: { rate: '300/s' } } });
  });
});

/** Numbers between 0 and 1, the same in every run (mulberry32). */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function anyText(draw: () => number): string {
  return Array.from({ length: Math.floor(draw() * 12) }, () => String.fromCodePoint(Math.floor(draw() ** 3 * 0xd7ff))).join('');
}

function anyJson(draw: () => number, depth: number): unknown {
  const length = Math.floor(draw() * 5);
  switch (Math.floor(draw() * (depth > 0 ? 6 : 4))) {
    case 0: return anyText(draw);
    case 1: return Math.round((draw() - 0.5) * 1e6) / 10 ** Math.floor(draw() * 6);
    case 2: return draw() < 0.5;
    case 3: return null;
    case 4: return Array.from({ length }, () => anyJson(draw, depth - 1));
    default: return anyTable(draw, depth);
  }
}

const anyTable = (draw: () => number, depth: number) =>
  Object.fromEntries(Array.from({ length: Math.floor(draw() * 5) }, () => [anyText(draw), anyJson(draw, depth - 1)]));

describe('any link', () => {
  it('gives back any scenario', async () => {
    for (let seed = 0; seed < 300; seed += 1) {
      // As JSON has it: it knows no negative zero.
      const any = JSON.parse(JSON.stringify(anyTable(random(seed), 4))) as Scenario;
      expect(await fromHash(await toHash(any)), `seed ${seed}`).toEqual({ scenario: any });
    }
  });

  it('of garbage is a notice, and never throws', async () => {
    const good = await toHash(scenario);
    for (let seed = 0; seed < 300; seed += 1) {
      const draw = random(seed);
      const at = 4 + Math.floor(draw() * (good.length - 4));
      const spoilt = good.slice(0, at) + anyText(draw) + good.slice(at + Math.floor(draw() * 9));
      for (const hash of [`#${anyText(draw)}`, `#v1.${anyText(draw)}`, `#v1.${btoa(String.fromCharCode(...Array.from({ length: 30 }, () => draw() * 256)))}`, spoilt]) {
        const found = await fromHash(hash);
        expect(found === null || 'notice' in found || typeof found.scenario === 'object', hash).toBe(true);
      }
    }
  });
});
