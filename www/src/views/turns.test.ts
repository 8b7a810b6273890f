import { beforeEach, expect, it, vi } from 'vitest';
import { forget, inTurn, onPrint } from './turns.js';

let frames: (() => void)[];
beforeEach(() => {
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (next: () => void) => frames.push(next));
});
const show = () => frames.splice(0).forEach((next) => next());

it('draws one at a time, the latest of each', () => {
  const drawn: string[] = [];
  const [a, b, c] = [{}, {}, {}];
  inTurn(a, () => drawn.push('old a'));
  inTurn(b, () => drawn.push('b'));
  inTurn(a, () => drawn.push('a'));
  inTurn(c, () => drawn.push('c'));
  forget(c);
  show();
  expect(drawn).toEqual(['a']);
  show();
  show();
  expect([drawn, frames.length]).toEqual([['a', 'b'], 0]);
});

it('draws everything at once for a printer', () => {
  const drawn: string[] = [];
  inTurn({}, () => drawn.push('a'));
  inTurn({}, () => drawn.push('b'));
  onPrint();
  inTurn({}, () => drawn.push('c'));
  expect(drawn).toEqual(['a', 'b', 'c']);
});
