// The book's pages: in each of mdBook's themes, on a phone, by key, on paper; and nothing that axe-core finds.
import { violations } from './accessible.mjs';
import { check, home, performAll, planner, test } from './harness.mjs';

const PHONE = { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' };
const THEMES = ['light', 'rust', 'coal', 'navy', 'ayu'];
/** Pages with each kind of thing: a planner and its table, listings in several languages, wide tables, terms with addresses. */
const PAGES = ['learn/little', 'how-to/embed', 'runbooks/metrics', 'reference/formulas'];
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Planners have tests of their own: here they take up their room, and simulate nothing. */
const still = (page) => page.route('**/pool-planner.js', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
const width = (page) => page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]);
const addressOf = (name) => `${home}book/${name}.html`;
const themed = (page, theme) => page.addInitScript((name) => localStorage.setItem('mdbook-theme', name), theme);

for (const theme of THEMES) {
  test(`axe-core finds nothing in ${theme}`, async ({ page }) => {
    await still(page);
    await themed(page, theme);
    for (const name of theme === 'light' ? PAGES : PAGES.slice(0, 2)) {
      await page.goto(addressOf(name));
      check((await page.locator('html').getAttribute('class')).includes(theme), `${theme} is not the theme`);
      const found = await violations(page, theme === 'light' ? undefined : COLOURS);
      check(found.length === 0, `${name}\n      ${found.join('\n      ')}`);
    }
  }, PHONE);
}

test('nothing in any page is wider than a phone', async ({ page }) => {
  await still(page);
  // All pages in one. It would ask for a printer.
  await page.addInitScript(() => (window.print = () => {}));
  await page.goto(addressOf('print'));
  const [inside, seen] = await width(page);
  check((await page.locator('main h1').count()) > 40, 'these are not all pages');
  const wide = await page.locator('main *').evaluateAll((all) => all
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.table-wrapper, pre'))
    .map((one) => `${one.tagName}: ${one.textContent.slice(0, 60)}`));
  check(inside <= seen && wide.length === 0, `${inside} in ${seen}: ${wide.slice(0, 5).join(' | ')}`);
}, PHONE);

test('the contents open by key', async ({ page }) => {
  await still(page);
  await page.goto(addressOf('learn/little'));
  const button = page.getByRole('button', { name: 'Toggle Table of Contents' });
  check((await button.getAttribute('aria-expanded')) === 'false', 'the contents are open on a phone');
  await button.press('Enter');
  await page.getByRole('link', { name: 'Why waiting explodes near saturation' }).first().waitFor();
  check((await button.getAttribute('aria-expanded')) === 'true', 'the button does not say that they are open');
  await button.press('Enter');
  check((await button.getAttribute('aria-expanded')) === 'false', 'they do not close');
}, PHONE);

test('keys within a planner are the planner\'s', async ({ page }) => {
  await page.goto(addressOf('learn/little'));
  const view = planner(page);
  await view.root.scrollIntoViewIfNeeded();
  const summary = view.root.locator('.inputs summary').first();
  await summary.press('s');
  check(!(await page.locator('#mdbook-search-wrapper').isVisible()), 'an s opened the search');
  await summary.press('ArrowLeft');
  await page.waitForTimeout(500);
  check(page.url().endsWith('little.html'), 'an arrow turned the page');
}, { reducedMotion: 'reduce' });

test('a table that scrolls is reached by key, and its rows have heads', async ({ page }) => {
  await still(page);
  await page.goto(addressOf('learn/little'));
  const wrapper = page.locator('.table-wrapper').first();
  await wrapper.focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => document.querySelector('.table-wrapper').scrollLeft > 0);
  check((await wrapper.getByRole('rowheader').count()) > 2, 'the first column is no head');
}, PHONE);

for (const theme of ['light', 'navy']) {
  test(`on paper the answers and the tables are there, dark on white, from ${theme}`, async ({ page }) => {
    await themed(page, theme);
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 720, height: 1000 });
    for (const name of ['learn/little', 'runbooks/connections-hang', 'incidents/leak']) {
      await page.goto(addressOf(name));
      const seen = await page.evaluate(() => {
        const light = (colour) => /^rgba?\((\d+), (\d+), (\d+)/.exec(colour).slice(1).reduce((sum, one) => sum + Number(one), 0) / 765;
        const shown = (element) => element.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true }) && element.getBoundingClientRect().height > 0;
        const text = [...document.querySelectorAll('main :is(p, td, th, li, pre code, pre code *)')].filter((one) => one.textContent.trim() && !one.closest('pool-planner'));
        return {
          faint: text.filter((one) => light(getComputedStyle(one).color) > 0.5).map((one) => one.textContent.slice(0, 30)),
          hidden: [...document.querySelectorAll('main details p, main table')].filter((one) => !shown(one)).length,
          wide: [...document.querySelectorAll('main table')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).length,
          tables: document.querySelectorAll('main table').length,
          planners: [...document.querySelectorAll('pool-planner')].map((one) => [one.getBoundingClientRect().height, getComputedStyle(one, '::before').content]),
        };
      });
      check(seen.faint.length === 0, `${name}: faint: ${seen.faint.slice(0, 3).join(' | ')}`);
      check(seen.tables > 0 && seen.hidden === 0, `${name}: ${seen.hidden} hidden, ${seen.tables} tables`);
      check(seen.wide === 0, `${name}: ${seen.wide} tables are wider than the paper`);
      check(seen.planners.length > 0 && seen.planners.every(([height, says]) => height < 60 && says.includes('Tables of this page')), `${name}: planners ${JSON.stringify(seen.planners)}`);
    }
  });
}

await performAll();
