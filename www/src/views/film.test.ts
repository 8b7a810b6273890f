import { describe, expect, it } from 'vitest';
import type { Film, InstanceColumns } from '../../pkg/poolwise.js';
import { absence, COUNTS, covers, frame, LEVELS, step } from './film.js';

// One connection. Three requests come: the first gets it, the second and third wait; the second gives up, and when the first is
// served the third gets the connection.
const rows: [t: number, change: Partial<Record<string, number>>][] = [
  [10, { idle: 1, total: 1, size: 1 }],
  [11, { arrived: 1 }], [11, { granted: 1, active: 1, idle: 0 }],
  [12, { arrived: 2 }], [12, { pending: 1 }],
  [13, { arrived: 3 }], [13, { pending: 2 }],
  [14, { pending: 1, timed_out: 1 }], [14, { failed: 1 }],
  [15, { served: 1, active: 0, idle: 1 }], [15, { pending: 0, granted: 2, active: 1, idle: 0 }],
];
const columns = Object.fromEntries([...LEVELS, ...COUNTS].map((name) => {
  let value = 0;
  return [name, Uint32Array.from(rows, ([, change]) => (value = change[name] ?? value))];
}));
const film = { instance: 0, from: 10, until: 20, truncated: false, t: Float64Array.from(rows, ([t]) => t), ...columns } as unknown as Film;

describe('a film at a moment', () => {
  it('is as after the last change', () => {
    expect(frame(film, 13)).toMatchObject({ place: 6, pending: 2, active: 1, arrived: 3, granted: 1 });
    expect(frame(film, 13.99)).toMatchObject({ place: 6, pending: 2 });
    expect(frame(film, 99)).toMatchObject({ place: 10, pending: 0, active: 1, served: 1, timed_out: 1, failed: 1 });
  });
  it('is as at its beginning before that, and has counted nothing', () =>
    expect(frame(film, 9)).toMatchObject({ place: -1, idle: 1, total: 1, arrived: 0 }));
  it('reuses the frame that it is given', () => {
    const into = frame(film, 12);
    expect(frame(film, 15, into)).toBe(into);
    expect(into.served).toBe(1);
  });
  it('is known only within the film', () => {
    expect([9.9, 10, 20, 20.1].map((time) => covers(film, time))).toEqual([false, true, true, false]);
    expect([15, 16].map((time) => covers({ ...film, truncated: true }, time))).toEqual([true, false]);
  });
});

describe('an instance that is not there', () => {
  const part = { ...film, instance: 3, until: 60 };
  const run = (...size: number[]) => ({ instance: 3, t: Float64Array.of(10, 30, 50), size: Float64Array.from(size) }) as unknown as InstanceColumns;
  const said = (time: number, known?: InstanceColumns, of: Film = part) => absence(of, frame(of, time), time, known);
  const empty = { ...part, t: new Float64Array(), ...Object.fromEntries([...LEVELS, ...COUNTS].map((name) => [name, new Uint32Array()])) };

  it('says when it was', () => {
    expect([said(12), said(12, run(1, 1, 0))]).toEqual(['', '']);
    expect(said(45, run(1, 0, 0))).toMatch(/^Instance 3 was replaced/);
    expect(said(25, run(0, 0, 1))).toMatch(/^Instance 3 starts after/);
  });
  it('is told apart from a moment that is not filmed', () => expect([said(9), said(61)]).toEqual(Array(2).fill('This moment is not part of the film')));
  it('believes its film within a bin', () => {
    const gone = { ...part, total: part.total.map(() => 0), size: part.size.map(() => 0), pending: part.pending.map(() => 0) };
    expect([said(12, run(1, 0, 0), gone), said(12, run(1, 1, 1), gone), said(12, undefined, gone)]).toEqual([
      expect.stringMatching('was replaced'), expect.stringMatching('starts after'), 'Instance 3 is not there at this moment',
    ]);
  });
  it('is no such one where merely nothing happens', () => {
    expect([said(12, run(1, 1, 1), empty), said(12, undefined, empty)]).toEqual(Array(2).fill('Nothing happens at instance 3 in this part of the run'));
    expect(said(30, run(1, 0, 0), empty)).toMatch(/was replaced/);
  });
});

describe('the changes of a film', () => {
  it('say which way each request took', () => {
    const ways = rows.map((_, place) => Object.entries(step(film, place)).flatMap(([way, many]) => (many > 0 ? [`${way} ${many}`] : [])));
    expect(ways).toEqual([[], [], ['direct 1'], [], ['joined 1'], [], ['joined 1'], ['timed_out 1'], [], ['served 1'], ['granted 1']]);
  });
});
