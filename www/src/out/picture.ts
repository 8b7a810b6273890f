// A chart as a picture with its title and legend, in the colours that it has on the page.
import { paint } from '../theme.js';
import type { PoolChart } from '../views/chart.js';
import { svg } from './svg.js';

const TITLE = 30;
const LEGEND = 28;

export const svgOf = (chart: PoolChart): string => svg(chart, (name) => paint(chart, name));

/** What is on its canvas, with a title above and a legend below. */
export async function png(chart: PoolChart): Promise<Blob> {
  const drawn = chart.querySelector('canvas');
  if (!drawn) throw new Error('the chart is not drawn');
  const scale = drawn.width / (drawn.clientWidth || drawn.width);
  const canvas = document.createElement('canvas');
  canvas.width = drawn.width;
  canvas.height = drawn.height + (TITLE + LEGEND) * scale;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser gives no canvas');
  context.fillStyle = paint(chart, 'surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawn, 0, TITLE * scale);
  context.scale(scale, scale);
  context.fillStyle = paint(chart, 'ink');
  context.font = '600 14px system-ui, sans-serif';
  context.fillText(chart.spec.label, 12, 20);
  legend(context, chart, TITLE + drawn.height / scale + 16);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('this browser makes no PNG')))));
}

function legend(context: CanvasRenderingContext2D, chart: PoolChart, y: number): void {
  context.font = '12px system-ui, sans-serif';
  context.lineWidth = 3;
  let x = 12;
  for (const { label, colour, dash } of chart.spec.lines) {
    if (!label) continue;
    context.strokeStyle = paint(chart, colour);
    context.setLineDash(dash ? [4, 3] : []);
    context.beginPath();
    context.moveTo(x, y - 4);
    context.lineTo(x + 18, y - 4);
    context.stroke();
    context.fillStyle = paint(chart, 'soft');
    context.fillText(label, x + 24, y);
    x += 40 + context.measureText(label).width;
  }
}
