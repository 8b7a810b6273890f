// A scenario as TOML, as the command line takes it. Loaded only when it is asked for.
import { stringify } from 'smol-toml';
import type { Scenario } from '../../pkg/poolwise.js';

export const toml = (scenario: Scenario): string => stringify(present(scenario) as Record<string, unknown>);

/** TOML has no null: a key without a value is no key. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => one !== null && one !== undefined).map(present);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return Object.fromEntries(kept.map(([key, one]) => [key, present(one)]));
}
