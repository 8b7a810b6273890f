// What the page looks like, in both themes, wide and narrow. SNAPSHOTS=update keeps what is there now as what it should be.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { check, performAll, ROOT, test } from './harness.mjs';

const FOLDER = `${ROOT}tests/e2e/snapshots/`;
// The share of pixels that may differ: another machine has another version of the fonts.
const MOST = 0.01;
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 360, height: 1400 } };
await mkdir(FOLDER, { recursive: true });

/** The share of pixels that differ, and a picture of where. */
function compared(found, wanted) {
  const [a, b] = [found, wanted].map((bytes) => PNG.sync.read(bytes));
  if (a.width !== b.width || a.height !== b.height) return { share: 1, picture: found };
  const picture = new PNG({ width: a.width, height: a.height });
  const count = pixelmatch(a.data, b.data, picture.data, a.width, a.height, { threshold: 0.2 });
  return { share: count / (a.width * a.height), picture: PNG.sync.write(picture) };
}

/** Nothing is at work any more, and everything is drawn. */
async function still(page) {
  await page.waitForFunction(() => {
    const { session } = document.querySelector('pool-planner');
    return session && Object.values(session.work).every(({ state }) => state !== 'working') && session.together.state === 'finished';
  }, null, { timeout: 120_000, polling: 200 });
  await page.waitForTimeout(300);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`${size}, in ${colorScheme}`, async ({ page, open }) => {
      await open();
      await still(page);
      await page.evaluate(() => scrollTo(0, 0));
      const found = await page.screenshot({ animations: 'disabled', caret: 'hide' });
      const name = `${size}-${colorScheme}.png`;
      if (process.env.SNAPSHOTS === 'update') return writeFile(FOLDER + name, found);
      const wanted = await readFile(FOLDER + name).catch(() => undefined);
      check(wanted, `there is no ${name}: SNAPSHOTS=update node tests/e2e/visual.mjs`);
      const { share, picture } = compared(found, wanted);
      if (share < MOST) return;
      const kept = join(tmpdir(), name);
      await writeFile(kept, found);
      await writeFile(join(tmpdir(), `where-${name}`), picture);
      throw new Error(`${(100 * share).toFixed(1)} % of the pixels differ: see ${kept} and where-${name} beside it`);
    }, { viewport, colorScheme, reducedMotion: 'reduce', deviceScaleFactor: 1 });
  }
}

await performAll();
