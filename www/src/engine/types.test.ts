import { expect, it } from 'vitest';

interface Files {
  readFileSync(path: URL, encoding: 'utf8'): string;
}

it('gives every type of the library a name of its own', async () => {
  const files = (await import(/* @vite-ignore */ 'node:fs' as string)) as Files;
  const text = files.readFileSync(new URL('../../pkg/poolwise.d.ts', import.meta.url), 'utf8');
  const names = [...text.matchAll(/^export (?:interface|type|class) (\w+)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
});
