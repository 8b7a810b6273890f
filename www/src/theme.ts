// The colours that a canvas needs, read from the style of the element it stands in.
export type Paint =
  | 'ink' | 'soft' | 'grid' | 'surface' | 'accent' | 'low' | 'mid' | 'high' | 'low-band' | 'mid-band' | 'high-band' | 'bad' | 'none';

export const paint = (element: Element, name: Paint): string =>
  name === 'none' ? 'transparent' : getComputedStyle(element).getPropertyValue(`--${name}`).trim();
