// Drawing in turns: one chart per frame, so that no frame is long. A chart that is asked for again keeps its turn.
// A page that is printed is printed as it stands: then everything is drawn at once.
let printing = false;
export const isPrinting = (): boolean => printing;

export function onPrint(): void {
  printing = true;
  for (const [who, draw] of [...waiting]) {
    waiting.delete(who);
    draw();
  }
}
globalThis.addEventListener?.('beforeprint', onPrint);
globalThis.addEventListener?.('afterprint', () => (printing = false));

const waiting = new Map<object, () => void>();
let frame = 0;

export function inTurn(who: object, draw: () => void): void {
  if (printing) return draw();
  waiting.set(who, draw);
  if (frame === 0) frame = requestAnimationFrame(next);
}

export function forget(who: object): void {
  waiting.delete(who);
}

function next(): void {
  frame = 0;
  const [first] = waiting;
  if (!first) return;
  const [who, draw] = first;
  waiting.delete(who);
  if (waiting.size > 0) frame = requestAnimationFrame(next);
  draw();
}
