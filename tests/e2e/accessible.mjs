// What axe-core finds in a page.
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Violations as rule, place and reason; of some rules alone where these are named. */
export async function violations(page, rules) {
  await page.evaluate(AXE);
  return page.evaluate(async (runOnly) => {
    const found = await globalThis.axe.run(document, { resultTypes: ['violations'], ...(runOnly && { runOnly }) });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.flat().join(' ')}: ${failureSummary.split('\n').slice(1).join(';')}`));
  }, rules);
}
