// The planner as one file, opened from a disk.
import { mkdtemp, copyFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { check, performAll, planner, ROOT, test } from './harness.mjs';

const folder = await mkdtemp(join(tmpdir(), 'single-'));
await copyFile(`${ROOT}site/poolwise.html`, join(folder, 'poolwise.html'));
const file = pathToFileURL(join(folder, 'poolwise.html')).href;

test('answers from a single file, and again after an edit', async ({ page }) => {
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(file);
  const view = planner(page);
  const before = await view.answered();
  check(/\d/.test(before), before);
  await view.box('traffic.rate').fill('2000');
  await page.waitForFunction((old) => !document.querySelector('pool-planner').shadowRoot.querySelector('.sentence').textContent.includes(old), before);
  check((await view.answered()) !== before, 'the same answer to another question');
  await view.root.locator('.menu-button').click();
  await view.root.getByRole('menuitem', { name: 'Scenario as TOML' }).click();
  await view.root.locator('pool-paper textarea').waitFor();
  const others = requests.filter((url) => url !== file && !/^(blob|data):/.test(url) && !url.startsWith(`${file}#`));
  check(others.length === 0, `asked for ${others}`);
});

test('opens a link in itself', async ({ page }) => {
  await page.goto(file);
  await planner(page).box('traffic.rate').fill('123');
  await page.waitForFunction(() => location.hash.startsWith('#v1.'));
  const link = page.url();
  const other = await page.context().newPage();
  await other.goto(link);
  check((await planner(other).box('traffic.rate').inputValue()) === '123', 'the rate was lost');
});

await performAll();
await rm(folder, { recursive: true });
