// Real pools as presets: which one a pool is, and what holds of it where the scenario writes nothing.
import { presets as door } from '../../pkg/poolwise.js';
import type { Preset, Scenario, Setting } from '../../pkg/poolwise.js';
import { read, remove } from './scenario.js';

let all: Preset[] | undefined;
export const presets = (): Preset[] => (all ??= door());

const PLACE = /^(pool(?:\[\d+\])?)\.([^.[]+)$/;

/** The preset of the pool that stands at a path such as "pool" or "pool[1]". */
export const presetOf = (scenario: Scenario, pool: string): Preset | undefined => {
  const name = read(scenario, `${pool}.preset`);
  return name === undefined ? undefined : presets().find((preset) => preset.name === name);
};

/** What the preset of a pool says of one of its keys. */
export function shipped(scenario: Scenario, path: string): Setting | undefined {
  const [, pool, key] = PLACE.exec(path) ?? [];
  if (pool === undefined || key === undefined) return undefined;
  return presetOf(scenario, pool)?.settings.find((setting) => setting.key === key);
}

/** The scenario without what is written over the preset's own values. */
export const asShipped = (scenario: Scenario, pool: string): Scenario =>
  (presetOf(scenario, pool)?.settings ?? []).reduce((rest, { key }) => remove(rest, `${pool}.${key}`), scenario);
