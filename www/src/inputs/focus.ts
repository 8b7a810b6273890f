// Where the keyboard is, and keeping it there: elements that a list moves lose it.
/** The element that has the focus within the same document or shadow tree. */
export function focused(element: Element): Element | null {
  const root = element.getRootNode();
  return root instanceof Document || root instanceof ShadowRoot ? root.activeElement : null;
}

export const isFocused = (element: Element): boolean => element.contains(focused(element));

/** Call before a change of the tree; what it gives back is called after it. */
export function keepFocus(element: Element): () => void {
  const had = focused(element);
  return () => {
    if (had instanceof HTMLElement && had.isConnected && element.contains(had) && focused(element) !== had) had.focus();
  };
}

/** Go to an element that is not there yet: it comes with the update that an edit has asked for. */
export function goTo(host: Element, selector: string): void {
  setTimeout(() => host.querySelector<HTMLElement>(selector)?.focus());
}
