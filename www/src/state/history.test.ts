import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Browser, History } from './history.js';

/** The browser's history as far as a page sees it: going takes a while, and then popstate comes. */
class FakeBrowser implements Browser {
  stack: { state: unknown; url: string }[] = [{ state: null, url: '' }];
  at = 0;
  popped: (state: unknown) => void = () => {};
  get state() {
    return this.stack[this.at]!.state;
  }
  pushState(state: unknown, _: string, url = this.stack[this.at]!.url) {
    this.stack.length = this.at + 1;
    this.stack.push({ state, url });
    this.at += 1;
  }
  replaceState(state: unknown, _: string, url = this.stack[this.at]!.url) {
    this.stack[this.at] = { state, url };
  }
  go(delta: number) {
    setTimeout(() => {
      this.at += delta;
      this.popped(this.state);
    });
  }
}

let browser: FakeBrowser;
let shown: string[];

function past(of: Browser | null) {
  const made = new History<string>({ browser: of, hashOf: (seen) => Promise.resolve(`#${seen}`), restore: (seen) => shown.push(seen), changed: () => {} });
  browser.popped = (state) => made.went(state);
  return made;
}
const edit = async (of: History<string>, ...all: string[]) => {
  for (const each of all) {
    of.note(each);
    await vi.advanceTimersByTimeAsync(301);
  }
};

beforeEach(() => {
  vi.useFakeTimers();
  browser = new FakeBrowser();
  shown = [];
});

describe.each([['the browser', true], ['a planner that is a guest', false]])('the history of %s', (_, linked) => {
  it('undoes and does again, step by step', async () => {
    const made = past(linked ? browser : null);
    await made.begin('a');
    expect([made.canUndo, made.canRedo]).toEqual([false, false]);
    await edit(made, 'b', 'c');
    for (const step of ['undo', 'undo', 'undo', 'redo', 'redo', 'redo'] as const) {
      await made[step]();
      await vi.runAllTimersAsync();
    }
    expect(shown).toEqual(['b', 'a', 'b', 'c']);
    expect([made.canUndo, made.canRedo]).toEqual([true, false]);
  });

  it('takes edits in quick succession, and a whole drag, as one', async () => {
    const made = past(linked ? browser : null);
    await made.begin('a');
    made.note('b');
    await vi.advanceTimersByTimeAsync(200);
    made.note('c');
    await vi.advanceTimersByTimeAsync(301);
    made.hold(true);
    await edit(made, 'd', 'e');
    made.hold(false);
    await vi.advanceTimersByTimeAsync(301);
    for (const _step of [1, 2]) {
      await made.undo();
      await vi.runAllTimersAsync();
    }
    expect(shown).toEqual(['c', 'a']);
  });

  it('undoes an edit that has not settled, and forgets what was undone when another comes', async () => {
    const made = past(linked ? browser : null);
    await made.begin('a');
    made.note('b');
    await made.undo();
    await vi.runAllTimersAsync();
    expect(shown).toEqual(['a']);
    expect(made.canRedo).toBe(true);
    await edit(made, 'c');
    expect(made.canRedo).toBe(false);
  });

  it('forgets all that was undone, however much it is', async () => {
    const made = past(linked ? browser : null);
    await made.begin('a');
    await edit(made, 'b', 'c', 'd');
    for (const _step of [1, 2, 3]) {
      await made.undo();
      await vi.runAllTimersAsync();
    }
    await edit(made, 'e');
    expect(made.canRedo).toBe(false);
    await made.redo();
    await vi.runAllTimersAsync();
    expect(shown).toEqual(['c', 'b', 'a']);
  });

  it('makes no entry of an edit that changes nothing', async () => {
    const made = past(linked ? browser : null);
    await made.begin('a');
    await edit(made, 'a');
    expect(made.canUndo).toBe(false);
  });
});

describe('the browser', () => {
  it('has the link of every entry', async () => {
    const made = past(browser);
    await made.begin('a');
    await edit(made, 'b', 'c');
    expect(browser.stack.map(({ url }) => url)).toEqual(['', '#b', '#c']);
  });

  it('knows after a reload where it was, but not what was seen', async () => {
    const made = past(browser);
    await made.begin('a');
    await edit(made, 'b');
    const next = past(browser);
    await next.begin('b');
    expect(next.canUndo).toBe(true);
    expect(next.went({ place: 0 })).toBe(false);
    await next.known('a');
    expect(next.canRedo).toBe(true);
    expect(next.went({ place: 1 })).toBe(true);
    expect(shown).toEqual(['b']);
  });
});
