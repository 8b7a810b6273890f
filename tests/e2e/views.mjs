// What the built planner shows of its answers, in a real browser: `node tests/e2e/views.mjs` after `npm run build`.
import { check, performAll, test } from './harness.mjs';

/** Runs in the page: a link to a scenario. */
async function linkOf(scenario) {
  const deflated = new Blob([JSON.stringify({ version: 1, scenario })]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
  return `#v1.${btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_')}`;
}

const STEADY = { traffic: { rate: '80/s' }, query: [{ hold: 'exponential(mean=20ms)' }], pool: { max_size: 4 }, slo: ['wait.p99 <= 50ms'] };
const INCIDENT = {
  duration: '4m',
  traffic: { rate: '80/s' },
  query: [{ hold: 'exponential(mean=20ms)' }],
  pool: { max_size: 2, acquire_timeout: '1s' },
  fleet: { instances: 2 },
  timeline: [{ at: '1m', change: 'slow_query', factor: 10 }, { at: '2m', change: 'slow_query', factor: 1 }],
};

async function openScenario(page, open, scenario) {
  await open();
  const hash = await page.evaluate(linkOf, scenario);
  await page.goto('about:blank');
  return open(hash);
}

const timeOf = async (root) => (await root.locator('pool-player output').first().textContent()).trim().split(' ')[0];
const pressOn = (locator, key) => locator.press(key);

test('answers with the size, the safe sizes and why', async ({ page, open }) => {
  const view = await openScenario(page, open, STEADY);
  const { root } = view;
  check((await root.locator('.answer [role=status]').textContent()).trim() === '', 'announced something that is no answer');
  const sentence = await view.answered();
  await root.locator('.reach').waitFor({ timeout: 60_000 });
  check(/\d/.test(await root.locator('.big b').textContent()), 'no number');
  check(/safe: (from )?\d/.test(await root.locator('.big .safe').textContent()), 'no safe sizes');
  check((await root.locator('.reach dd').count()) === 3, 'not three lines on how far it reaches');
  check((await root.locator('.answer [role=status]').textContent()).trim() === (await view.sentence()), `announced something else than ${sentence}`);
  check((await root.locator('.moved li').count()) === 4, 'no sensitivity');
  await root.locator('.sizing summary').click();
  check((await root.locator('.sizing td', { hasText: /^safe$/ }).count()) > 0, 'no size of the table is safe');
});

test('draws what decides where that is not the wait', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, { ...STEADY, pool: { acquire_timeout: '20ms' }, slo: ['impact.failed_requests <= 1%'] });
  await finished();
  check(/failed requests .*%/.test(await root.locator('.big').textContent()), 'the answer has no number of it');
  const said = await root.locator('.sizing .plot').nth(1).getAttribute('aria-label');
  check(/^Failed requests against the size of the pool: failed requests at most .*% at size \d/.test(said), `the second chart says: ${said}`);
  await root.locator('.sizing summary').click();
  check((await root.locator('.sizing th', { hasText: /^Failed requests$/ }).count()) === 1, 'no column of it');
});

test('makes its tables at once for a printer', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, STEADY);
  await finished();
  check((await root.locator('.sizing tbody tr').count()) === 0, 'makes a table that nobody has opened');
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  check((await root.locator('.sizing tbody tr').count()) > 2, 'no table');
});

test('prints the moments of an incident, and nothing that is empty', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, { ...INCIDENT, variant: [{ name: 'larger', set: ['pool.max_size=4'] }] });
  await finished();
  await root.locator('.marks .moment').first().waitFor();
  await page.emulateMedia({ media: 'print' });
  check(await root.locator('.marks .moment', { hasText: '1:00' }).first().isVisible(), 'the moment is gone');
  const width = await root.locator('.marks .what').first().evaluate((what) => what.clientWidth);
  check(width > 300, `its text has ${width} px`);
  check(await root.locator('.answer details li').first().isVisible(), 'not what the answer assumes');
  for (const hidden of ['.player', '.card.alerts', '.card.what-if']) check(!(await root.locator(hidden).first().isVisible()), `${hidden} is printed`);
});

test('tells its lines apart where the system chooses the colours, and leaves the sliders to it', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  const looks = await root.locator('input[type=range], progress').evaluateAll((all) => all.map((one) => getComputedStyle(one).appearance));
  check(looks.length > 5 && looks.every((look) => look === 'auto'), `they look ${looks}`);
  const inks = await root.locator('.stack .legend i').evaluateAll((all) => [...new Set(all.map((one) => getComputedStyle(one).borderTopColor))]);
  check(inks.length > 4, `drawn in ${inks.join('; ')}`);
  const blue = await root.locator('.stack canvas').first().evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, n) => n % 4 === 2 && value > data[n - 2] + 40);
  });
  check(blue, 'no line of the chart has its colour');
}, { forcedColors: 'active' });

test('says what would help where no size does', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, { ...STEADY, slo: ['response.p99 <= 20ms'] });
  await finished();
  await root.locator('.stuck').waitFor({ timeout: 60_000 });
  check(/query\.hold/.test(await root.locator('.stuck').textContent()), 'does not name the bottleneck');
  check((await root.locator('.remedies li').count()) > 0, 'no remedies');
});

test('leaves a line out by the keyboard, and describes its charts', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, STEADY);
  await finished();
  const entry = root.getByRole('button', { name: 'Show wait p99' });
  const drawn = () => root.locator('.sizing canvas').evaluate((canvas) => canvas.toDataURL().length);
  const before = await drawn();
  await entry.press('Enter');
  check((await entry.getAttribute('aria-pressed')) === 'false', 'the entry is still pressed');
  await page.waitForFunction(([length]) => document.querySelector('pool-planner').shadowRoot.querySelector('.sizing canvas').toDataURL().length !== length, [before]);
  check(/wait p50 at most .* at size \d/.test(await root.locator('.sizing .plot').getAttribute('aria-label')), 'the chart does not say what it shows');
});

test('copies a link to the moment that is seen', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  await root.locator('.stack canvas').first().waitFor();
  await pressOn(root.locator('.stack pool-player input'), 'End');
  await root.locator('.share button').click();
  await root.locator('.share', { hasText: 'Copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto('about:blank');
  const other = await open(link);
  await other.finished();
  await other.root.locator('.stack canvas').first().waitFor();
  check((await timeOf(other.root)) === '4:00', `stands at ${await timeOf(other.root)}`);
}, { permissions: ['clipboard-read', 'clipboard-write'] });

test('plays, pauses and scrubs a run by hand and by the keyboard', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  const scrubber = root.locator('.stack pool-player input');
  check((await timeOf(root)) === '0:00', 'does not begin at the beginning');
  check((await root.locator('.stack pool-player .of').textContent()) === 'of 4:00', 'does not say how long the run is');
  await scrubber.click();
  check(/^(1:5|2:0)\d$/.test(await timeOf(root)), `its middle is ${await timeOf(root)}`);
  await pressOn(scrubber, 'Home');
  for (let n = 0; n < 10; n++) await pressOn(scrubber, 'ArrowRight');
  check((await timeOf(root)) === '0:10', `ten steps lead to ${await timeOf(root)}`);
  check((await scrubber.getAttribute('aria-valuetext')) === '0:10', 'the scrubber does not say its time');
  await pressOn(scrubber, ' ');
  await root.getByRole('button', { name: 'Pause' }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('pool-planner').shadowRoot.querySelector('pool-player output').textContent.trim().split(' ')[0] > '0:12');
  await pressOn(scrubber, ' ');
  await root.getByRole('button', { name: 'Play' }).first().waitFor();
  await pressOn(scrubber, 'End');
  check((await timeOf(root)) === '4:00', 'End is not the end');
});

test('tells all charts at one moment, and goes to a mark', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  await root.locator('.story li').first().waitFor();
  check((await root.locator('ol.marks .change').count()) === 2, 'not the two changes');
  await root.getByRole('button', { name: 'Go to 1:00' }).first().click();
  check((await timeOf(root)) === '1:00', 'did not go there');
  await root.locator('pool-readout summary').click();
  const caption = root.locator('pool-readout caption');
  check((await caption.textContent()) === 'at 1:00', `the table is ${await caption.textContent()}`);
  // Just where one bin ends and the next begins, and all charts change.
  const numbers = async (of) => (await root.locator(of).allTextContents()).map((one) => one.trim()).join(', ');
  check((await numbers('.stack .legend b')) === (await numbers('pool-readout td b')), `the charts say ${await numbers('.stack .legend b')}, the table ${await numbers('pool-readout td b')}`);
  const before = await root.locator('pool-readout tbody').innerText();
  await root.getByRole('button', { name: 'Go to 2:00' }).first().click();
  check((await root.locator('pool-readout tbody').innerText()) !== before, 'the same at another moment');
  check((await root.locator('pool-instances li').count()) === 2, 'not both instances');
});

test('steps instead of gliding where motion is to be reduced', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  await root.locator('.stack .play').click();
  const times = await page.evaluate(() => new Promise((resolve) => {
    const output = document.querySelector('pool-planner').shadowRoot.querySelector('pool-player output');
    const seen = new Set();
    new MutationObserver(() => {
      seen.add(output.textContent.trim().split(' ')[0]);
      if (seen.size === 2) resolve([...seen]);
    }).observe(output, { characterData: true, subtree: true, childList: true });
  }));
  const [first, second] = times.map((time) => Number(time.split(':')[0]) * 60 + Number(time.split(':')[1]));
  check(second - first >= 55, `glides: ${times.join(' ')}`);
}, { reducedMotion: 'reduce' });

test('shows one pool as a picture and in words', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  const film = root.locator('pool-film');
  await film.getByLabel('Around').selectOption({ index: 1 });
  await film.getByLabel('Instance').fill('1');
  await film.getByLabel('Instance').blur();
  await film.getByRole('button', { name: 'Show' }).click();
  await film.locator('pool-picture').waitFor();
  await film.locator('canvas').scrollIntoViewIfNeeded();
  check(/instance 1/i.test(await film.locator('.words').textContent()), 'another instance');
  await film.locator('pool-player input').press('End');
  const words = await film.locator('.words').textContent();
  check(/[1-9]\d* requests wait/.test(words) && /[1-9]\d* timed out/.test(words), `says ${words}`);
  const inked = () => film.locator('canvas').evaluate((canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((byte, n) => n % 4 === 3 && byte > 0).length);
  check((await inked()) > 500, 'an empty picture');
  await film.locator('pool-player input').press('Home');
  check((await film.locator('.words').textContent()) !== words, 'the same at its beginning');
  await film.locator('.play').click();
  await page.waitForTimeout(700);
  const [came, counted] = await film.evaluate((one) => [/(\d+) requests came/.exec(one.querySelector('.words').textContent)[1], one.querySelector('.counters dd').textContent]);
  check(Number(came) > 0 && came === counted, `the words say that ${came} came while it plays, the counters ${counted}`);
  await film.locator('.play').click();
  check((await root.locator('.stack pool-player select').inputValue()) === '60', 'the film has slowed the player of the run');
});

test('shows the instance that has most to do, and says where there is none', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, { ...INCIDENT, timeline: [{ at: '1m', change: 'deploy', over: '20s', drain: '1s', factor: 10 }] });
  await finished();
  const film = root.locator('pool-film');
  const instance = film.getByLabel('Instance');
  const words = async () => {
    await film.getByRole('button', { name: 'Show' }).click();
    await film.locator('.soft', { hasText: `Instance ${await instance.inputValue()} ` }).waitFor();
    return (await film.locator('.words').textContent()).trim();
  };
  await film.getByLabel('Around').selectOption({ index: 0 });
  await root.locator('.stack pool-player input').press('End');
  for (let n = 0; n < 5; n++) await root.locator('.stack pool-player input').press('PageDown');
  check(['2', '3'].includes(await instance.inputValue()), `chose instance ${await instance.inputValue()}, which was replaced`);
  check((await instance.getAttribute('max')) === '3', 'does not offer those that started later');
  check(/requests wait at instance [23]/.test(await words()), `says ${await words()}`);
  await instance.fill('0');
  await instance.blur();
  check(/Instance 0 was replaced/.test(await words()), `says ${await words()}`);
  await instance.fill('');
  await instance.blur();
  check(['2', '3'].includes(await instance.inputValue()), 'does not choose again');
});

test('compares with what was pinned, and swaps', async ({ page, open }) => {
  const { root, box, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  await root.getByRole('button', { name: 'Pin this' }).click();
  await box('pool.max_size').fill('40');
  await root.locator('.pinned tbody tr').first().waitFor({ timeout: 60_000 });
  check(/better/.test(await root.locator('.pinned tr', { hasText: 'Failed' }).innerText()), 'forty connections are no better');
  check((await root.locator('.run .numbers .change').count()) > 0, 'no number says how it differs');
  check((await root.locator('.stack .legend .ghost').count()) > 2, 'the pinned run is not drawn');
  await root.getByRole('button', { name: 'Swap the two' }).click();
  check((await box('pool.max_size').inputValue()) === '2', 'did not open the pinned scenario');
  await root.locator('.pinned tbody tr').first().waitFor({ timeout: 60_000 });
  check(/worse/.test(await root.locator('.pinned tr', { hasText: 'Failed' }).innerText()), 'two connections are no worse');
  await root.getByRole('button', { name: 'Unpin' }).click();
  check((await root.locator('.stack .legend .ghost').count()) === 0, 'still drawn');
});

test('tries alerts when asked', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  check((await root.locator('.leads').count()) === 0, 'tried before it was asked for');
  await root.getByRole('button', { name: 'Try the alerts' }).click();
  await root.locator('.leads li').first().waitFor({ timeout: 90_000 });
  check((await root.locator('.leads .early, .leads .late').count()) > 0, 'none fires');
  await root.locator('.alerts summary', { hasText: 'table' }).click();
  check((await root.locator('.alerts tbody tr').count()) === (await root.locator('.leads li').count()), 'the table has other rows');
});

test('fits a narrow screen with all that there is', async ({ page, open }) => {
  const { root, finished } = await openScenario(page, open, INCIDENT);
  await finished();
  await root.getByRole('button', { name: 'Pin this' }).click();
  await root.locator('pool-film button', { hasText: 'Show' }).click();
  await root.locator('pool-picture').waitFor();
  for (const summary of await root.locator('.results summary').all()) await summary.click();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 360, `is ${width} px wide`);
}, { viewport: { width: 360, height: 740 } });

await performAll();
