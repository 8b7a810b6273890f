// What a chart shows: its axes and its lines.
import type { Write } from '../format.js';
import type { Paint } from '../theme.js';

export interface Line {
  /** A line without a label is no entry of the legend. */
  label?: string;
  colour: Paint;
  width: number;
  dash?: number[];
  /** The colour of the area under the line. */
  fill?: Paint;
  stepped?: boolean;
  points?: boolean;
  /** Lines of one group are left out together, by the entry of the one that has a label. */
  group?: string;
  /** A line of the pinned scenario. */
  ghost?: boolean;
}

export interface Spec {
  label: string;
  height: number;
  /** `at` is how a place on the axis is spoken of, `steps` are the distances that its ticks may have. */
  x: { label: string; at: string; write: Write; steps: number[]; bare?: boolean };
  y: { write: Write; floor?: number };
  lines: Line[];
  /** Pairs of lines (counted from 1) between which the area is filled. */
  bands?: { between: [number, number]; colour: Paint }[];
}
