import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../pkg/poolwise.js';
import { fromHash, toHash } from './link.js';

const scenario: Scenario = {
  name: 'größer → 100 %',
  traffic: { rate: '300/s', steps: [{ at: '1m', rate: '2/min' }] },
  query: [{ hold: 'percentiles(p50=5ms, p95=40ms, p99=120ms)' }],
  slo: ['wait.p99 <= 50ms'],
};

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
});
