// The planner as an element of somebody else's page.
import { beside, check, home, performAll, planner, test } from './harness.mjs';

const page = (name, body) => beside(`${name}.html`, `<!doctype html><html lang="en"><title>${name}</title><link rel="icon" href="data:,">
  <script type="module" src="./folder/pool-planner.js"></script>
  <script>
    window.told = [];
    for (const type of ['planner-change', 'planner-answer']) {
      addEventListener(type, ({ detail }) => told.push({ type, rate: detail.scenario.traffic.rate, size: detail.recommendation?.recommended?.max_size }));
    }
  </script>${body}</html>`);

const scenario = { traffic: { rate: '90/s' }, query: [{ hold: 'percentiles(p50=10ms, p95=30ms, p99=60ms)' }], pool: { max_size: 5 }, slo: ['wait.p99 <= 20ms'] };
const plain = await page('plain', `<pool-planner compact></pool-planner>`);
const given = await page('given', `<pool-planner scenario='${JSON.stringify(scenario)}'></pool-planner>`);

const told = (view, type) => view.root.page().evaluate((wanted) => window.told.filter((one) => one.type === wanted), type);

test('begins with the scenario of its attribute, as JSON or as a link', async ({ page: at, open }) => {
  const view = await open(given);
  await view.finished();
  check((await view.box('traffic.rate').inputValue()) === '90', 'not the rate that was given');
  const link = await view.root.evaluate((element) => element.shadowRoot.querySelector('pool-copy.share').text());
  check(link.startsWith(`${home}#v1.`), `the link leads to ${link}`);
  await at.evaluate((hash) => {
    const other = document.createElement('pool-planner');
    other.setAttribute('scenario', hash);
    document.querySelector('pool-planner').before(other);
  }, new URL(link).hash.slice(1));
  check((await planner(at, 0).box('traffic.rate').inputValue()) === '90', 'not the rate of the link');
});

test('says what it can not read, and takes its example', async ({ page: at, open }) => {
  await open(given);
  await at.evaluate(() => document.querySelector('pool-planner').setAttribute('scenario', '{"traffic":'));
  const notice = await planner(at).root.locator('.notice').textContent();
  check(/neither JSON nor a link/.test(notice), `notice "${notice}"`);
});

test('takes and gives a scenario as a property, and tells its answers', async ({ page: at, open }) => {
  const view = await open(plain);
  await view.finished();
  check((await told(view, 'planner-answer')).length === 1, 'the first answer was not told once');
  await at.evaluate((wanted) => (document.querySelector('pool-planner').scenario = wanted), scenario);
  await at.waitForFunction(() => window.told.filter(({ type }) => type === 'planner-answer').length === 2);
  const [, last] = await told(view, 'planner-answer');
  check(last.rate === '90/s' && last.size > 0, `told ${JSON.stringify(last)}`);
  check((await told(view, 'planner-change')).length === 0, 'told of a change that the page itself made');
  const read = await at.evaluate(() => {
    const { scenario: now, recommendation, report } = document.querySelector('pool-planner');
    return { rate: now.traffic.rate, size: recommendation.recommended.max_size, served: report.sentence };
  });
  check(read.rate === '90/s' && read.size === last.size && read.served, `gives ${JSON.stringify(read)}`);
});

test('tells what somebody edits', async ({ page: at, open }) => {
  const view = await open(given);
  await view.box('traffic.rate').fill('77');
  await at.waitForFunction(() => window.told.some(({ type, rate: now }) => type === 'planner-change' && String(now).startsWith('77')));
});

test('keeps what was entered when it is moved within the page', async ({ page: at, open }) => {
  const view = await open(given);
  await view.box('traffic.rate').fill('66');
  await at.evaluate(() => {
    const place = document.body.appendChild(document.createElement('div'));
    place.append(document.querySelector('pool-planner'));
  });
  check((await view.box('traffic.rate').inputValue()) === '66', 'lost the rate');
});

test('shows what its slots hold and lets the page style its parts', async ({ open }) => {
  const view = await open(await page('styled', `
    <style>pool-planner::part(answer) { border-top-width: 7px } pool-planner::part(chart) { opacity: 0.5 }</style>
    <pool-planner><h2 slot="heading">Ours</h2><p slot="footer">Below</p></pool-planner>`));
  await view.finished();
  const of = (selector, property) => view.root.locator(selector).first().evaluate((element, name) => getComputedStyle(element)[name], property);
  check((await of('.answer', 'borderTopWidth')) === '7px', 'the answer is no part');
  check((await of('pool-chart', 'opacity')) === '0.5', 'a chart is no part');
  const [heading, answer, footer] = await Promise.all(['h2[slot]', '.answer', 'p[slot=footer]'].map((name) => view.root.locator(name).boundingBox()));
  check(heading.y < answer.y && answer.y < footer.y, 'the slots are not above and below');
});

test('has a theme of its own', async ({ open }) => {
  const view = await open(await page('dark', '<pool-planner theme="dark"></pool-planner>'));
  await view.finished();
  const ground = () => view.root.locator('.card').first().evaluate((card) => getComputedStyle(card).backgroundColor);
  const line = () => view.root.locator('canvas').first().evaluate((canvas) => canvas.toDataURL());
  const [dark, drawn] = [await ground(), await line()];
  await view.root.evaluate((element) => (element.theme = 'light'));
  check((await ground()) !== dark, 'stayed dark');
  check((await line()) !== drawn, 'its charts stayed dark');
});

test('waits until it is seen', async ({ page: at, open }) => {
  const far = await page('far', '<div style="height: 4000px"></div><pool-planner></pool-planner>');
  let loads = 0;
  await at.route('**/*.wasm', (route) => {
    loads += 1;
    return route.continue();
  });
  const view = await open(far);
  await at.waitForTimeout(500);
  check(loads === 0, 'loaded the simulator for nobody');
  await view.root.scrollIntoViewIfNeeded();
  await view.finished();
});

await performAll();
