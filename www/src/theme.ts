// The colours that a canvas needs, resolved where it stands, and word of when they change.
export type Paint =
  | 'ink' | 'soft' | 'grid' | 'surface' | 'accent' | 'low' | 'mid' | 'high' | 'low-band' | 'mid-band' | 'high-band' | 'bad' | 'good' | 'safe' | 'none';

/** The colours of one planner: to resolve one makes the browser style the page, so each is resolved once. */
class Palette {
  private readonly colours = new Map<Paint, string>();
  private readonly listeners = new Map<() => void, HTMLElement>();
  private readonly system = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  private readonly page = new MutationObserver(() => this.look());
  private readonly look = () => {
    const [element] = this.listeners.values();
    const ink = element && resolved(element, 'ink');
    if (!ink || ink === this.colours.get('ink')) return;
    this.colours.clear();
    this.colours.set('ink', ink);
    for (const changed of [...this.listeners.keys()]) changed();
  };

  colour(element: HTMLElement, name: Paint): string {
    const colour = this.colours.get(name) ?? resolved(element, name);
    this.colours.set(name, colour);
    return colour;
  }

  listen(element: HTMLElement, changed: () => void): () => void {
    this.colour(element, 'ink');
    this.listeners.set(changed, element);
    if (this.listeners.size === 1) {
      for (const query of this.system) query.addEventListener('change', this.look);
      this.page.observe(document.documentElement, { attributes: true });
      const root = element.getRootNode();
      if (root instanceof ShadowRoot) this.page.observe(root.host, { attributes: true, attributeFilter: ['theme', 'style', 'class'] });
    }
    return () => {
      if (!this.listeners.delete(changed) || this.listeners.size > 0) return;
      for (const query of this.system) query.removeEventListener('change', this.look);
      this.page.disconnect();
      this.colours.clear();
    };
  }
}

const palettes = new WeakMap<Node, Palette>();
function paletteOf(element: HTMLElement): Palette {
  const root = element.getRootNode();
  const palette = palettes.get(root) ?? new Palette();
  palettes.set(root, palette);
  return palette;
}

function resolved(element: HTMLElement, name: Paint): string {
  if (name === 'none') return 'transparent';
  // Only a real property resolves light-dark().
  element.style.outlineColor = `var(--${name})`;
  const colour = getComputedStyle(element).outlineColor;
  element.style.outlineColor = '';
  return colour;
}

export const paint = (element: HTMLElement, name: Paint): string => paletteOf(element).colour(element, name);

/** Call back when the ink changes: the reader's system turns dark, or the page's own theme. Returns how to stop. */
export const onThemeChange = (element: HTMLElement, changed: () => void): (() => void) => paletteOf(element).listen(element, changed);
