// What a scenario is entered with, in a real browser: `node tests/e2e/inputs.mjs` after `npm run build`.
import { fileURLToPath } from 'node:url';
import { check, performAll, test } from './harness.mjs';

const value = (page, id) => page.evaluate((path) => document.querySelector('pool-planner').shadowRoot.getElementById(path)?.value, id);
const until = (page, id, wanted) => page.waitForFunction(
  ([path, text]) => document.querySelector('pool-planner').shadowRoot.getElementById(path)?.value === text, [id, wanted]);
const focusIn = (page) => page.evaluate(() => {
  const found = document.querySelector('pool-planner').shadowRoot.activeElement;
  return found && (found.id || found.getAttribute('aria-label') || found.textContent.trim());
});
const settled = (page, old) => page.waitForFunction((before) => location.hash !== before, old);
const json = async (root) => JSON.parse(await root.locator('.source textarea').inputValue());

async function openSettings(root, group) {
  await root.locator('details.settings > summary').click();
  if (group) await root.locator('pool-settings .group > summary', { hasText: new RegExp(`^${group} `) }).click();
}

test('says in its own words what it understood, while typing', async ({ open }) => {
  const { root, box } = await open();
  const understood = (path) => root.locator(`[id="${path}-understood"]`);
  for (const [path, text, spelt] of [['traffic.rate', '120000/min', '2000/s'], ['hold.p50', '0.005s', '5ms'], ['pool.acquire_timeout', '90000ms', '90s']]) {
    await box(path).fill(text);
    await understood(path).getByText(`= ${spelt}`).waitFor();
  }
  await box('traffic.rate').fill('120');
  check((await understood('traffic.rate').textContent()).trim() === '', 'repeats what is there already');
});

test('takes a comma with the words of the library', async ({ open }) => {
  const { root, box } = await open();
  for (const [path, at] of [['hold.p50', 'hold.p50-problem'], ['traffic.rate', 'traffic.rate-problem']]) {
    await box(path).fill('1,5');
    check(/point/.test(await root.locator(`[id="${at}"] .error`).first().textContent()), 'no word of the decimal point');
    check((await box(path).getAttribute('aria-invalid')) === 'true', `${path} is not marked`);
  }
  check((await box('hold.p95').getAttribute('aria-invalid')) === 'false', 'marks a field that can be read');
  await box('hold.p50').blur();
  check((await box('hold.p50').inputValue()) === '1,5', 'what was typed is gone before it could be read');
});

test('makes a range of a value, with two thumbs, and back', async ({ page, open }) => {
  const { root, box } = await open();
  const field = root.locator('pool-field:has([id="traffic.rate"])');
  const toggle = field.getByRole('button', { name: 'Request rate is uncertain' });
  await toggle.press('Enter');
  check((await box('traffic.rate').inputValue()) === '250..360', `is ${await box('traffic.rate').inputValue()}`);
  check((await toggle.getAttribute('aria-pressed')) === 'true', 'is not pressed');
  await field.getByRole('slider', { name: 'upper end' }).press('ArrowRight');
  check((await box('traffic.rate').inputValue()) === '250..370', `the upper end is at ${await box('traffic.rate').inputValue()}`);
  await field.getByRole('slider', { name: 'lower end' }).press('Home');
  check((await box('traffic.rate').inputValue()) === '1..370', 'Home does not lead to the least');
  await box('traffic.rate').fill('800/s..1200/s');
  check((await json(root)).traffic.rate === '800/s..1200/s', 'the range is not in the scenario');
  await toggle.click();
  await until(page, 'traffic.rate', '980');
  for (const known of ['slo.wait_p99', 'pool.max_size']) {
    check((await root.locator(`pool-field:has([id="${known}"]) .doubt`).count()) === 0, `${known} can not be uncertain`);
  }
});

test('moves with every key of a slider', async ({ open }) => {
  const { root, box } = await open();
  const slider = root.locator('pool-field:has([id="pool.max_size"]) input[type=range]');
  await slider.press('End');
  check((await box('pool.max_size').inputValue()) === '500', 'End');
  await slider.press('Home');
  check((await box('pool.max_size').inputValue()) === '1', 'Home');
  await slider.press('PageUp');
  const page = Number(await box('pool.max_size').inputValue());
  check(page > 5, `PageUp leads to ${page} only`);
  await slider.press('ArrowUp');
  check(Number(await box('pool.max_size').inputValue()) === page + 1, 'ArrowUp');
});

test('explains a field behind its question mark', async ({ page, open }) => {
  const { root } = await open();
  const help = root.getByRole('button', { name: 'What is Hold p50?' });
  await help.press('Enter');
  check(await root.locator('[id="hold.p50-help"]').isVisible(), 'no help');
  check((await help.getAttribute('aria-expanded')) === 'true', 'is not said to be open');
  check((await focusIn(page)) === 'What is Hold p50?', 'lost the focus');
  await help.press('Enter');
  check(!(await root.locator('[id="hold.p50-help"]').isVisible()), 'does not go away');
});

test('writes any setting of the catalogue, and takes it out again', async ({ page, open }) => {
  const { root } = await open();
  await openSettings(root);
  const find = root.locator('pool-settings input[type=search]');
  await find.fill('client.retries');
  await find.press('Enter');
  await page.keyboard.type('3');
  check((await focusIn(page)) === 'at-client.retries', `the focus is at ${await focusIn(page)}`);
  check((await json(root)).client.retries === 3, 'is not written');
  await page.keyboard.press('Backspace');
  check((await json(root)).client === undefined, 'an empty box still writes something');
  check((await focusIn(page)) === 'at-client.retries', 'the box went away while it was used');
  await page.keyboard.type('many');
  await root.locator('[id="at-client.retries-problem"] .error').waitFor();
});

test('adds and removes entries of a list', async ({ page, open }) => {
  const { root } = await open();
  await openSettings(root, 'query');
  await root.getByRole('button', { name: 'Add query[1]' }).click();
  check((await json(root)).query.length === 2, 'no second query');
  check((await focusIn(page)) === 'entry-query[1]', `the focus is at ${await focusIn(page)}`);
  await root.getByRole('button', { name: 'Show all settings of query' }).click();
  await root.locator('[id="at-query[1].hold"]').fill('exponential(mean=5ms)');
  await root.getByRole('button', { name: 'Remove query[0]' }).click();
  check(JSON.stringify((await json(root)).query) === '[{"hold":"exponential(mean=5ms)"}]', 'not the first is gone');
  check((await focusIn(page)) === 'add-query', 'the focus is lost');
});

test('takes a real pool with its own values and their sources', async ({ open }) => {
  const { root, box } = await open();
  await root.getByLabel('Which pool it is').selectOption({ index: 1 });
  check((await json(root)).pool.preset.includes('-'), 'no preset is written');
  await root.locator('.shipped summary').click();
  await root.getByRole('button', { name: 'Use its own values' }).click();
  check((await json(root)).pool.max_size === undefined, 'a size is still written');
  check((await box('pool.max_size').inputValue()) === '10', 'does not show the preset’s size');
  check(/the preset/.test(await root.locator('[id="pool.max_size-understood"]').textContent()), 'does not say that it is the preset’s');
  await root.getByLabel('Which pool it is').selectOption('');
  check((await json(root)).pool?.preset === undefined, 'the preset is still written');
});

test('edits a timeline with the keyboard alone', async ({ page, open }) => {
  const { root } = await open('#example=slow-query');
  const list = root.locator('pool-interventions');
  await root.locator('details.timeline > summary').press('Enter');
  const rows = list.locator('.interventions > li');
  await rows.nth(9).waitFor();
  const before = await rows.count();
  check(before === 10, `${before} entries`);
  // The first moves behind the second, step by step, and is not lost on the way.
  const slider = rows.nth(0).getByRole('slider');
  await slider.focus();
  for (let n = 0; n < 15; n += 1) await page.keyboard.press('ArrowRight');
  check(/deploy, when it begins/.test(await focusIn(page)), `the focus is at ${await focusIn(page)}`);
  const { timeline } = await json(root);
  check(timeline[0].change === 'deploy' && timeline[0].at !== '18m', `still at ${timeline[0].at}`);
  check(!/deploy/.test(await rows.nth(0).locator('.what').textContent()), 'the rows are not in order of time');
  // Another one comes, is duplicated, and goes.
  await list.locator('.add select').selectOption('resize_pool');
  await list.getByRole('button', { name: 'Add to the timeline' }).press('Enter');
  check((await rows.count()) === before + 1, 'no new row');
  // Where what it needs is typed.
  check((await focusIn(page)) === 'at-timeline[10].max_size', `the focus is at ${await focusIn(page)}`);
  await root.locator('[id="at-timeline[10].max_size-problem"] .error').waitFor();
  await page.keyboard.type('30');
  await list.locator('[id="row-10"]').getByRole('button', { name: /^Duplicate/ }).press('Enter');
  check((await json(root)).timeline[11].max_size === 30, 'the copy is not the same');
  await list.locator('[id="row-11"]').getByRole('button', { name: /^Remove/ }).press('Enter');
  check((await json(root)).timeline.length === 11, 'is still there');
  check((await focusIn(page)) !== null, 'the focus is lost');
});

test('keeps the focus in the moment that is typed while its row moves', async ({ page, open }) => {
  const { root } = await open('#example=slow-query');
  await root.locator('details.timeline > summary').click();
  await root.getByRole('button', { name: /^Edit 18m/ }).click();
  await root.locator('[id="at-timeline[0].at"]').fill('100m');
  await page.keyboard.press('Tab');
  check((await focusIn(page)) === 'What is on?', `the focus is at ${await focusIn(page)}`);
  check(/90m/.test(await root.locator('.interventions > li').nth(4).locator('.what').textContent()), 'the rows are not in order of time');
});

test('opens what would have been, and undoes it', async ({ page, open }) => {
  const { root } = await open('#example=leak');
  await root.locator('details.timeline > summary').click();
  await root.getByRole('button', { name: 'Without this: 120m: restart_database' }).click();
  check(/without 120m/.test(await root.locator('.notice').textContent()), 'does not say what it shows');
  check(!(await json(root)).timeline.some(({ change }) => change === 'restart_database'), 'is still there');
  check((await root.locator('.problems .error').count()) === 0, 'can not run');
  await root.getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction(() => /restart_database/.test(document.querySelector('pool-planner').shadowRoot.querySelector('.source textarea').value));
  await root.getByRole('button', { name: 'Apply pool of 40', exact: true }).click();
  check((await json(root)).pool.max_size === 40, 'the variant is not applied');
});

test('undoes with Back exactly what was done', async ({ page, open }) => {
  const { root, box } = await open();
  const first = await box('traffic.rate').inputValue();
  let { hash } = new URL(page.url());
  for (const rate of ['111', '120000/min']) {
    await box('traffic.rate').fill(rate);
    await settled(page, hash);
    ({ hash } = new URL(page.url()));
  }
  await box('traffic.rate').blur();
  await root.locator('select.examples').selectOption('leak');
  await settled(page, hash);
  for (const rate of ['120000/min', '111', first]) {
    await page.goBack();
    await until(page, 'traffic.rate', rate);
  }
  check((await root.locator('select.examples').inputValue()) === 'steady', 'another example is chosen');
  check((await root.getByRole('button', { name: 'Undo' }).getAttribute('aria-disabled')) === 'true', 'there is something to undo still');
  await page.goForward();
  await until(page, 'traffic.rate', '111');
  await page.reload();
  await until(page, 'traffic.rate', '111');
  await page.goBack();
  await until(page, 'traffic.rate', first);
});

test('undoes under the hands of who has typed', async ({ page, open }) => {
  const { box } = await open();
  const first = await box('traffic.rate').inputValue();
  await box('traffic.rate').fill('111');
  await settled(page, '');
  await page.goBack();
  await until(page, 'traffic.rate', first);
  check((await focusIn(page)) === 'traffic.rate', 'the focus is lost');
});

test('leaves a box that is typed in where it is, whatever it says', async ({ page, open }) => {
  const { root, box } = await open('#query[0].hold=exponential(mean=20ms)');
  await box('query[0].hold').fill('percentiles(p50=1ms, p95=2ms, p99=4ms)');
  await root.locator('.cancel').waitFor();
  check((await focusIn(page)) === 'query[0].hold', `the focus is at ${await focusIn(page)}`);
  await box('query[0].hold').blur();
  await until(page, 'hold.p99', '4');
});

test('undoes and redoes with keys, but not under the hands of who types', async ({ page, open }) => {
  const { root, box } = await open();
  const first = await box('fleet.instances').inputValue();
  const slider = root.locator('pool-field:has([id="fleet.instances"]) input[type=range]');
  await slider.press('ArrowRight');
  await slider.press('Control+z');
  await until(page, 'fleet.instances', first);
  check((await focusIn(page))?.includes('slider'), `the focus is at ${await focusIn(page)}`);
  await slider.press('Control+y');
  await until(page, 'fleet.instances', '2');
  await slider.press('Control+z');
  await until(page, 'fleet.instances', first);
  await slider.press('Control+Shift+Z');
  await until(page, 'fleet.instances', '2');
  await box('traffic.rate').focus();
  await page.keyboard.press('Control+z');
  await page.waitForTimeout(400);
  check((await value(page, 'fleet.instances')) === '2', 'took the undo of the text box');
  const undo = root.getByRole('button', { name: 'Undo' });
  await undo.press('Enter');
  await until(page, 'fleet.instances', first);
  check((await focusIn(page)) === 'Undo', 'the button lost the focus when there was nothing more to undo');
});

test('takes a drag of a slider as one step', async ({ page, open }) => {
  const { root, box } = await open();
  const first = await box('pool.max_size').inputValue();
  const place = await root.locator('pool-field:has([id="pool.max_size"]) input[type=range]').boundingBox();
  await page.mouse.move(place.x + 10, place.y + place.height / 2);
  await page.mouse.down();
  for (const x of [0.2, 0.5, 0.8]) {
    await page.mouse.move(place.x + place.width * x, place.y + place.height / 2);
    await page.waitForTimeout(400);
  }
  await page.mouse.up();
  check((await box('pool.max_size').inputValue()) !== first, 'did not move');
  await settled(page, '');
  await page.goBack();
  await until(page, 'pool.max_size', first);
});

test('has an undo of its own where it is a guest', async ({ page, open }) => {
  const { root } = await open('book/embedded.html');
  await root.locator('details.inputs > summary').click();
  const first = await value(page, 'fleet.instances');
  const slider = root.locator('pool-field:has([id="fleet.instances"]) input[type=range]');
  await slider.press('ArrowRight');
  await page.waitForTimeout(400);
  await slider.press('Control+z');
  await until(page, 'fleet.instances', first);
  check(new URL(page.url()).hash === '', 'wrote to the address');
});

test('reads links that people write, and names what it does not know', async ({ page, open }) => {
  const { root, box } = await open('#example=leak&pool.max_size=33&traffic.rate=7200/min&pool.max_sizes=3');
  check((await box('pool.max_size').inputValue()) === '33', 'the size is not set');
  check((await box('traffic.rate').inputValue()) === '7200/min', 'the rate is not as it was typed');
  check((await json(root)).name === 'leak', 'not the example');
  check(/pool\.max_sizes/.test(await root.locator('.notice').textContent()), 'does not name the unknown setting');
  await page.evaluate(() => (location.hash = '#example=steady'));
  await until(page, 'pool.max_size', '10');
  check((await root.locator('select.examples').inputValue()) === 'steady', 'the example is not chosen');
});

test('opens what a link compares with, and tells it again', async ({ page, open }) => {
  await open();
  const hash = await page.evaluate(async () => {
    const scenario = { traffic: { rate: '50/s' }, query: [{ hold: 'exponential(mean=20ms)' }], pool: { max_size: 4 } };
    const text = JSON.stringify({ version: 1, scenario, pinned: { ...scenario, pool: { max_size: 3 } }, strange: 1 });
    const deflated = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
    return `#v1.${btoa(String.fromCharCode(...new Uint8Array(await new Response(deflated).arrayBuffer()))).replaceAll('+', '-').replaceAll('/', '_')}`;
  });
  await page.goto('about:blank');
  const { root, box } = await open(hash);
  check((await box('pool.max_size').inputValue()) === '4', 'not the scenario');
  await root.locator('.share button').click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const told = await page.evaluate(async (body) => {
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text());
  }, link.split('#v1.')[1]);
  check(told.pinned?.pool.max_size === 3 && told.scenario.pool.max_size === 4 && told.strange === undefined, JSON.stringify(told));
}, { permissions: ['clipboard-read', 'clipboard-write'] });

const TOML = 'name = "from a file"\n[traffic]\nrate = "77/s"\n[[query]]\nhold = "exponential(mean=10ms)"\n[pool]\nmax_size = 9\n';

test('shows a scenario file before it replaces anything', async ({ page, open }) => {
  const loaded = [];
  page.on('request', (request) => loaded.push(request.url()));
  const { root, box } = await open();
  const first = await box('traffic.rate').inputValue();
  check(!loaded.some((url) => /import|toml/.test(url)), 'loads the importers before they are used');
  await root.getByRole('button', { name: 'Import…' }).click();
  const dialog = root.locator('dialog');
  await dialog.locator('input[type=file]').setInputFiles({ name: 'mine.toml', mimeType: 'text/plain', buffer: Buffer.from(TOML) });
  await dialog.locator('pre', { hasText: '77/s' }).waitFor();
  check((await box('traffic.rate').inputValue()) === first, 'replaced at once');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  check((await box('traffic.rate').inputValue()) === first, 'replaced although it was cancelled');
  await root.getByRole('button', { name: 'Import…' }).click();
  await dialog.getByLabel('or paste a text').fill(JSON.stringify({ traffic: { rate: '88/s' }, query: [{ hold: 'constant(1ms)' }], pool: { max_sizes: 3 } }));
  await dialog.getByLabel('or paste a text').blur();
  await dialog.locator('.problems .error', { hasText: 'max_size' }).waitFor();
  await dialog.getByRole('button', { name: 'Use this' }).click();
  await until(page, 'traffic.rate', '88');
  await root.getByRole('button', { name: 'Undo' }).click();
  await until(page, 'traffic.rate', first);
});

test('opens a file that is dropped anywhere', async ({ page, open }) => {
  const { root } = await open();
  await root.locator('.answer').waitFor();
  const dropped = await page.evaluateHandle((text) => {
    const all = new DataTransfer();
    all.items.add(new File([text], 'mine.toml'));
    return all;
  }, TOML);
  await root.locator('.answer').dispatchEvent('drop', { dataTransfer: dropped });
  await root.locator('dialog pre', { hasText: '77/s' }).waitFor();
  await root.locator('dialog').getByRole('button', { name: 'Use this' }).press('Enter');
  await until(page, 'traffic.rate', '77');
});

test('offers the importers, and says what it can not read', async ({ open }) => {
  const { root } = await open();
  await root.getByRole('button', { name: 'Import…' }).click();
  const dialog = root.locator('dialog');
  await dialog.locator('option').nth(3).waitFor({ state: 'attached' });
  await dialog.getByLabel('or paste a text').fill('what is this');
  await dialog.getByLabel('or paste a text').blur();
  await dialog.locator('option', { hasText: 'not recognised' }).waitFor({ state: 'attached' });
  await dialog.getByLabel('It is').selectOption({ index: 2 });
  await dialog.locator('.error').first().waitFor();
  check((await dialog.getByRole('button', { name: 'Use this' }).getAttribute('aria-disabled')) === 'true', 'nothing could be used');
});

test('reads an export once it is told what the file does not say', async ({ page, open }) => {
  const { root } = await open();
  await root.getByRole('button', { name: 'Import…' }).click();
  const dialog = root.locator('dialog');
  const file = fileURLToPath(new URL('../golden/import/pg-stat-statements/postgresql-16.csv', import.meta.url));
  await dialog.locator('input[type=file]').setInputFiles(file);
  await dialog.locator('.error', { hasText: 'observed' }).waitFor();
  check((await dialog.getByLabel('It is').inputValue()) === 'pg-stat-statements', 'does not recognise the file');
  await dialog.getByLabel('observed').fill('6h');
  await dialog.getByLabel('observed').press('Tab');
  await dialog.locator('.notes li').first().waitFor();
  const read = JSON.parse(await dialog.locator('pre').textContent());
  await dialog.getByRole('button', { name: 'Use this' }).press('Enter');
  await page.waitForFunction((rate) => document.querySelector('pool-planner').shadowRoot.querySelector('.source textarea').value.includes(rate), read.traffic.rate);
  // What was said beside one file is not said of the next.
  await root.getByRole('button', { name: 'Import…' }).click();
  await root.locator('dialog[open]').waitFor();
  check((await dialog.locator('input[type=file]').inputValue()) === '', 'still names the file');
  await dialog.locator('input[type=file]').setInputFiles(file);
  await dialog.locator('.error', { hasText: 'observed' }).waitFor();
  check((await dialog.getByLabel('observed').inputValue()) === '', 'still holds what was said of another file');
});

test('fits a narrow screen with everything open', async ({ page, open }) => {
  const { root } = await open('#example=slow-query');
  await root.locator('details.timeline > summary').click();
  await root.getByRole('button', { name: /^Edit 18m/ }).click();
  await openSettings(root, 'version');
  for (const more of await root.locator('pool-settings .more').all()) await more.click();
  for (const help of await root.locator('form button.help').all()) await help.click();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 360, `is ${width} px wide`);
}, { viewport: { width: 360, height: 740 } });

test('names every control', async ({ page, open }) => {
  const { root } = await open('#example=slow-query');
  await root.locator('details.timeline > summary').click();
  await root.getByRole('button', { name: /^Edit 18m/ }).click();
  await openSettings(root, 'pool');
  await root.getByRole('button', { name: 'Import…' }).click();
  const unnamed = await page.evaluate(() => {
    const { shadowRoot } = document.querySelector('pool-planner');
    const has = (each) => each.labels?.length > 0 || each.getAttribute('aria-label') || each.tagName === 'BUTTON' && each.textContent.trim();
    const all = [...shadowRoot.querySelectorAll('input, select, textarea, button')].filter((each) => !has(each)).map((each) => each.outerHTML.slice(0, 80));
    const ids = [...shadowRoot.querySelectorAll('[id]')].map(({ id }) => id);
    const twice = ids.filter((id, n) => ids.indexOf(id) !== n);
    const lost = [...shadowRoot.querySelectorAll('[aria-controls]')].map((each) => each.getAttribute('aria-controls')).filter((id) => !ids.includes(id));
    return [...all, ...twice, ...lost];
  });
  check(unnamed.length === 0, unnamed.join(' '));
});

test('knows an example by its link, and where Reset leads', async ({ page, open }) => {
  const view = await open('#example=slow-query');
  const title = () => view.root.locator('select.examples').evaluate((select) => select.selectedOptions[0].textContent.trim());
  const example = await title();
  check(example !== 'your own', 'the readable link opens something of its own');
  await page.waitForFunction(() => document.querySelector('pool-planner').shadowRoot.querySelector('.share'));
  const link = await view.root.locator('.share').evaluate((share) => share.text());
  check(/#v1\./.test(link), link);
  await page.goto('about:blank');
  await page.goto(link);
  await view.box('traffic.rate').waitFor();
  check((await title()) === example, `"${await title()}" for the link to ${example}`);
  const before = await view.box('fleet.instances').inputValue();
  await view.box('fleet.instances').fill('3');
  await page.waitForFunction((old) => location.hash !== '' && !old.endsWith(location.hash), link);
  await page.reload();
  await view.box('traffic.rate').waitFor();
  check((await title()) === 'your own' && (await view.box('fleet.instances').inputValue()) === '3', 'the change did not survive');
  await view.root.locator('.reset').click();
  await until(page, 'fleet.instances', before);
  check((await title()) === example, `Reset leads to "${await title()}"`);
});

test('says of a text that nobody knows that nobody does, and of JSON what is wrong with it', async ({ open }) => {
  const { root, box } = await open();
  await root.locator('.import').click();
  await root.getByRole('dialog').locator('textarea').fill('lorem ipsum dolor sit amet');
  await root.locator('pool-import [aria-live] .error').waitFor();
  await root.locator('pool-import .acts button', { hasText: 'Cancel' }).click();
  await root.locator('.source summary').click();
  const area = root.locator('.source textarea');
  await area.fill('{"traffic": 3');
  await box('traffic.rate').focus();
  const said = root.locator('.source [role=alert]');
  await said.waitFor();
  check((await area.getAttribute('aria-invalid')) === 'true', 'the box is not marked as wrong');
  await box('traffic.rate').fill('123');
  await said.waitFor({ state: 'detached' });
});

test('leaves the keyboard at a row, not at the button that takes out the next', async ({ page, open }) => {
  const { root } = await open('#example=slow-query');
  await root.locator('details.timeline summary').click();
  const rows = root.locator('.interventions > li');
  await rows.first().waitFor();
  const many = await rows.count();
  await root.getByRole('button', { name: /^Without this: / }).first().press('Enter');
  await page.waitForFunction((count) => document.querySelector('pool-planner').shadowRoot.querySelectorAll('.interventions > li').length === count, many - 1);
  await page.waitForTimeout(200);
  const at = await page.evaluate(() => document.querySelector('pool-planner').shadowRoot.activeElement?.tagName);
  check(at === 'LI', `the focus is at ${at}`);
});

await performAll();
