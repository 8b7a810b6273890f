// What the hands of somebody at a planner ask of its history, by keys and by sliders.

/** What a key press asks for; nothing while it belongs to a text box, which has an undo of its own. */
export function asked(event: KeyboardEvent): 'undo' | 'redo' | null {
  const [target] = event.composedPath();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented || isText(target)) return null;
  const key = event.key.toLowerCase();
  if (key === 'z') return event.shiftKey ? 'redo' : 'undo';
  return key === 'y' && !event.shiftKey ? 'redo' : null;
}

export function isSlider(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLInputElement && target.type === 'range';
}

function isText(target: EventTarget | undefined): boolean {
  if (target instanceof HTMLInputElement) return !['range', 'checkbox', 'radio', 'button', 'file'].includes(target.type);
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}
