// Draws one moment of a film. What moves is derived from the counts of the last moments, so it can be played, scrubbed and read
// backwards; nothing is remembered from frame to frame.
import type { Film } from '../../pkg/poolwise.js';
import { placeOf } from './columns.js';
import { blank, frame, still, step } from './film.js';
import { type Layout, queueX, queueY, slotX, slotY } from './layout.js';

export const INKS = ['low', 'mid', 'high', 'soft'] as const;
export type Inks = Record<(typeof INKS)[number], string>;

const FULL = Math.PI * 2;
// So many changes are looked at for one frame, and so many requests are drawn on each way.
const LOOKED_AT = 1200;
const MOVING = 200;

const now = blank();
const change = still();
/** How many have been drawn on each way, and how far the queue has still to move up. */
const drawn = { joined: 0, direct: 0, granted: 0, served: 0, timed_out: 0, behind: 0 };
const WAYS = ['served', 'granted', 'direct', 'joined', 'timed_out'] as const;
type Way = (typeof WAYS)[number];
const COLOURS = { served: 'low', granted: 'low', direct: 'low', joined: 'mid', timed_out: 'high' } as const;

/** `flight` is how long a request is on its way in the picture, in seconds of the run; 0 where nothing should move. */
export function paintPool(ctx: CanvasRenderingContext2D, at: Layout, film: Film, t: number, flight: number, inks: Inks): void {
  frame(film, t, now);
  ctx.clearRect(0, 0, at.width, at.height);
  paintPlaces(ctx, at, inks);
  drawn.joined = drawn.direct = drawn.granted = drawn.served = drawn.timed_out = drawn.behind = 0;
  if (flight > 0) {
    for (const way of WAYS) paintMoving(ctx, at, film, t, flight, way, inks[COLOURS[way]]);
  }
  paintQueue(ctx, at, inks);
}

/** Who waits and does not just come. */
function paintQueue(ctx: CanvasRenderingContext2D, at: Layout, inks: Inks): void {
  const waiting = Math.min(Math.max(now.pending - drawn.joined, 0), at.room);
  const radius = at.pitch * 0.36;
  ctx.fillStyle = inks.mid;
  ctx.beginPath();
  for (let n = 0; n < waiting; n++) dot(ctx, queueX(at, n + drawn.behind), queueY(at, n + drawn.behind), radius);
  ctx.fill();
}

/** Connections by state: filled, hollow, dashed, crossed; a point where there is room for one more. */
function paintPlaces(ctx: CanvasRenderingContext2D, at: Layout, inks: Inks): void {
  const { leaked, active, opening, idle, total, size } = now;
  const used = active - leaked;
  const end = Math.min(at.places, Math.max(size, total));
  const inset = at.side * 0.14;
  const side = at.side - 2 * inset;
  ctx.lineWidth = 1.5;
  ctx.fillStyle = inks.low;
  for (let n = leaked; n < Math.min(leaked + used, end); n++) ctx.fillRect(slotX(at, n) - side / 2, slotY(at, n) - side / 2, side, side);
  outline(ctx, at, leaked + used, Math.min(leaked + used + idle, end), side, inks.soft, false);
  ctx.setLineDash(DASH);
  outline(ctx, at, leaked + used + idle, Math.min(leaked + used + idle + opening, end), side, inks.mid, false);
  ctx.setLineDash(SOLID);
  outline(ctx, at, 0, Math.min(leaked, end), side, inks.high, true);
  ctx.fillStyle = inks.soft;
  for (let n = leaked + used + idle + opening; n < end; n++) ctx.fillRect(slotX(at, n) - 1, slotY(at, n) - 1, 2, 2);
}
const [DASH, SOLID] = [[3, 2], [] as number[]];

function outline(ctx: CanvasRenderingContext2D, at: Layout, from: number, until: number, side: number, ink: string, crossed: boolean): void {
  ctx.strokeStyle = ink;
  ctx.beginPath();
  for (let n = from; n < until; n++) {
    const [x, y] = [slotX(at, n) - side / 2, slotY(at, n) - side / 2];
    ctx.rect(x, y, side, side);
    if (crossed) cross(ctx, x, y, side);
  }
  ctx.stroke();
}

function cross(ctx: CanvasRenderingContext2D, x: number, y: number, side: number): void {
  ctx.moveTo(x, y);
  ctx.lineTo(x + side, y + side);
  ctx.moveTo(x + side, y);
  ctx.lineTo(x, y + side);
}

/** All who are on one way: of many changes some are looked at, evenly, and the same ones in the next frame. */
function paintMoving(ctx: CanvasRenderingContext2D, at: Layout, film: Film, t: number, flight: number, way: Way, ink: string): void {
  const first = Math.max(placeOf(film.t, t - flight) + 1, 1);
  const stride = Math.max(1, Math.ceil((now.place - first + 1) / LOOKED_AT));
  ctx.fillStyle = ctx.strokeStyle = ink;
  ctx.beginPath();
  for (let place = Math.ceil(first / stride) * stride; place <= now.place; place += stride) {
    const many = step(film, place, change)[way];
    const part = (t - (film.t[place] ?? t)) / flight;
    if (way === 'granted' || way === 'timed_out') drawn.behind += many * Math.max(0, 1 - 3 * part);
    for (let n = 0; n < many && drawn[way] < MOVING; n++) {
      paintOne(ctx, at, way, film.pending[place] ?? 0, place + n, 1 - (1 - part) ** 2);
      drawn[way] += 1;
    }
  }
  if (way === 'timed_out') ctx.stroke();
  else ctx.fill();
  drawn.behind = Math.min(drawn.behind, at.rows * 2);
}

/** One request so far on its way; `which` tells it from others, so that not all go through the same places. */
function paintOne(ctx: CanvasRenderingContext2D, at: Layout, way: Way, waiting: number, which: number, part: number): void {
  const radius = at.pitch * 0.36;
  const slot = which % Math.max(1, Math.min(now.active, at.places));
  const [slotAtX, slotAtY] = [slotX(at, slot), slotY(at, slot)];
  const middle = at.top + (at.rows * at.pitch) / 2;
  if (way === 'timed_out') {
    const x = queueX(at, 0) - ((which * 37) % 60);
    cross(ctx, x - radius, between(queueY(at, 0), at.height + 8, part * part) - radius, radius * 2);
  } else if (way === 'joined') {
    const tail = Math.max(0, Math.min(waiting, now.pending, at.room) - 1);
    dot(ctx, between(-8, queueX(at, tail), part), between(middle, queueY(at, tail), part), radius);
  } else if (way === 'served') {
    dot(ctx, between(slotAtX, at.width + 8, part), between(slotAtY, middle, part), radius);
  } else {
    const [fromX, fromY] = way === 'granted' ? [queueX(at, 0), queueY(at, 0)] : [-8, middle];
    dot(ctx, between(fromX, slotAtX, part), between(fromY, slotAtY, part), radius);
  }
}

const between = (from: number, to: number, part: number): number => from + (to - from) * part;

function dot(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.moveTo(x + radius, y);
  ctx.arc(x, y, radius, 0, FULL);
}
