// What axe-core finds in the main states of the page, in light and dark: nothing.
import { violations } from './accessible.mjs';
import { check, performAll, planner, test } from './harness.mjs';

const example = (name) => async ({ root }) => {
  await root.locator('select').first().selectOption(name);
};
const menu = async ({ root }) => {
  await root.locator('.menu-button').click();
  await root.getByRole('menuitem').first().waitFor();
};
const STATES = {
  'an answer': (view) => view.finished(),
  'an incident, with its tables open': async (view) => {
    await example('reconnect-storm')(view);
    await view.root.locator('.run canvas').first().waitFor();
    await view.root.locator('.run .marks li').first().waitFor({ timeout: 60_000 });
    // All may be finished by now: then there is nothing to cancel.
    await view.root.evaluate(({ shadowRoot }) => {
      shadowRoot.querySelector('.cancel')?.click();
      shadowRoot.querySelectorAll('details').forEach((one) => (one.open = true));
    });
  },
  'a mistake': async (view) => {
    await view.box('hold.p95').fill('1ms');
    await view.root.locator('.error').first().waitFor();
  },
  'the menu': menu,
  'a document': async (view) => {
    await menu(view);
    await view.root.getByRole('menuitem', { name: 'Scenario as TOML' }).click();
    await view.root.locator('pool-paper textarea').waitFor();
  },
};

for (const colorScheme of ['light', 'dark']) {
  for (const [name, reach] of Object.entries(STATES)) {
    test(`${name}, in ${colorScheme}`, async ({ page, open }) => {
      await reach(await open());
      const found = await violations(page);
      check(found.length === 0, `\n      ${found.join('\n      ')}`);
    }, { colorScheme, reducedMotion: 'reduce' });
  }
}

test('a narrow, compact planner in a page of the book', async ({ page, open }) => {
  await open('book/index.html');
  const { root } = planner(page);
  await root.scrollIntoViewIfNeeded();
  await root.locator('.theory').waitFor();
  const found = (await violations(page)).filter((one) => one.includes('pool-planner'));
  check(found.length === 0, `\n      ${found.join('\n      ')}`);
}, { viewport: { width: 360, height: 740 } });

await performAll();
