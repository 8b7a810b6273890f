// What can be taken out of the planner.
import { readFile } from 'node:fs/promises';
import { check, performAll, test } from './harness.mjs';

const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };

/** Open one document of the menu; resolves to its dialog. */
async function paper({ root }, name) {
  await root.locator('.menu-button').click();
  await root.getByRole('menuitem', { name, exact: true }).click();
  const dialog = root.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
}
const text = (dialog) => dialog.locator('textarea').inputValue();
async function download(page, dialog) {
  const [file] = await Promise.all([page.waitForEvent('download'), dialog.locator('.download').click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

test('opens its menu with the keyboard alone', async ({ page, open }) => {
  const { root } = await open();
  const button = root.locator('.menu-button');
  const focused = () => page.evaluate(() => document.activeElement.shadowRoot.activeElement.textContent.trim());
  await button.press('ArrowDown');
  await root.getByRole('menuitem').first().waitFor();
  const items = await root.getByRole('menuitem').allTextContents();
  check(items.length > 8 && (await focused()) === items[0], `focus on "${await focused()}"`);
  await page.keyboard.press('ArrowUp');
  check((await focused()) === items.at(-1), 'up from the first is not the last');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  check((await focused()) === items[1], 'down is not the next');
  await page.keyboard.press('Escape');
  check((await focused()) === 'Export' && (await button.getAttribute('aria-expanded')) === 'false', 'Escape does not close it');
  await button.press('Enter');
  await root.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('Enter');
  await root.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await root.getByRole('dialog').waitFor({ state: 'detached' });
});

test('writes the settings of real pools for the recommended size', async ({ page, open }) => {
  const view = await open();
  await view.finished();
  const dialog = await paper(view, 'Settings of a pool');
  const size = await view.root.evaluate((element) => element.recommendation.recommended.max_size);
  await dialog.locator('textarea').waitFor();
  check(new RegExp(`maximum-pool-size: ${size}\\b`).test(await text(dialog)), `not ${size} in ${(await text(dialog)).slice(0, 400)}`);
  const file = await download(page, dialog);
  check(file.name === 'application.yml' && file.bytes.toString() === (await text(dialog)), `kept ${file.name}`);
  await dialog.locator('select').selectOption('pgbouncer');
  await page.waitForFunction(() => document.querySelector('pool-planner').shadowRoot.querySelector('pool-paper textarea').value.includes('[pgbouncer]'));
  await dialog.getByRole('button', { name: 'Copy' }).click();
  check((await page.evaluate(() => navigator.clipboard.readText())).includes('[pgbouncer]'), 'nothing on the clipboard');
}, clipboard);

test('writes the scenario as TOML and JSON, and a link to it', async ({ page, open }) => {
  const view = await open();
  await view.box('traffic.rate').fill('321');
  for (const [name, wanted] of [['Scenario as TOML', /^rate = "321\/s"$/m], ['Scenario as JSON', /"rate": "321\/s"/]]) {
    const dialog = await paper(view, name);
    await dialog.locator('textarea').waitFor();
    check(wanted.test(await text(dialog)), `${name}: ${await text(dialog)}`);
    await dialog.getByRole('button', { name: 'Close' }).click();
  }
  await page.waitForFunction(() => location.hash.startsWith('#v1.'));
  const dialog = await paper(view, 'Link to this scenario');
  await dialog.locator('textarea').waitFor();
  check((await text(dialog)) === page.url(), `link ${await text(dialog)}`);
});

test('writes a report, the sizes and the charts', async ({ page, open }) => {
  const view = await open();
  const sentence = await view.answered();
  const show = async (name) => {
    const dialog = await paper(view, name);
    await dialog.locator('.download').waitFor();
    const file = await download(page, dialog);
    await dialog.getByRole('button', { name: 'Close' }).click();
    return file;
  };
  const report = (await show('Report as Markdown')).bytes.toString();
  check(report.startsWith(`# ${sentence}`) && /^\| Size \|/m.test(report) && report.includes('/#v1.'), report.slice(0, 300));
  const sizes = (await show('Simulated sizes as CSV')).bytes.toString().split('\r\n');
  check(sizes[0].startsWith('max_size,verdict,wait_p50') && sizes.length > 4, sizes.join('; '));
  const svg = (await show('Chart as SVG')).bytes.toString();
  check(svg.startsWith('<svg') && svg.includes('recommended: ') && !svg.includes('NaN'), svg.slice(0, 300));
  const png = (await show('Chart as PNG')).bytes;
  check(png.subarray(1, 4).toString() === 'PNG' && png.length > 5000, `${png.length} bytes of PNG`);
});

test('writes the course of an incident, and rules that tell of it', async ({ page, open }) => {
  const view = await open();
  await view.root.evaluate((element) => {
    element.scenario = {
      duration: '10m',
      slo: ['wait.p99 <= 50ms'],
      traffic: { rate: '80/s' },
      query: [{ hold: 'exponential(mean=20ms)' }],
      pool: { max_size: 4, acquire_timeout: '1s' },
      timeline: [{ at: '4m', change: 'slow_query', factor: 4 }, { at: '7m', change: 'slow_query', factor: 1 }],
    };
  });
  await view.root.locator('.run .marks li').nth(1).waitFor({ timeout: 60_000 });
  await view.finished();
  const series = await paper(view, 'Run as CSV');
  await series.locator('.download').waitFor();
  const [head, ...rows] = (await download(page, series)).bytes.toString().trim().split('\r\n');
  check(head.startsWith('t,offered,') && rows.length > 20 && rows.every((row) => row.split(',').length === head.split(',').length), head);
  await series.getByRole('button', { name: 'Close' }).click();
  const report = await paper(view, 'Report as Markdown');
  check(/# Use \d+ connections?:.*\n\n.*long run/.test(await text(report)), await text(report));
  await report.getByRole('button', { name: 'Close' }).click();
  const rules = await paper(view, 'Alert rules');
  await rules.locator('textarea').waitFor({ timeout: 90_000 });
  check(/alert:/.test(await text(rules)), await text(rules));
});

test('prints what is known, in light colours and without controls', async ({ page, open }) => {
  const view = await open();
  await view.finished();
  // The width of A4 between its margins.
  await page.setViewportSize({ width: 700, height: 1000 });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  for (const hidden of ['.tools', '.inputs', '.progress', '.pin', '.film']) check(!(await view.root.locator(hidden).first().isVisible()), `${hidden} is printed`);
  check(await view.root.locator('.sizing tbody tr').first().isVisible(), 'no table of sizes');
  check(await view.root.locator('.sizing .legend', { hasText: 'wait p99' }).locator('button').first().isVisible(), 'no key to the lines');
  check(/pool.max_size = 10/.test(await view.root.locator('.on-paper').innerText()), 'the scenario is not printed');
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 700, `is ${width} px wide`);
  const ground = await view.root.locator('.card').first().evaluate((card) => getComputedStyle(card).backgroundColor);
  check(ground === 'rgb(255, 255, 255)', `on ${ground}`);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  check((await view.root.locator('.results details[open]').count()) === 0, 'left everything open');
});

await performAll();
