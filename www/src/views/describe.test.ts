import { describe as group, expect, it } from 'vitest';
import type { Spec } from './spec.js';
import { describe } from './describe.js';

const spec: Spec = {
  label: 'Requests', height: 1,
  x: { label: 'time', at: 'minute', write: String, steps: [1] },
  y: { write: (value) => `${value}/s` },
  lines: [
    { label: 'served', colour: 'low', width: 1 },
    { colour: 'low', width: 1 },
    { label: 'pinned', colour: 'low', width: 1, ghost: true },
    { label: 'lost', colour: 'high', width: 1 },
  ],
};

group('a chart in one sentence', () => {
  it('says where each line is highest', () =>
    expect(describe(spec, [[1, 2, 3], [5, null, 7], [9, 9, 9], [8, 8, 8], [4, 4, 1]])).toBe(
      'Requests: served at most 7/s at minute 3; lost at most 4/s at minute 1. The table has all numbers.',
    ));
  it('says so when there is nothing yet', () => expect(describe(spec, [[], [], [], [], []])).toContain('no numbers yet'));
});
