// A browser, a server for the built site, and what a person sees of a planner.
import { chromium } from 'playwright-core';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../scripts/serve.mjs';

const SITE = fileURLToPath(new URL('../../site', import.meta.url));
const ARGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const EMBEDDED = `<!doctype html><title>embedded</title><link rel="icon" href="data:,">
  <script type="module" src="../pool-planner.js"></script><script type="module" src="../pool-planner.js?again"></script>
  <pool-planner example="slow-query" compact></pool-planner><pool-planner compact></pool-planner>`;

// The site must work from any folder of a host.
const host = await mkdtemp(join(tmpdir(), 'planner-'));
await mkdir(join(host, 'some'));
await symlink(SITE, join(host, 'some/folder'));
const server = await serve(host, 0);
export const home = `http://127.0.0.1:${server.address().port}/some/folder/`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

const tests = [];
export const test = (name, body, options = {}) => tests.push({ name, body, options });

export function check(fine, message) {
  if (!fine) throw new Error(message);
}

/** What a person sees of a planner on the page. */
export const planner = (page, n = 0) => {
  const root = page.locator('pool-planner').nth(n);
  return {
    root,
    box: (path) => root.locator(`[id="${path}"]`),
    sentence: async () => (await root.locator('.sentence').textContent()).trim(),
    finished: () => root.locator('.state', { hasText: /\d+ runs, seed/ }).waitFor({ timeout: 60_000 }),
    async answered() {
      await this.finished();
      return this.sentence();
    },
  };
};

async function perform({ name, body, options: { noisy, ...options } }) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  await context.route(`${home}book/embedded.html`, (route) => route.fulfill({ contentType: 'text/html', body: EMBEDDED }));
  const page = await context.newPage();
  const errors = [];
  context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  context.on('weberror', (error) => errors.push(error.error().message));
  const open = async (path = '') => {
    await page.goto(home + path);
    return planner(page);
  };
  try {
    await body({ page, open });
    check(noisy || errors.length === 0, `errors in the console: ${errors.join(' | ')}`);
    console.log(`ok    ${name}`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${name}\n      ${error.message}`);
    return false;
  } finally {
    await context.close();
  }
}

/** Run all tests one after the other; the exit code says whether all passed. */
export async function performAll() {
  let passed = 0;
  for (const each of tests) passed += await perform(each);
  await browser.close();
  server.close();
  await rm(host, { recursive: true });
  console.log(`${passed} passed, ${tests.length - passed} failed`);
  process.exitCode = passed === tests.length ? 0 : 1;
}
