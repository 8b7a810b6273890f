import { beforeEach, describe, expect, it } from 'vitest';
import { type Motion, Playhead, playheadOf } from './playhead.js';

let frames: ((now: number) => void)[];
let reduced: boolean;
let head: Playhead;
const motion: Motion = {
  request: (next) => frames.push(next),
  cancel: () => (frames = []),
  reduced: () => reduced,
};
const show = (now: number) => frames.splice(0).forEach((next) => next(now));

beforeEach(() => {
  [frames, reduced] = [[], false];
  head = new Playhead(motion);
  head.reach(0, 100);
  head.speed = 10;
});

describe('a playhead', () => {
  it('moves with the clock of the frames, so many times as fast', () => {
    head.play();
    [1000, 1016, 1032].forEach(show);
    expect(head.time).toBeCloseTo(0.32);
  });
  it('does not jump after a pause of the page', () => {
    head.play();
    [0, 60_000].forEach(show);
    expect(head.time).toBeCloseTo(1);
  });
  it('stops at the end, and begins anew when played again', () => {
    head.seek(99.9);
    head.play();
    [0, 50].forEach(show);
    expect([head.time, head.playing, frames.length]).toEqual([100, false, 0]);
    head.play();
    expect(head.time).toBe(0);
  });
  it('steps where motion is to be reduced', () => {
    reduced = true;
    head.play();
    [0, 16, 500].forEach(show);
    expect(head.time).toBe(0);
    show(1000);
    expect(head.time).toBe(10);
  });
  it('stays within the run, and begins anew in a shorter one', () => {
    head.seek(250);
    expect(head.time).toBe(100);
    head.reach(0, 50);
    expect(head.time).toBe(0);
  });
  it('begins another scenario at its beginning, and keeps the moment of an edited one', () => {
    const session = { scenario: { name: 'leak', edits: 0 } };
    const at = () => playheadOf(session).time;
    playheadOf(session).reach(0, 100);
    playheadOf(session).seek(75);
    session.scenario = { name: 'leak', edits: 1 };
    expect(at()).toBe(75);
    session.scenario = { name: 'slow-query', edits: 0 };
    expect(at()).toBe(0);
  });
  it('stands where a link to another scenario leads', () => {
    const session = { scenario: { name: 'leak' } };
    playheadOf(session).reach(0, 100);
    session.scenario = { name: 'slow-query' };
    playheadOf(session).begin(75);
    playheadOf(session).reach(0, 200);
    expect(playheadOf(session).time).toBe(75);
  });
  it('does not play on into another scenario', () => {
    head.play();
    head.show('slow-query');
    expect([head.playing, frames.length]).toEqual([false, 0]);
  });
  it('says that there is another run, and nothing of the same one', () => {
    let told = 0;
    head.listen(() => told++);
    head.reach(0, 100);
    head.reach(0, 200);
    expect(told).toBe(1);
  });
  it('points where one looks, and comes back', () => {
    let told = 0;
    head.listen(() => told++);
    head.seek(7);
    head.look(30);
    expect([head.shown, head.time]).toEqual([30, 7]);
    head.look(null);
    head.look(null);
    expect([head.shown, told]).toEqual([7, 3]);
  });
  it('does not play for nobody', () => {
    const stop = head.listen(() => {});
    head.play();
    stop();
    expect([head.playing, frames.length]).toEqual([false, 0]);
  });
});
