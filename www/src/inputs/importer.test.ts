import { beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../pkg/poolwise.js';
import { startFromFile } from '../engine/testing.js';
import { toHash } from '../state/link.js';
import { guess, imported, sourceOf } from './importer.js';

interface Files {
  readFileSync(path: URL, encoding: 'utf8'): string;
}

const read = (text: string) => imported('scenario', [{ name: 'file', text }], {});

beforeAll(startFromFile);

describe('a file', () => {
  it('is UTF-8, or UTF-16 that says so', async () => {
    const wide = (text: string, little: boolean) => {
      const view = new DataView(new ArrayBuffer(2 * text.length));
      [...text].forEach((char, n) => view.setUint16(2 * n, char.charCodeAt(0), little));
      return view;
    };
    const text = 'größe = 7';
    for (const part of [text, `\ufeff${text}`, wide(`\ufeff${text}`, true), wide(`\ufeff${text}`, false)]) {
      expect(await sourceOf(new File([part], 'a.toml'))).toEqual({ name: 'a.toml', text });
    }
    // What gzip begins with.
    await expect(sourceOf(new File([new Uint8Array([0x1f, 0x8b, 8, 0])], 'a.gz'))).rejects.toThrow('a.gz is not text');
  });

  it('of a scenario is what the library reads in it, as TOML and as JSON', async () => {
    const { readFileSync } = (await import(/* @vite-ignore */ 'node:fs' as string)) as Files;
    for (const { name, scenario } of examples()) {
      const toml = readFileSync(new URL(`../../../book/src/scenarios/${name}.toml`, import.meta.url), 'utf8');
      for (const text of [toml, JSON.stringify(scenario)]) {
        expect(await guess(text), name).toBe('scenario');
        expect((await read(text)).scenario, name).toEqual(scenario);
      }
    }
  });

  it('may hold a link', async () => {
    const { scenario } = examples()[0]!;
    const link = `https://example.org/planner/${await toHash(scenario)}\n`;
    expect(await guess(link)).toBe('scenario');
    expect((await read(link)).scenario).toEqual(scenario);
    await expect(read(link.slice(0, -30))).rejects.toThrow('damaged');
  });

  it('keeps what JSON can not write, for the library to say so', async () => {
    expect((await read('[traffic]\nrate = inf\n[pool]\nmax_lifetime = 1979-05-27\n')).scenario).toMatchObject({ traffic: { rate: 'Infinity' }, pool: {} });
  });

  it('that is no scenario is refused', async () => {
    await expect(read('{"a":')).rejects.toThrow();
    await expect(read('a = ')).rejects.toThrow();
  });
});
