// What uPlot is told of a chart.
import uPlot from 'uplot';
import { annotate, type Note } from './annotate.js';
import type { Line, Spec } from './spec.js';
import type { Paint } from '../theme.js';

type Colour = (name: Paint) => string;

export function optionsOf(spec: Spec, width: number, colour: Colour, notes: () => Note[], moved: () => void): uPlot.Options {
  const axes = [
    { ...axis(colour, spec.x.write), size: spec.x.bare ? 8 : 30, gap: 8, incrs: spec.x.steps, ...(spec.x.bare ? { values: () => [] } : {}) },
    { ...axis(colour, spec.y.write), size: 62 },
  ];
  return {
    width,
    height: spec.height,
    legend: { show: false },
    padding: [18, 12, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: range(spec) },
    axes,
    series: [{}, ...spec.lines.map((line) => series(line, colour))],
    bands: spec.bands?.map(({ between, colour: name }) => ({ series: between, fill: colour(name) })),
    hooks: {
      drawClear: [(plot) => annotate(plot, notes().filter(isGround), colour)],
      draw: [(plot) => annotate(plot, notes().filter((note) => !isGround(note)), colour)],
      setCursor: [moved],
    },
  };
}

/** What lies under the lines. */
const isGround = ({ kind }: Note): boolean => kind === 'safe';

function range({ y }: Spec): uPlot.Scale {
  const { floor } = y;
  if (floor === undefined) return { range: (_plot, _low, high) => [0, high > 0 ? high * 1.08 : 1] };
  return { distr: 3, range: (_plot, _low, high) => [floor, Math.max(10 ** Math.ceil(Math.log10(high * 1.01)), floor * 1000)] };
}

function axis(colour: Colour, write: (value: number) => string): uPlot.Axis {
  return {
    stroke: colour('soft'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('grid'), width: 1, filter: (_plot, places) => places.map((place) => (isMinor(place, places) ? null : place)) },
    ticks: { show: false },
    values: (_plot, places) => places.map((place) => (place === null ? '' : write(place))),
  };
}

/** Logarithmic axes come with all nine places of a decade: only the first is drawn. */
const isMinor = (place: number, places: number[]): boolean =>
  places.length > 12 && Math.abs(Math.log10(place) - Math.round(Math.log10(place))) > 1e-6;

function series(line: Line, colour: Colour): uPlot.Series {
  const { stepped } = uPlot.paths;
  return {
    stroke: colour(line.colour),
    width: line.width,
    dash: line.dash,
    spanGaps: !line.stepped,
    fill: line.fill && colour(line.fill),
    points: { show: line.points ?? false, size: 6, fill: colour(line.colour) },
    paths: line.stepped ? stepped?.({ align: 1 }) : undefined,
  };
}
