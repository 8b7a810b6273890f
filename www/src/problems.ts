// What went wrong, whatever was thrown: the library throws Problems, everything else is a failure of the page itself.
import type { Problem } from '../pkg/poolwise.js';

export function problemsIn(thrown: unknown): Problem[] | null {
  if (typeof thrown !== 'object' || thrown === null || !('problems' in thrown)) return null;
  return Array.isArray(thrown.problems) ? (thrown.problems as Problem[]) : null;
}

export function messageOf(thrown: unknown): string {
  const problems = problemsIn(thrown);
  if (problems) return problems.map((p) => p.message).join('; ');
  return thrown instanceof Error ? thrown.message : String(thrown);
}
