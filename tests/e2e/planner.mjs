// The built planner in a real browser: `node tests/e2e/planner.mjs` after `npm run build`.
import { check, home, performAll, planner, test } from './harness.mjs';

/** Runs in the page: a link to anything at all. */
async function linkOf(scenario) {
  const deflated = new Blob([JSON.stringify({ version: 1, scenario })]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
  return `#v1.${btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_')}`;
}

// The longest first: at the end it would leave the other lane with nothing to do.
test('lives twice on a page of the book, loaded twice', async ({ page, open }) => {
  const first = await open('book/embedded.html');
  // Its marks say that it is the example that was asked for.
  await first.root.locator('.marks li').nth(1).waitFor({ timeout: 60_000 });
  check(new URL(page.url()).hash === '', 'an embedded planner wrote to the address');
  const link = await first.root.getByRole('link', { name: 'Open in the planner' }).getAttribute('href');
  check(link.startsWith(`${home}#v1.`), `leads to ${link}`);
  const second = planner(page, 1);
  await second.root.scrollIntoViewIfNeeded();
  await second.finished();
});

test('answers with a sentence that holds a number', async ({ open }) => {
  const sentence = await (await open()).answered();
  check(/\d/.test(sentence), `no number in "${sentence}"`);
});

test('tells in its source what it answers', async ({ page, open }) => {
  const sentence = await (await open()).answered();
  const told = page.locator('pool-planner > [slot=loading]');
  check((await told.locator('strong').textContent()) === sentence, `"${await told.textContent()}" before, "${sentence}" after`);
  check(!(await told.isVisible()), 'still tells what was there before the answer');
});

test('streams a search that finishes, with its table', async ({ open }) => {
  const { root, finished } = await open();
  await root.locator('.cancel').waitFor();
  await finished();
  check((await root.locator('.cancel').count()) === 0, 'still offers to cancel');
  await root.locator('.sizing summary').click();
  check((await root.locator('.sizing tbody tr').count()) > 2, 'no table of sizes');
  check((await root.locator('.sizing tr.chosen').count()) === 1, 'no row is marked as the recommended size');
});

test('changes its answer with the rate, in any unit', async ({ open }) => {
  const view = await open();
  const before = await view.answered();
  const unit = view.root.locator('pool-field:has([id="traffic.rate"]) .unit');
  check((await unit.textContent()) === '/s', 'does not say the unit of a bare number');
  await view.box('traffic.rate').fill('120000/min');
  await view.root.locator('.cancel').waitFor();
  const after = await view.answered();
  check(before !== after, `still "${after}"`);
  check((await unit.textContent()) === '', 'says two units');
  await view.box('traffic.rate').blur();
  check((await view.box('traffic.rate').inputValue()) === '120000/min', 'the box does not keep what was typed');
  check(/2000\/s/.test(await view.root.locator('[id="traffic.rate-understood"]').textContent()), 'does not say what it understood');
});

test('moves with the keyboard on a slider', async ({ open }) => {
  const { root, box } = await open();
  const before = await box('pool.max_size').inputValue();
  await root.locator('pool-field:has([id="pool.max_size"]) input[type=range]').press('ArrowRight');
  check(Number(await box('pool.max_size').inputValue()) === Number(before) + 1, 'one key is not one connection');
});

test('shows an impossible value at its field', async ({ open }) => {
  const { root, box, sentence, finished } = await open();
  await box('hold.p95').fill('1ms');
  await root.locator('#hold-problem .error').waitFor();
  check((await box('hold.p95').getAttribute('aria-invalid')) === 'true', 'the box is not marked as invalid');
  check((await box('hold.p95').getAttribute('aria-describedby')).includes('hold-problem'), 'the box does not name its problem');
  check(/No answer yet/.test(await sentence()), 'still answers');
  await box('pool.max_size').fill('many');
  await root.locator('[id="pool.max_size-problem"] .error').waitFor();
  await box('pool.max_size').fill('7');
  await box('hold.p95').fill('90');
  await finished();
});

test('restores its state from a link in a new page', async ({ page, open }) => {
  const view = await open();
  await view.box('traffic.rate').fill('123');
  await page.waitForFunction(() => location.hash.startsWith('#v1.'));
  await view.root.locator('.share button').click();
  await view.root.locator('.share', { hasText: 'Copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  check(link === page.url(), `copied ${link}`);
  const other = planner(await page.context().newPage());
  await other.root.page().goto(link);
  await other.root.locator('.notice, form').first().waitFor();
  check((await other.box('traffic.rate').inputValue()) === '123', 'the rate was lost');
  check((await other.answered()) === (await view.answered()), 'the answers differ');
}, { permissions: ['clipboard-read', 'clipboard-write'] });

test('takes a link that is cut in half as a notice and the example', async ({ page, open }) => {
  const view = await open();
  const usual = await view.box('traffic.rate').inputValue();
  await view.box('traffic.rate').fill('123');
  await page.waitForFunction(() => location.hash.startsWith('#v1.'));
  const { hash } = new URL(page.url());
  for (const [link, words] of [[hash.slice(0, hash.length / 2), /damaged/], ['#v9.abc', /newer version/], ['#v1.%%%', /damaged/]]) {
    const other = planner(await page.context().newPage());
    await other.root.page().goto(home + link);
    const notice = await other.root.locator('.notice').textContent();
    check(words.test(notice), `notice "${notice}" for ${link}`);
    check((await other.box('traffic.rate').inputValue()) === usual, 'not the example');
    await other.root.page().close();
  }
});

test('shows the problems of a link whose scenario makes no sense', async ({ page, open }) => {
  await open();
  const strange = [
    {}, { traffic: 'x' }, { query: 'abc', slo: 5 }, { query: { length: 1e9 }, slo: null }, { query: [null, 7], pool: [] }, { unknown: 1 },
  ];
  for (const scenario of strange) {
    const hash = await page.evaluate(linkOf, scenario);
    await page.goto('about:blank');
    const { root } = await open(hash);
    await root.locator('.error').first().waitFor();
  }
});

test('compares the variants of a scenario, row by row', async ({ page, open }) => {
  await page.goto(home);
  const hash = await page.evaluate(linkOf, {
    duration: '2m',
    traffic: { rate: '80/s' },
    query: [{ hold: 'exponential(mean=20ms)' }],
    pool: { max_size: 2, acquire_timeout: '100ms' },
    timeline: [{ at: '30s', change: 'slow_query', factor: 2 }],
    variant: [
      { name: 'four', set: ['pool.max_size=4'], answer: 'enough' },
      { name: 'later', set: ['timeline[0].at=31s'] },
    ],
  });
  await page.goto('about:blank');
  const { root } = await open(hash);
  await root.getByRole('button', { name: 'Compare 2 variants' }).click();
  await root.locator('.what-if tbody tr').nth(2).waitFor();
  const cells = await root.locator('.what-if tbody tr').nth(1).innerText();
  check(/four/.test(cells) && /enough/.test(cells) && /−\d/.test(cells), `no better with four: ${cells}`);
});

test('opens a link that is pasted into its address', async ({ page, open }) => {
  const view = await open();
  await view.box('fleet.instances').fill('3');
  await page.waitForFunction(() => location.hash.startsWith('#v1.'));
  const { hash } = new URL(page.url());
  await view.root.locator('.reset').click();
  await page.waitForFunction((old) => location.hash !== old, hash);
  check((await view.box('fleet.instances').inputValue()) !== '3', 'reset did not reset');
  await page.evaluate((old) => (location.hash = old), hash);
  await page.waitForFunction(() => document.querySelector('pool-planner').shadowRoot.getElementById('fleet.instances').value === '3');
});

test('stops when cancelled, and starts again', async ({ page, open }) => {
  const { root, finished, sentence } = await open();
  await root.locator('.cancel').click();
  const state = root.locator('.state');
  check(/cancelled/.test(await state.textContent()), 'does not say that it was cancelled');
  check(/^Stopped/.test(await sentence()), 'still speaks as if it went on');
  await page.waitForTimeout(800);
  check(/cancelled/.test(await state.textContent()), 'went on after it was cancelled');
  await root.locator('.again').click();
  await finished();
});

test('never shows the answer to an older question', async ({ open }) => {
  const view = await open();
  for (const rate of ['10', '900', '20', '700', '50']) await view.box('traffic.rate').fill(rate);
  const hurried = await view.answered();
  await view.root.locator('.reset').click();
  await view.root.locator('.cancel').waitFor();
  await view.answered();
  await view.box('traffic.rate').fill('50');
  await view.root.locator('.cancel').waitFor();
  check((await view.answered()) === hurried, 'another answer to the same question');
});

test('draws an incident with its marks', async ({ open }) => {
  const { root } = await open();
  await root.locator('select.examples').selectOption('reconnect-storm');
  await root.locator('.run pool-chart canvas').first().waitFor();
  await root.locator('.run .marks li').nth(1).waitFor({ timeout: 60_000 });
  check((await root.locator('.run pool-chart').count()) >= 4, 'a chart is missing');
  await root.locator('.sizing .long-run', { hasText: 'long run' }).waitFor({ timeout: 60_000 });
  await root.locator('.run summary', { hasText: 'run as a table' }).click();
  check((await root.locator('.run tbody tr').count()) > 20, 'no table of the run');
});

test('follows the theme of its page', async ({ page, open }) => {
  const { root } = await open('book/embedded.html');
  await root.locator('.card').first().waitFor();
  const ground = () => root.locator('.card').first().evaluate((card) => getComputedStyle(card).backgroundColor);
  const light = await ground();
  await page.evaluate(() => (document.documentElement.style.colorScheme = 'dark'));
  check((await ground()) !== light, 'a page that turned dark left the planner light');
});

test('fits a narrow screen', async ({ page, open }) => {
  await (await open()).finished();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 360, `is ${width} px wide`);
}, { viewport: { width: 360, height: 740 } });

test('says when its simulator can not be loaded', async ({ page, open }) => {
  await page.route('**/*.wasm', (route) => route.abort());
  const { root } = await open();
  await root.locator('.failure').waitFor();
}, { noisy: true });

test('says when its workers can not be loaded', async ({ page, open }) => {
  await page.context().route('**/worker-*.js', (route) => route.abort());
  const { root } = await open();
  await root.locator('.failure').waitFor();
}, { noisy: true, serviceWorkers: 'block' });

test('answers again after a question that makes no sense', async ({ open }) => {
  const view = await open();
  const first = await view.box('traffic.rate').inputValue();
  await view.answered();
  // Theory takes it; the workers refuse to simulate so much.
  await view.box('traffic.rate').fill('1e9');
  await view.root.locator('.problems .error, .complaint, .error').first().waitFor();
  await view.box('traffic.rate').fill(first);
  await view.root.locator('.cancel').waitFor();
  await view.finished();
  check((await view.root.locator('.failure').count()) === 0, `"${await view.root.locator('.failure').allTextContents()}"`);
});

test('does not take a size for final before ranges are tried', async ({ page, open }) => {
  const view = await open('#example=steady&traffic.rate=200/s..400/s');
  await view.finished();
  const early = await view.sentence();
  check(/^So far: Use /.test(early), `"${early}"`);
  await page.waitForFunction(() => document.querySelector('pool-planner').shadowRoot.querySelector('.safe'), null, { timeout: 120_000 });
  const sentence = await view.sentence();
  check(/^Use \d+ connections on each instance: enough in \d+ % of the \d+ worlds/.test(sentence), `"${sentence}"`);
  const size = Number(await view.root.locator('.big b').first().textContent());
  check(new RegExp(`^Use ${size} connections`).test(sentence), `${size} beside "${sentence}"`);
  await view.root.locator('.menu-button').click();
  await view.root.getByRole('menuitem', { name: 'Settings of a pool', exact: true }).click();
  const text = view.root.locator('pool-paper textarea');
  await text.waitFor();
  check(new RegExp(`maximum-pool-size: ${size}\\b`).test(await text.inputValue()), 'the settings are of another size');
});

test('keeps the keyboard where something goes away', async ({ page, open }) => {
  const { root, finished } = await open();
  const focus = () => page.evaluate(() => {
    const { activeElement } = document.querySelector('pool-planner').shadowRoot;
    return `${activeElement?.tagName} ${activeElement?.className} ${activeElement?.textContent.trim().slice(0, 20)}`;
  });
  await root.locator('.cancel').press('Enter');
  check(/Simulate again/.test(await focus()), `after Cancel at "${await focus()}"`);
  await root.locator('.again').press('Enter');
  await finished();
  check(/^BUTTON done/.test(await focus()), `when done at "${await focus()}"`);
  await root.getByRole('button', { name: 'Pin this', exact: true }).press('Enter');
  await page.waitForTimeout(200);
  check(/^SECTION .*pinned/.test(await focus()), `after Pin this at "${await focus()}"`);
  await root.getByRole('button', { name: 'Unpin' }).press('Enter');
  await page.waitForTimeout(200);
  check(/Pin this/.test(await focus()), `after Unpin at "${await focus()}"`);
});

await performAll();
