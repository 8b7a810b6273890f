// The parts of the planner that the style of an embedding page can reach, as `pool-planner::part(answer)`.
const PARTS: Record<string, string> = {
  answer: '.answer',
  inputs: '.inputs',
  results: '.results',
  card: '.card',
  tools: '.tools',
  sentence: '.sentence',
  chart: 'pool-chart',
  table: 'table',
  notice: '.notice',
};

/** After each rendering: what came new gets its name, so that no template has to know of it. */
export function nameParts(root: ParentNode): void {
  for (const [name, selector] of Object.entries(PARTS)) {
    for (const element of root.querySelectorAll(selector)) element.part.add(name);
  }
}
