import { describe, expect, it } from 'vitest';
import type { Spec } from '../views/spec.js';
import { decades, even } from './scale.js';
import { svg } from './svg.js';

const spec: Spec = {
  label: 'Waiting & "more"',
  height: 100,
  x: { label: 'time', at: 'at', write: (value) => `${value}s`, steps: [1, 2, 5, 10] },
  y: { write: String },
  lines: [{ label: 'waiting', colour: 'mid', width: 1.5 }, { label: 'size', colour: 'soft', width: 1, stepped: true }],
};
const drawn = (columns: (number | null)[][], more: Partial<Spec> = {}) => svg({ spec: { ...spec, ...more }, columns, notes: [] }, (name) => name);

describe('a chart as SVG', () => {
  it('draws each line through its values, and over what is absent', () => {
    const text = drawn([[0, 10, 20], [0, null, 100], [50, 50, 100]]);
    // 108 is the top of the axis: 100 of 108 from the bottom at 152.
    expect(text).toContain('d="M70 152L884 59.41" fill="none" stroke="mid"');
    expect(text).toContain('d="M70 105.7L477 105.7L477 105.7L884 105.7L884 59.41" fill="none" stroke="soft"');
  });

  it('escapes its words and names every line', () => {
    const text = drawn([[0, 1], [1, 2], [1, 2]]);
    expect(text).toContain('<title>Waiting &amp; &quot;more&quot;</title>');
    for (const label of ['waiting', 'size']) expect(text).toContain(`>${label}</text>`);
  });

  it('fills bands between their lines', () => {
    const text = drawn([[0, 20], [108, 108], [0, 0]], { bands: [{ between: [1, 2], colour: 'low-band' }] });
    expect(text).toMatch(/d="M70 [\d.]+L884 [\d.]+L884 152L70 152Z" fill="low-band"/);
  });

  it('draws limits, places and marks where they stand', () => {
    const notes = [
      { kind: 'limit', y: 50, text: 'most' },
      { kind: 'place', x: 10, text: 'now', chosen: true },
      { kind: 'safe', from: 8, until: Infinity },
      { kind: 'alert', at: 15, text: 'pages' },
      { kind: 'mark', from: 5, until: 15, text: '1' },
    ] as const;
    const text = svg({ spec, columns: [[0, 20], [0, 100], [0, 0]], notes: [...notes] }, (name) => name);
    expect(text).toContain('y1="105.7" x2="884" y2="105.7" stroke="bad"');
    expect(text).toContain('x1="477" y1="52" x2="477" y2="152" stroke="accent"');
    expect(text).toContain('<rect x="375.25" y="52" width="508.75" height="100" fill="safe"/>');
    expect(text).toContain('x1="680.5" y1="52" x2="680.5" y2="152" stroke="bad"');
    expect(text).toContain('<rect x="273.5" y="52" width="407" height="100"');
  });

  it('is a picture without lines when there is nothing yet', () => {
    expect(drawn([[], [], []])).not.toContain('NaN');
  });
});

describe('a scale', () => {
  it('puts its ticks on round values', () => {
    expect(even([0, 108], [0, 1], 6).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(even([3, 61], [0, 1], 12, [1, 2, 5, 10]).ticks).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
  });

  it('counts decades', () => {
    const { ticks, place } = decades([1e-4, 1], [100, 0]);
    expect(ticks).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1].map((value) => expect.closeTo(value, 12)));
    expect(place(1e-2)).toBeCloseTo(50);
  });
});
