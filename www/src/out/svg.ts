// A chart as SVG, from the same columns that the page draws: lines, areas, bands, limits, marks, axes and a legend.
import type { Note } from '../views/annotate.js';
import type { Line, Spec } from '../views/spec.js';
import type { Column } from '../views/columns.js';
import type { Paint } from '../theme.js';
import { decades, even, type Scale } from './scale.js';

export interface Drawing {
  spec: Spec;
  columns: Column[];
  notes: Note[];
}
type Colour = (name: Paint) => string;
type Point = [number, number];
interface Paper {
  x: Scale;
  y: Scale;
  colour: Colour;
}

const WIDTH = 900;
const LEFT = 70;
const RIGHT = WIDTH - 16;
const TOP = 52;

export function svg({ spec, columns, notes }: Drawing, colour: Colour): string {
  const bottom = TOP + spec.height;
  const times = known(columns[0]);
  const x = even([times[0] ?? 0, times.at(-1) ?? 1], [LEFT, RIGHT], 12, spec.x.steps);
  const paper = { x, y: upright(spec, columns, bottom), colour };
  const height = bottom + 62;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<title>${escaped(spec.label)}</title>
<rect width="100%" height="100%" fill="${colour('surface')}"/>
${words(LEFT, 22, spec.label, colour('ink'), 'font-size="15" font-weight="600"')}
${axes(spec, paper, bottom)}
${(spec.bands ?? []).map(({ between: [a, b], colour: name }) => band(columns, a, b, name, paper)).join('\n')}
${spec.lines.map((one, n) => line(one, points(columns, n + 1, paper), paper, bottom)).join('\n')}
${notes.map((note) => noted(note, paper, bottom)).join('\n')}
${legend(spec.lines, bottom + 50, colour)}
</svg>
`;
}

const known = (column: Column | undefined): number[] => (column ?? []).filter((value) => value !== null);
const round = (value: number): string => String(Number(value.toFixed(2)));
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const words = (x: number, y: number, text: string, fill: string, more = ''): string => `<text x="${round(x)}" y="${round(y)}" fill="${fill}" ${more}>${escaped(text)}</text>`;
const rule = ([x0, y0, x1, y1]: number[], stroke: string, more = ''): string =>
  `<line x1="${round(x0!)}" y1="${round(y0!)}" x2="${round(x1!)}" y2="${round(y1!)}" stroke="${stroke}" ${more}/>`;

function upright({ y: { floor } }: Spec, columns: Column[], bottom: number): Scale {
  const high = Math.max(0, ...columns.slice(1).map((column) => known(column).reduce((most, value) => Math.max(most, value), 0)));
  if (floor === undefined) return even([0, high > 0 ? high * 1.08 : 1], [bottom, TOP], 6);
  return decades([floor, Math.max(10 ** Math.ceil(Math.log10(Math.max(high, floor) * 1.01)), floor * 1000)], [bottom, TOP]);
}

function axes({ x: across, y: up }: Spec, { x, y, colour }: Paper, bottom: number): string {
  const rows = y.ticks.map((value) => rule([LEFT, y.place(value), RIGHT, y.place(value)], colour('grid'))
    + words(LEFT - 8, y.place(value) + 4, up.write(value), colour('soft'), 'text-anchor="end"'));
  const columns = x.ticks.map((value) => rule([x.place(value), TOP, x.place(value), bottom], colour('grid'))
    + words(x.place(value), bottom + 17, across.write(value), colour('soft'), 'text-anchor="middle"'));
  return [...rows, ...columns, words(RIGHT, bottom + 34, across.label, colour('soft'), 'text-anchor="end"')].join('\n');
}

function points(columns: Column[], n: number, { x, y }: Paper): Point[] {
  return (columns[0] ?? []).flatMap((at, row): Point[] => {
    const value = columns[n]?.[row];
    return at === null || value === null || value === undefined ? [] : [[x.place(at), y.place(value)]];
  });
}

const path = (all: Point[]): string => all.map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
/** Each value holds until the next. */
const stepped = (all: Point[]): Point[] => all.flatMap(([x, y], n): Point[] => (n === 0 ? [[x, y]] : [[x, all[n - 1]![1]], [x, y]]));

function line({ label, colour: name, width, dash, fill, stepped: steps, points: dots }: Line, all: Point[], { colour }: Paper, bottom: number): string {
  const [first, last] = [all[0], all.at(-1)];
  if (!first || !last || width === 0) return '';
  const drawn = steps ? stepped(all) : all;
  const area = fill ? `<path d="${path([[first[0], bottom], ...drawn, [last[0], bottom]])}Z" fill="${colour(fill)}"/>` : '';
  const dotted = dots ? all.map(([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="3" fill="${colour(name)}"/>`).join('') : '';
  const dashes = dash ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  return `<g${label ? ` aria-label="${escaped(label)}"` : ''}>${area}<path d="${path(drawn)}" fill="none" stroke="${colour(name)}" stroke-width="${width}"${dashes}/>${dotted}</g>`;
}

function band(columns: Column[], upper: number, lower: number, name: Paint, paper: Paper): string {
  const [over, under] = [points(columns, upper, paper), points(columns, lower, paper)];
  return over.length === 0 ? '' : `<path d="${path([...over, ...under.reverse()])}Z" fill="${paper.colour(name)}"/>`;
}

function noted(note: Note, { x, y, colour }: Paper, bottom: number): string {
  if (note.kind === 'limit') {
    const [at, ink] = [y.place(note.y), colour(note.colour ?? 'bad')];
    return rule([LEFT, at, RIGHT, at], ink, 'stroke-dasharray="2 3"') + words(RIGHT - 4, at - 5, note.text, ink, 'text-anchor="end"');
  }
  if (note.kind === 'safe') {
    const [from, until] = [note.from - 0.5, note.until + 0.5].map((value) => Math.min(RIGHT, Math.max(LEFT, x.place(value)))) as Point;
    return `<rect x="${round(from)}" y="${TOP}" width="${round(Math.max(0, until - from))}" height="${bottom - TOP}" fill="${colour('safe')}"/>`;
  }
  if (note.kind === 'alert') {
    const at = x.place(note.at);
    return rule([at, TOP, at, bottom], colour('bad'), 'stroke-dasharray="1 3"') + words(at, bottom - 6, note.text, colour('bad'), 'text-anchor="middle"');
  }
  if (note.kind === 'place') {
    const ink = colour(note.chosen ? 'accent' : 'soft');
    return rule([x.place(note.x), TOP, x.place(note.x), bottom], ink, note.chosen ? '' : 'stroke-dasharray="6 4"')
      + words(x.place(note.x) + (note.chosen ? 0 : 4), note.chosen ? TOP - 6 : TOP + 14, note.text, ink);
  }
  const [from, until] = [x.place(note.from), x.place(note.until)];
  return `<rect x="${round(from)}" y="${TOP}" width="${round(Math.max(0, until - from))}" height="${bottom - TOP}" fill="${colour('ink')}" opacity="0.12"/>`
    + rule([from, TOP, from, bottom], colour('ink'), 'stroke-dasharray="3 3"') + words(from, TOP - 5, note.text, colour('ink'), 'text-anchor="middle"');
}

function legend(lines: Line[], y: number, colour: Colour): string {
  let x = LEFT;
  return lines.filter(({ label }) => label).map(({ label = '', colour: name, dash }) => {
    const entry = rule([x, y - 4, x + 18, y - 4], colour(name), `stroke-width="3"${dash ? ' stroke-dasharray="4 3"' : ''}`) + words(x + 24, y, label, colour('soft'));
    x += 42 + label.length * 6.6;
    return entry;
  }).join('\n');
}
