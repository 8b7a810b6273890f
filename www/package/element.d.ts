import type { Recommendation, Report, Scenario } from './poolwise.js';

/** `<pool-planner>`: the planner. It starts when it comes into sight. */
export declare class PoolPlanner extends HTMLElement {
  /** The bundled scenario to begin with. */
  example: string;
  /** Fewer tools, the inputs behind one line. */
  compact: boolean;
  /** Keep the scenario in the page's address. */
  linked: boolean;
  /** `light` or `dark`; else that of the page. */
  theme: string | null;
  /** The address of the planner's own page, which links lead to. */
  home: string;
  get scenario(): Scenario | null;
  /** An object, its JSON, or the `v1.…` of a link. */
  set scenario(given: Scenario | string | null);
  /** The run as configured; null until there is one. */
  get report(): Report | null;
  /** The search for a size; null until there is one. */
  get recommendation(): Recommendation | null;
}

export interface PlannerDetail {
  scenario: Scenario;
  recommendation: Recommendation | null;
  report: Report | null;
}
export type PlannerEvent = CustomEvent<PlannerDetail>;

declare global {
  interface HTMLElementTagNameMap {
    'pool-planner': PoolPlanner;
  }
  interface HTMLElementEventMap {
    /** Somebody edited the scenario. */
    'planner-change': PlannerEvent;
    /** The simulation of a scenario is finished. */
    'planner-answer': PlannerEvent;
  }
}
