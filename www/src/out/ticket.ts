// The answer as Markdown for a ticket: what was found, what it rests on, and what to open for more.
import { count, estimate, seconds, share } from '../format.js';
import type { Session } from '../state/session.js';
import { found, leavesOut } from '../views/answer.js';

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

function table({ table: rows, seed }: NonNullable<Session['recommendation']>): string {
  const head = ['Size', 'Objective', 'Wait p50', 'Wait p95', 'Wait p99', 'Busy', 'Timed out', 'Runs'];
  const cells = rows.map(({ max_size, verdict, wait, utilisation, timed_out_share, replications }) => [
    count(max_size), verdict, estimate(wait.p50, seconds), estimate(wait.p95, seconds), estimate(wait.p99, seconds),
    estimate(utilisation, share), estimate(timed_out_share, share), count(replications),
  ]);
  const lines = [head, head.map((_, n) => (n === 1 ? '---' : '--:')), ...cells].map((row) => `| ${row.join(' | ')} |`);
  return `${lines.join('\n')}\n\nSeed ${seed}.`;
}
