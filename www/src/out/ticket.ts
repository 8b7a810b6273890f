// The answer as Markdown for a ticket: what was found, what it rests on, and what to open for more.
import { count, estimate, seconds, share } from '../format.js';
import type { Session } from '../state/session.js';
import { found, leavesOut } from '../views/answer.js';
import { PERCENTILES } from '../views/columns.js';
import { begin, deciding } from '../views/deciding.js';

export function ticket(session: Session, link: string): string {
  const { leads, report, advised, markdown } = session;
  const recommendation = found(session);
  const answer = recommendation && [`# ${recommendation.sentence}`, leavesOut(session), list(advised), table(recommendation)];
  const all = leads === 'run' ? [markdown, answer] : [answer, markdown?.replace(/^#/gm, '##')];
  const assumed = recommendation?.assumptions ?? report?.assumptions ?? [];
  return [...all.flat(), assumed.length > 0 && `## Assumed\n\n${list(assumed)}`, link && `[The scenario in the planner](${link})`]
    .filter((part) => typeof part === 'string' && part.trim() !== '')
    .map((part) => String(part).trim())
    .join('\n\n') + '\n';
}

const list = (all: string[]): string => all.map((text) => `- ${text}`).join('\n');

function table(recommendation: NonNullable<Session['recommendation']>): string {
  const held = deciding(recommendation);
  const head = ['Size', 'Objective', 'Wait p50', 'Wait p95', 'Wait p99', 'Busy', ...held.map(({ words }) => begin(words)), 'Runs'];
  const cells = recommendation.table.map((row) => [
    count(row.max_size), row.verdict, ...PERCENTILES.map((p) => estimate(row.wait[p], seconds)),
    estimate(row.utilisation, share), ...held.map(({ of, write }) => estimate(of(row), write)), count(row.replications),
  ]);
  const lines = [head, head.map((_, n) => (n === 1 ? '---' : '--:')), ...cells].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n\nSeed ${recommendation.seed}.`;
}
