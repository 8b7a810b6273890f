// What went wrong, whatever was thrown: the library throws Problems, everything else is a failure of the page itself.
import type { Problem } from '../pkg/poolwise.js';

export function problemsIn(thrown: unknown): Problem[] | null {
  if (typeof thrown !== 'object' || thrown === null || !('problems' in thrown)) return null;
  return Array.isArray(thrown.problems) ? (thrown.problems as Problem[]) : null;
}

export function messageOf(thrown: unknown): string {
  const problems = problemsIn(thrown);
  if (problems) return problems.map((p) => p.message).join('; ');
  if (isForbidden(thrown)) return FORBIDDEN;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

const FORBIDDEN = "the Content-Security-Policy of this page does not let WebAssembly be compiled. Whoever serves it can allow that, and "
  + "nothing more, with script-src 'self' 'wasm-unsafe-eval'.";

/** Each browser has words of its own for a policy that forbids Wasm. */
function isForbidden(thrown: unknown): boolean {
  if (typeof WebAssembly === 'undefined' || !(thrown instanceof WebAssembly.CompileError || thrown instanceof EvalError)) return false;
  return /content security|csp|unsafe-eval|embedder/i.test(thrown.message);
}
