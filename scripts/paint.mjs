// When the page shows something and when it answers, on a cold load from this machine.  usage: node scripts/paint.mjs, after `make site`
import { fileURLToPath } from 'node:url';
import { launch } from '../tests/e2e/browser.mjs';
import { serve } from './serve.mjs';

const ROUNDS = 5;
const server = await serve(fileURLToPath(new URL('../site', import.meta.url)), 0);
const browser = await launch();
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
const times = { 'first paint': [], 'theory’s answer': [], 'simulated answer': [] };
for (let round = 0; round < ROUNDS; round += 1) {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const now = () => page.evaluate(() => performance.now());
  const root = page.locator('pool-planner');
  await root.locator('.theory').waitFor();
  times['theory’s answer'].push(await now());
  times['first paint'].push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
  await root.locator('.state', { hasText: /\d+ runs, seed/ }).waitFor({ timeout: 120_000 });
  times['simulated answer'].push(await now());
  await context.close();
}
await browser.close();
server.close();
for (const [name, list] of Object.entries(times)) console.log(`${name.padEnd(18)} ${Math.round(median(list))} ms (median of ${ROUNDS})`);
