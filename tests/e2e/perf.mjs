// The page stays quick while it simulates and while its picture plays. The best of three tries counts, and a machine that has more to do
// than this is given more time.
import { cpus, loadavg } from 'node:os';
import { check, performAll, test } from './harness.mjs';

const TRIES = 3;
// A task of the main thread that is felt, in milliseconds.
const LONG = 50;
// How much slower it all is on a machine that is busy with other things; the test alone keeps two at each core.
const crowd = () => Math.max(1, loadavg()[0] / (2 * cpus().length));
// The least frames in two seconds that still look smooth (of 120).
const FRAMES = 60;

async function best(measure, isBetter, isEnough) {
  let found;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const next = await measure(tried);
    if (found === undefined || isBetter(next, found)) found = next;
    if (isEnough(found)) break;
  }
  return found;
}

test('leaves the main thread free while it simulates', async ({ page, open }) => {
  const view = await open();
  await view.finished();
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  });
  const longest = await best(async (tried) => {
    await page.evaluate(() => (window.tasks.length = 0));
    await view.box('traffic.rate').fill(String(200 + tried));
    await view.root.locator('.cancel').waitFor();
    await view.finished();
    return Math.max(0, ...(await page.evaluate(() => window.tasks)));
  }, (a, b) => a < b, (value) => value <= LONG);
  const most = LONG * crowd();
  console.log(`      longest task while simulating: ${longest === 0 ? 'under 50' : Math.round(longest)} of ${Math.round(most)} ms`);
  check(longest <= most, `a task of ${Math.round(longest)} ms`);
});

test('plays its picture of a thousand requests smoothly', async ({ open }) => {
  const view = await open();
  await view.finished();
  const film = view.root.locator('pool-film');
  check((await film.count()) > 0, 'the planner has no picture');
  await film.getByRole('button', { name: 'Show' }).click();
  const canvas = film.locator('pool-picture canvas');
  await canvas.scrollIntoViewIfNeeded();
  const served = await film.locator('pool-picture').evaluate(({ film: shown }) => shown.arrived.at(-1));
  check(served >= 1000, `the film has ${served} requests only`);
  await film.locator('.play').click();
  const drawn = () => canvas.evaluate((element) => new Promise((done) => {
    // Frames in which the picture changed, by a hook on what it is cleared with.
    const context = element.getContext('2d');
    let frames = 0;
    const clear = context.clearRect;
    context.clearRect = (...box) => {
      frames += 1;
      clear.apply(context, box);
    };
    setTimeout(() => {
      context.clearRect = clear;
      done(frames);
    }, 2000);
  }));
  const frames = await best(drawn, (a, b) => a > b, (value) => value >= FRAMES);
  console.log(`      ${Math.round(frames / 2)} frames per second`);
  check(frames >= FRAMES / crowd(), `${frames} frames in two seconds`);
}, { reducedMotion: 'no-preference' });

await performAll({ lanes: 1 });
