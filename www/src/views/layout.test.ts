import { describe, expect, it } from 'vitest';
import { layout, queueX, queueY, slotX, slotY } from './layout.js';

describe('the picture of a pool', () => {
  const made = layout(800, 240, 1000, 50);

  it('has room for a thousand who wait', () => expect(made.room).toBeGreaterThanOrEqual(1000));
  it('is larger for fewer', () => expect(layout(800, 240, 10, 50).pitch).toBeGreaterThan(made.pitch));
  it('keeps all within its bounds', () => {
    for (const { room, places, width, height, ...rest } of [made, layout(300, 240, 5000, 4000)]) {
      const all = { room, places, width, height, ...rest };
      expect(queueX(all, room - 1)).toBeGreaterThan(0);
      expect(queueY(all, room - 1)).toBeLessThan(height);
      expect(slotX(all, places - 1)).toBeLessThan(width);
      expect(slotY(all, places - 1)).toBeLessThan(height);
    }
  });
  it('lets the queue move up in short steps, round its corners too', () => {
    for (let before = 0; before < made.room - 1; before += 0.5) {
      const moved = Math.hypot(queueX(made, before + 0.5) - queueX(made, before), queueY(made, before + 0.5) - queueY(made, before));
      expect(moved).toBeCloseTo(made.pitch / 2);
    }
  });
  it('shows every connection of a pool of usual size', () => expect(made.places).toBeGreaterThanOrEqual(50));
});
