// What the planner tells the page around it.
import type { Recommendation, Report, Scenario } from '../../pkg/poolwise.js';
import type { Session } from '../state/session.js';

export interface PlannerDetail {
  scenario: Scenario;
  recommendation: Recommendation | null;
  report: Report | null;
}
export type PlannerEvent = CustomEvent<PlannerDetail>;

export const detail = ({ scenario, recommendation, report }: Session): PlannerDetail => ({ scenario, recommendation, report });

/** Through every shadow root up to the page. */
const event = (type: string, session: Session): PlannerEvent =>
  new CustomEvent(type, { detail: detail(session), bubbles: true, composed: true });

/** Tells each change, and each answer once, however often it is looked at. */
export class Teller {
  private answered = false;

  constructor(private readonly target: EventTarget) {}

  change(session: Session): void {
    this.target.dispatchEvent(event('planner-change', session));
  }

  look(session: Session): void {
    const before = this.answered;
    this.answered = session.together.state === 'finished';
    if (this.answered && !before) this.target.dispatchEvent(event('planner-answer', session));
  }
}

declare global {
  interface HTMLElementEventMap {
    'planner-change': PlannerEvent;
    'planner-answer': PlannerEvent;
  }
}
