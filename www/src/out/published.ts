// Holds the element to the types that the npm package publishes for it. Nothing of this reaches the page.
import type { PoolPlanner as Published } from '../../package/element.js';
import type { PoolPlanner } from '../element.js';

type Said = Omit<Published, keyof HTMLElement>;
export const held = (element: PoolPlanner): Said => element;
