// Lines over a chart: a limit across it, a place or the safe sizes on its x axis, marks in time.
import type uPlot from 'uplot';
import type { Paint } from '../theme.js';

export type Note =
  | { kind: 'limit'; y: number; text: string; colour?: Paint }
  | { kind: 'place'; x: number; text: string; chosen: boolean }
  | { kind: 'safe'; from: number; until: number }
  | { kind: 'mark'; from: number; until: number; text: string }
  | { kind: 'alert'; at: number; text: string };

type Colour = (name: Paint) => string;
/** A sign, and where it stands on the canvas. */
interface Caption {
  x: number;
  words: string;
}
type Of<K extends Note['kind']> = Note & { kind: K };

export function annotate(plot: uPlot, notes: Note[], colour: Colour): void {
  if (notes.length === 0) return;
  const { ctx } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.lineWidth = devicePixelRatio;
  const captions: Record<'mark' | 'alert', Caption[]> = { mark: [], alert: [] };
  for (const note of notes) {
    if (note.kind === 'limit') limit(plot, note, colour);
    else if (note.kind === 'place') place(plot, note, colour);
    else if (note.kind === 'safe') safe(plot, note, colour);
    else if (note.kind === 'mark') captions.mark.push(...mark(plot, note, colour));
    else captions.alert.push(...alert(plot, note, colour));
  }
  write(plot, captions.mark, -5, colour('ink'), colour('surface'));
  write(plot, captions.alert, plot.bbox.height / devicePixelRatio - 11, colour('bad'), colour('surface'));
  ctx.restore();
}

function limit(plot: uPlot, note: Of<'limit'>, colour: Colour) {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(note.y, 'y', true);
  if (!(y >= bbox.top && y <= bbox.top + bbox.height)) return;
  const ink = colour(note.colour ?? 'bad');
  stroke(ctx, [bbox.left, y, bbox.left + bbox.width, y], ink, [2, 3]);
  ctx.textAlign = 'right';
  text(ctx, note.text, bbox.left + bbox.width - 4, y - 5 * devicePixelRatio, ink, colour('surface'));
}

function place(plot: uPlot, note: Of<'place'>, colour: Colour) {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(note.x, 'x', true);
  if (!(x >= bbox.left)) return;
  const ink = colour(note.chosen ? 'accent' : 'soft');
  if (x > bbox.left + bbox.width) {
    ctx.textAlign = 'right';
    return text(ctx, `${note.text} →`, bbox.left + bbox.width - 4 * devicePixelRatio, bbox.top + 14 * devicePixelRatio, ink, colour('surface'));
  }
  stroke(ctx, [x, bbox.top, x, bbox.top + bbox.height], ink, note.chosen ? [] : [6, 4]);
  ctx.textAlign = x > bbox.left + bbox.width / 2 ? 'right' : 'left';
  const aside = (note.chosen ? 0 : 4) * devicePixelRatio * (ctx.textAlign === 'left' ? 1 : -1);
  text(ctx, note.text, x + aside, bbox.top + (note.chosen ? -6 : 14) * devicePixelRatio, ink, colour('surface'));
}

/** Under the lines: from half a size below the first to half a size above the last. */
function safe(plot: uPlot, note: Of<'safe'>, colour: Colour) {
  const { ctx, bbox } = plot;
  const within = (x: number) => Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
  const from = within(plot.valToPos(note.from - 0.5, 'x', true));
  const until = within(note.until === Infinity ? Infinity : plot.valToPos(note.until + 0.5, 'x', true));
  if (until <= from) return;
  ctx.fillStyle = colour('safe');
  ctx.fillRect(from, bbox.top, until - from, bbox.height);
  ctx.fillStyle = colour('good');
  ctx.fillRect(from, bbox.top + bbox.height - 3 * devicePixelRatio, until - from, 3 * devicePixelRatio);
  ctx.textAlign = 'left';
  if (until - from > 60 * devicePixelRatio) text(ctx, 'safe', from + 5 * devicePixelRatio, bbox.top + bbox.height - 8 * devicePixelRatio, colour('good'), colour('surface'));
}

/** What is done: a dashed line with its letter on top. */
function mark(plot: uPlot, note: Of<'mark'>, colour: Colour): Caption[] {
  const { ctx, bbox } = plot;
  const [from, until] = [plot.valToPos(note.from, 'x', true), plot.valToPos(note.until, 'x', true)];
  if (!(from >= bbox.left && from <= bbox.left + bbox.width)) return [];
  ctx.globalAlpha = 0.12;
  ctx.fillStyle = colour('ink');
  ctx.fillRect(from, bbox.top, Math.max(0, until - from), bbox.height);
  ctx.globalAlpha = 1;
  stroke(ctx, [from, bbox.top, from, bbox.top + bbox.height], colour('ink'), [3, 3]);
  return note.text ? [{ x: from, words: note.text }] : [];
}

/** An alert: a dotted line in another colour, with a triangle at its foot. */
function alert(plot: uPlot, note: Of<'alert'>, colour: Colour): Caption[] {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(note.at, 'x', true);
  if (!(x >= bbox.left && x <= bbox.left + bbox.width)) return [];
  const [foot, size] = [bbox.top + bbox.height, 5 * devicePixelRatio];
  stroke(ctx, [x, bbox.top, x, foot], colour('bad'), [1, 3]);
  ctx.fillStyle = colour('bad');
  ctx.beginPath();
  ctx.moveTo(x - size, foot);
  ctx.lineTo(x + size, foot);
  ctx.lineTo(x, foot - size * 1.6);
  ctx.fill();
  return [{ x, words: note.text }];
}

/** Captions of one kind: those that would overlap are written as one, from the first to the last, in their middle. */
function write({ ctx, bbox }: uPlot, captions: Caption[], down: number, ink: string, behind: string) {
  const half = (words: string) => ctx.measureText(words).width / 2 + 2 * devicePixelRatio;
  const written: (Caption & { first: Caption })[] = [];
  for (const each of captions.sort((a, b) => a.x - b.x)) {
    const { x, words } = each;
    const last = written.at(-1);
    if (!last || last.x + half(last.words) <= x - half(words)) written.push({ x, words, first: each });
    else [last.x, last.words] = [(last.first.x + x) / 2, `${last.first.words}–${words}`];
  }
  ctx.textAlign = 'center';
  for (const { x, words } of written) text(ctx, words, x, bbox.top + down * devicePixelRatio, ink, behind);
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
