// A host that allows as little as it can: nothing but the site's own files, and that Wasm is compiled.
import { check, performAll, planner, site, test } from './harness.mjs';

const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
  + "connect-src 'self'; worker-src 'self'; manifest-src 'self'";
const policy = (text) => site({ 'content-security-policy': text });
const strict = await policy(STRICT);
const without = await policy(STRICT.replace(" 'wasm-unsafe-eval'", ''));

/** Notes every violation, whoever catches it. */
const watch = (page) => page.addInitScript(() => {
  window.violations = [];
  addEventListener('securitypolicyviolation', (event) => {
    const { violatedDirective, blockedURI, sourceFile, lineNumber, sample } = event;
    const target = event.composedPath()[0];
    window.violations.push(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber} ${sample} ${target?.outerHTML?.slice(0, 120) ?? ''}`);
  });
});

const edit = async (view) => {
  await view.answered();
  await view.box('traffic.rate').fill('120');
  await view.root.locator('.cancel').waitFor();
  await view.answered();
};

test('answers, draws and is edited under a strict policy', async ({ page }) => {
  await watch(page);
  for (const example of ['steady', 'reconnect-storm']) {
    await page.goto(strict);
    const view = planner(page);
    await view.root.locator('select').first().selectOption(example);
    if (example === 'steady') await edit(view);
    else await view.root.locator('.run .marks li').first().waitFor({ timeout: 120_000 });
    await view.root.locator('canvas').first().waitFor();
    const violations = await page.evaluate(() => window.violations);
    check(violations.length === 0, [...new Set(violations)].join('\n      '));
  }
});

test('says in the page what the policy lacks, and how to allow it', async ({ page }) => {
  await page.goto(without);
  const words = await planner(page).root.locator('.failure').textContent();
  check(/Content-Security-Policy/.test(words) && /script-src 'self' 'wasm-unsafe-eval'/.test(words), `says "${words}"`);
}, { noisy: true });

test('compiles in the page alone: its worker need not be allowed to', async ({ page }) => {
  await page.context().route(/worker.*\.js/, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-security-policy': STRICT.replace(" 'wasm-unsafe-eval'", '') };
    await route.fulfill({ response, headers });
  });
  await page.goto(strict);
  await edit(planner(page));
}, { serviceWorkers: 'block' });

await performAll();
