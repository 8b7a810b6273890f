// A browser, a server for the built site, and what a person sees of a planner. BROWSER=firefox takes Firefox instead of Chromium.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../scripts/serve.mjs';
import { launch, NAME } from './browser.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EMBEDDED = `<!doctype html><title>embedded</title><link rel="icon" href="data:,">
  <script type="module" src="../pool-planner.js"></script><script type="module" src="../pool-planner.js?again"></script>
  <pool-planner example="reconnect-storm" compact></pool-planner><pool-planner compact></pool-planner>`;

// The site must work from any folder of a host.
export const host = await mkdtemp(join(tmpdir(), 'planner-'));
await mkdir(join(host, 'some'));
await symlink(join(ROOT, 'site'), join(host, 'some/folder'));
const servers = [];

/** The host once more, with other headers; resolves to the address of the planner there. */
export async function site(headers = {}) {
  const server = await serve(host, 0, headers);
  servers.push(server);
  return `http://127.0.0.1:${server.address().port}/some/folder/`;
}
export const home = await site();

/** A page of one's own beside the site; resolves to its address, as seen from `home`. */
export async function beside(name, html) {
  await writeFile(join(host, 'some', name), html);
  return `../${name}`;
}

export const browser = await launch();
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
    finished: () => root.locator('.state', { hasText: /\d+ runs, seed/ }).waitFor({ timeout: 120_000 }),
    async answered() {
      await this.finished();
      return this.sentence();
    },
  };
};

/** A page in a context of its own. Firefox at times has the window but not yet its tabs, and refuses: then it is asked again. */
async function fresh(options, tries = 3) {
  const context = await browser.newContext(options);
  try {
    return { context, page: await context.newPage() };
  } catch (error) {
    await context.close();
    if (NAME !== 'firefox' || tries === 1) throw error;
    return fresh(options, tries - 1);
  }
}

async function perform({ name, body, options: { noisy, ...options } }) {
  const start = Date.now();
  const took = () => `${((Date.now() - start) / 1000).toFixed(1).padStart(5)} s`;
  const { context, page } = await fresh(options);
  context.setDefaultTimeout(15_000);
  await page.route(`${home}book/embedded.html`, (route) => route.fulfill({ contentType: 'text/html', body: EMBEDDED }));
  const errors = [];
  context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  context.on('weberror', (error) => errors.push(error.error().message));
  const open = async (path = '') => {
    await page.goto(new URL(path, home).href);
    return planner(page);
  };
  try {
    await body({ page, open });
    check(noisy || errors.length === 0, `errors in the console: ${errors.join(' | ')}`);
    console.log(`ok   ${took()}  ${name}`);
    return true;
  } catch (error) {
    console.log(`FAIL ${took()}  ${name}\n      ${error.message}`);
    return false;
  } finally {
    await context.close();
  }
}

/**
 * Run all tests, so many at a time; the exit code says whether all passed. ONLY=words runs those whose name has the words. Each has a
 * context of its own, and most of what it does is to wait: two at a time take little more than half the time on two cores.
 */
export async function performAll({ lanes = 2 } = {}) {
  const chosen = tests.filter(({ name }) => name.includes(process.env.ONLY ?? ''));
  const left = chosen.values();
  let passed = 0;
  const lane = async () => {
    for (const each of left) {
      // Not `passed += await …`: that would add to what it was before the other lane counted.
      if (await perform(each)) passed += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await browser.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(host, { recursive: true });
  console.log(`${NAME}: ${passed} passed, ${chosen.length - passed} failed`);
  process.exitCode = passed === chosen.length ? 0 : 1;
}
