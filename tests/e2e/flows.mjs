// The main flows in a browser that is not Chromium: BROWSER=firefox node tests/e2e/flows.mjs
import { check, performAll, planner, test } from './harness.mjs';

test('answers, and answers anew after an edit', async ({ page, open }) => {
  const view = await open();
  const before = await view.answered();
  check(/\d/.test(before), `no number in "${before}"`);
  await view.box('traffic.rate').fill('2000');
  await page.waitForFunction((old) => !document.querySelector('pool-planner').shadowRoot.querySelector('.sentence').textContent.includes(old), before);
  check((await view.answered()) !== before, 'the same answer to another question');
});

test('restores its state from a link', async ({ page, open }) => {
  const view = await open();
  await view.box('traffic.rate').fill('123');
  await page.waitForFunction(() => location.hash.startsWith('#v1.'));
  const link = page.url();
  const said = await view.answered();
  const other = planner(await page.context().newPage());
  await other.root.page().goto(link);
  check((await other.answered()) === said, 'another answer');
  check((await other.box('traffic.rate').inputValue()) === '123', 'the rate was lost');
});

test('draws an incident with its marks', async ({ open }) => {
  const { root } = await open();
  await root.locator('select').first().selectOption('reconnect-storm');
  await root.locator('.run .marks li').nth(1).waitFor({ timeout: 120_000 });
  check((await root.locator('.run canvas').count()) > 2, 'a chart is missing');
});

test('shows a mistake at its field', async ({ open }) => {
  const { root, box } = await open();
  await box('hold.p95').fill('1ms');
  await root.locator('#hold-problem .error').first().waitFor();
});

test('exports with the keyboard', async ({ page, open }) => {
  const { root } = await open();
  await root.locator('.menu-button').press('ArrowDown');
  await root.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await root.getByRole('menuitem', { name: 'Scenario as TOML' }).click();
  await root.locator('pool-paper textarea').waitFor();
  await page.keyboard.press('Escape');
  await root.getByRole('dialog').waitFor({ state: 'detached' });
});

test('keeps its menu open while another window is in front', async ({ page, open }) => {
  const { root } = await open();
  await root.locator('.menu-button').press('ArrowDown');
  await root.getByRole('menuitem').first().waitFor();
  const other = await page.context().newPage();
  await other.bringToFront();
  await other.close();
  await page.bringToFront();
  check(await root.getByRole('menuitem').count() > 0, 'the menu is gone');
});

test('fits a narrow screen', async ({ page, open }) => {
  await open();
  await planner(page).root.locator('.theory').waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 360, `is ${width} px wide`);
}, { viewport: { width: 360, height: 740 } });

await performAll();
