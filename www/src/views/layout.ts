// Where things stand in the picture of a pool: a queue that winds from its head back to the left, a grid of places for connections.

export interface Layout {
  width: number;
  height: number;
  /** Distance from one waiting request to the next, and how many are shown. */
  pitch: number;
  room: number;
  rows: number;
  /** Where the head of the queue stands. */
  headX: number;
  top: number;
  /** Side of a place for a connection, how many stand in a row, and how many are shown. */
  side: number;
  across: number;
  places: number;
  left: number;
}

const TOP = 14;
// Room below, through which those fall who gave up.
const FALL = 44;
const [SMALLEST, LARGEST] = [6, 16];

export function layout(width: number, height: number, waiting: number, size: number): Layout {
  const tall = height - TOP - FALL;
  const headX = width * 0.5;
  const capacity = (pitch: number) => Math.floor((headX - 24) / pitch) * Math.floor(tall / pitch);
  let pitch = LARGEST;
  while (pitch > SMALLEST && capacity(pitch) < waiting) pitch -= 1;
  const left = width * 0.58;
  const wide = width * 0.32;
  const fits = (side: number) => Math.floor(wide / side) * Math.floor(tall / side);
  let side = 28;
  while (side > 7 && fits(side) < size) side -= 1;
  return {
    width, height, pitch, headX, top: TOP, left, side,
    rows: Math.max(1, Math.floor(tall / pitch)),
    room: Math.max(0, capacity(pitch)),
    across: Math.max(1, Math.floor(wide / side)),
    places: fits(side),
  };
}

/** Where the one stands who has so many before it; between two places while the queue moves up. It winds, so that steps are short. */
export const queueX = ({ headX, pitch, rows }: Layout, before: number): number => {
  const near = Math.floor(before);
  const column = Math.floor(near / rows);
  const next = Math.floor((near + 1) / rows);
  return headX - pitch * (column + 0.5 + (next - column) * (before - near));
};

export const queueY = ({ top, pitch, rows }: Layout, before: number): number => {
  const near = Math.floor(before);
  const y = rowOf(near, rows) + (rowOf(near + 1, rows) - rowOf(near, rows)) * (before - near);
  return top + pitch * (y + 0.5);
};

function rowOf(n: number, rows: number): number {
  const row = n % rows;
  return Math.floor(n / rows) % 2 === 0 ? row : rows - 1 - row;
}

/** The middle of a place for a connection. */
export const slotX = ({ left, side, across }: Layout, n: number): number => left + side * ((n % across) + 0.5);
export const slotY = ({ top, side, across }: Layout, n: number): number => top + side * (Math.floor(n / across) + 0.5);
