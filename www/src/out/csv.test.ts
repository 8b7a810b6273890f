import { expect, it } from 'vitest';
import { csv } from './csv.js';

it('quotes what would end a cell, and leaves what is absent empty', () => {
  const text = csv(['t', 'said'], [[0.5, 'a "b", c'], [null, undefined], [Number.NaN, 'two\nlines']]);
  expect(text).toBe('t,said\r\n0.5,"a ""b"", c"\r\n,\r\n,"two\nlines"\r\n');
});
