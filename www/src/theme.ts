// The colours that a canvas needs, resolved where it stands, and word of when they change.
export type Paint =
  | 'ink' | 'soft' | 'grid' | 'surface' | 'accent' | 'low' | 'mid' | 'high' | 'low-band' | 'mid-band' | 'high-band' | 'bad' | 'good' | 'safe' | 'none';

export function paint(element: HTMLElement, name: Paint): string {
  if (name === 'none') return 'transparent';
  // Only a real property resolves light-dark().
  element.style.outlineColor = `var(--${name})`;
  const resolved = getComputedStyle(element).outlineColor;
  element.style.outlineColor = '';
  return resolved;
}

/** Call back when the ink changes: the reader's system turns dark, or the page's own theme. Returns how to stop. */
export function onThemeChange(element: HTMLElement, changed: () => void): () => void {
  let ink = paint(element, 'ink');
  const look = () => {
    const now = paint(element, 'ink');
    if (now !== ink) changed();
    ink = now;
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  const page = new MutationObserver(look);
  system.addEventListener('change', look);
  page.observe(document.documentElement, { attributes: true });
  return () => {
    system.removeEventListener('change', look);
    page.disconnect();
  };
}
