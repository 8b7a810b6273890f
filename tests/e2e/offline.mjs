// A second visit without a network.
import { check, home, performAll, planner, test } from './harness.mjs';

const kept = (page) => page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active.state));

async function book(page) {
  await page.goto(`${home}book/index.html`);
  await planner(page).root.scrollIntoViewIfNeeded();
  await planner(page).root.locator('form').waitFor({ state: 'attached' });
}

test('answers and simulates again without a network, and so does a page of the book that was seen', async ({ page, open }) => {
  const before = await (await open()).answered();
  await kept(page);
  await book(page);
  await page.context().setOffline(true);
  await page.goto(home);
  const view = planner(page);
  check((await view.answered()) === before, 'another answer than with a network');
  await view.box('traffic.rate').fill('77');
  await view.root.locator('.cancel').waitFor();
  await view.finished();
  await book(page);
});

test('is registered for its own folder, and by its own page alone', async ({ page, open }) => {
  const count = () => page.evaluate(() => navigator.serviceWorker.getRegistrations().then((all) => all.map(({ scope }) => scope)));
  await book(page);
  check((await count()).length === 0, 'an embedded planner registered a service worker');
  await (await open()).finished();
  await kept(page);
  check((await count()).join() === home, `registered for ${await count()}`);
});

test('keeps what one build made under one name', async ({ page, open }) => {
  await open();
  await kept(page);
  const names = await page.evaluate(() => caches.keys());
  check(names.length === 1 && names[0].startsWith(`poolwise ${home} `), `caches ${names}`);
});

await performAll();
