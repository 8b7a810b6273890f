import { describe, expect, it } from 'vitest';
import type { Replay, Report } from '../../pkg/poolwise.js';
import { entriesOf, notesOf } from './marks.js';

const report = {
  marks: [
    { at: 60, until: 60, on: undefined, change: 'slow_query', text: 'slow' },
    { at: 60, until: 90, on: undefined, change: 'deploy', text: 'deploy' },
    { at: undefined, until: undefined, on: 'busy', change: 'resize_pool', text: 'resize' },
  ],
  alerts: [
    { name: 'busy', rule: 'usage above 80%', fires: { mean: 60, share_of_runs: 0.5 } },
    { name: 'never', rule: 'usage above 100%' },
  ],
} as unknown as Report;

describe('the marks of a run', () => {
  const entries = entriesOf(report, null);

  it('are the changes with letters and the alerts that fired with numbers', () =>
    expect(entries.map(({ sign, at }) => [sign, at])).toEqual([['A', 60], ['B', 60], ['C', null], ['▲1', 60]]));
  it('say in how many of the runs an alert fired', () => expect(entries[3]!.text).toContain('50'));
  it('share a sign where they share a moment, and have none without a moment', () =>
    expect(notesOf(entries)).toEqual([
      { kind: 'mark', from: 60, until: 60, text: 'A B' },
      { kind: 'mark', from: 60, until: 90, text: '' },
      { kind: 'alert', at: 60, text: '1' },
    ]));
  it('are those of the replay where there is one', () => {
    const replay = { timeline: [{ at: 5, letter: 'A', kind: 'change', text: 'x', outcome: { words: 'better' } }, { at: 7, kind: 'measured', text: 'y' }] };
    expect(entriesOf(report, replay as unknown as Replay).map(({ sign, more }) => [sign, more])).toEqual([['A', 'better'], ['', '']]);
  });
});
