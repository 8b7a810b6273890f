// Lines over a chart: a limit across it, a place on its x axis, a numbered mark in time.
import type uPlot from 'uplot';
import type { Paint } from '../theme.js';

export type Note =
  | { kind: 'limit'; y: number; text: string }
  | { kind: 'place'; x: number; text: string; chosen: boolean }
  | { kind: 'mark'; from: number; until: number; text: string };

type Colour = (name: Paint) => string;

export function annotate(plot: uPlot, notes: Note[], colour: Colour): void {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.lineWidth = devicePixelRatio;
  let taken = -Infinity;
  for (const note of notes) {
    if (note.kind === 'limit') limit(plot, note, colour);
    else if (note.kind === 'place') place(plot, note, colour);
    else taken = mark(plot, note, colour, taken);
  }
  ctx.restore();
}

function limit(plot: uPlot, note: Note & { kind: 'limit' }, colour: Colour) {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(note.y, 'y', true);
  if (!(y >= bbox.top && y <= bbox.top + bbox.height)) return;
  stroke(ctx, [bbox.left, y, bbox.left + bbox.width, y], colour('bad'), [2, 3]);
  ctx.textAlign = 'right';
  text(ctx, note.text, bbox.left + bbox.width - 4, y - 5 * devicePixelRatio, colour('bad'), colour('surface'));
}

function place(plot: uPlot, note: Note & { kind: 'place' }, colour: Colour) {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(note.x, 'x', true);
  if (!(x >= bbox.left && x <= bbox.left + bbox.width)) return;
  const ink = colour(note.chosen ? 'accent' : 'soft');
  stroke(ctx, [x, bbox.top, x, bbox.top + bbox.height], ink, note.chosen ? [] : [6, 4]);
  ctx.textAlign = x > bbox.left + bbox.width / 2 ? 'right' : 'left';
  const aside = (note.chosen ? 0 : 4) * devicePixelRatio * (ctx.textAlign === 'left' ? 1 : -1);
  text(ctx, note.text, x + aside, bbox.top + (note.chosen ? -6 : 14) * devicePixelRatio, ink, colour('surface'));
}

/** Draws its number only right of `taken`, where the numbers so far end; says where they end now. */
function mark(plot: uPlot, note: Note & { kind: 'mark' }, colour: Colour, taken: number): number {
  const { ctx, bbox } = plot;
  const [from, until] = [plot.valToPos(note.from, 'x', true), plot.valToPos(note.until, 'x', true)];
  ctx.globalAlpha = 0.12;
  ctx.fillStyle = colour('ink');
  ctx.fillRect(from, bbox.top, Math.max(0, until - from), bbox.height);
  ctx.globalAlpha = 1;
  stroke(ctx, [from, bbox.top, from, bbox.top + bbox.height], colour('ink'), [3, 3]);
  const half = ctx.measureText(note.text).width / 2;
  if (from - half < taken) return taken;
  ctx.textAlign = 'center';
  text(ctx, note.text, from, bbox.top - 5 * devicePixelRatio, colour('ink'), colour('surface'));
  return from + half + 4 * devicePixelRatio;
}

function stroke(ctx: CanvasRenderingContext2D, [x0, y0, x1, y1]: [number, number, number, number], ink: string, dash: number[]) {
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.strokeStyle = ink;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function text(ctx: CanvasRenderingContext2D, words: string, x: number, y: number, ink: string, behind: string) {
  ctx.setLineDash([]);
  ctx.lineJoin = 'round';
  ctx.strokeStyle = behind;
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeText(words, x, y);
  ctx.lineWidth = devicePixelRatio;
  ctx.fillStyle = ink;
  ctx.fillText(words, x, y);
}
