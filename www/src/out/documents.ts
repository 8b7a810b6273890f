// Everything that can be taken out of the planner, each as one document. Loaded when the menu is opened for the first time.
import { settings, targets } from '../../pkg/poolwise.js';
import type { Columns, Scenario } from '../../pkg/poolwise.js';
import { start } from '../engine/wasm.js';
import { written } from '../inputs/knobs.js';
import type { Session } from '../state/session.js';
import { early, found } from '../views/answer.js';
import { PERCENTILES } from '../views/columns.js';
import type { PoolChart } from '../views/chart.js';
import { csv } from './csv.js';
import { png, svgOf } from './picture.js';
import { ticket } from './ticket.js';

// A page that loads the planner under two addresses has the package twice.
await start();

/** What an export reads. */
export interface Sight {
  session: Session;
  charts: PoolChart[];
  /** To this scenario; empty when there is no page that it could lead to. */
  link: string;
}
export interface Made {
  /** Without a name it is only to be copied. */
  file?: string;
  text?: string;
  picture?: Blob;
}
export interface Export {
  name: string;
  title: string;
  /** Nothing to make yet, and why. */
  lacks?(sight: Sight): string | null;
  /** Asked for when it is opened. */
  prepare?(sight: Sight): void;
  choices?(sight: Sight): { name: string; title: string }[];
  make(sight: Sight, choice: string): Made | Promise<Made>;
}

const unfinished = ({ session }: Sight) => (session.together.state === 'finished' && !early(session) ? null : 'The simulation is not finished.');
const charted = ({ charts }: Sight) => charts.map(({ spec }, n) => ({ name: String(n), title: spec.label }));
const chosen = ({ charts }: Sight, choice: string): PoolChart => charts[Number(choice)] ?? charts[0]!;
const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const nameOf = ({ name }: Scenario): string => slug(String(name ?? '')) || 'scenario';

export const EXPORTS: Export[] = [
  {
    name: 'link', title: 'Link to this scenario',
    lacks: ({ link }) => (link ? null : 'This page does not say where its planner is.'),
    make: ({ link }) => ({ text: link }),
  },
  {
    name: 'settings', title: 'Settings of a pool', lacks: unfinished,
    choices: () => targets().map(({ name, product }) => ({ name, title: product })),
    make: ({ session }, target) => ({ file: settingsFile(target), text: settings(session.scenario, sizeOf(session), target) }),
  },
  {
    name: 'rules', title: 'Alert rules',
    prepare: ({ session }) => {
      if (session.rules.length === 0 && session.work.alerts.state === 'waiting') session.ask('alerts');
    },
    lacks: ({ session: { rules, work } }) => (rules.length > 0 ? null : looking(work.alerts)),
    choices: ({ session }) => session.rules.map(({ exporter, title }) => ({ name: exporter, title })),
    make: ({ session }, choice) => ({ file: `${choice}.rules.yml`, text: session.rules.find(({ exporter }) => exporter === choice)?.text ?? '' }),
  },
  { name: 'toml', title: 'Scenario as TOML', make: async ({ session }) => ({ file: `${nameOf(session.scenario)}.toml`, text: await asToml(session.scenario) }) },
  { name: 'json', title: 'Scenario as JSON', make: ({ session: { scenario } }) => ({ file: `${nameOf(scenario)}.json`, text: `${JSON.stringify(scenario, null, 2)}\n` }) },
  {
    name: 'report', title: 'Report as Markdown', lacks: unfinished,
    make: ({ session, link }) => ({ file: `${nameOf(session.scenario)}.md`, text: ticket(session, link) }),
  },
  {
    name: 'series', title: 'Run as CSV',
    lacks: (sight) => unfinished(sight) ?? (sight.session.report?.series ? null : 'A run in steady state has no course over time.'),
    make: ({ session: { scenario, report } }) => ({ file: `${nameOf(scenario)}-run.csv`, text: seriesCsv(report?.series) }),
  },
  {
    name: 'sizes', title: 'Simulated sizes as CSV', lacks: ({ session }) => (session.recommendation ? null : 'The search is not finished.'),
    make: ({ session }) => ({ file: `${nameOf(session.scenario)}-sizes.csv`, text: sizesCsv(session) }),
  },
  { name: 'svg', title: 'Chart as SVG', choices: charted, make: (sight, choice) => drawn(chosen(sight, choice), 'svg') },
  { name: 'png', title: 'Chart as PNG', choices: charted, make: (sight, choice) => drawn(chosen(sight, choice), 'png') },
];

function looking({ progress, what }: Session['work']['alerts']): string {
  return `Simulating which alerts tell of this in time${what ? `: ${what}` : ''}${progress ? `, ${progress.done} of ${progress.total}` : ''}.`;
}

const asToml = async (scenario: Scenario): Promise<string> => (await import('./toml.js')).toml(scenario);

/** The recommended size, or the one that is written where none is. */
const sizeOf = (session: Session): number => found(session)?.recommended?.max_size ?? Number(written(session.scenario, 'pool.max_size'));

function settingsFile(target: string): string {
  const { file = '' } = targets().find(({ name }) => name === target) ?? {};
  return /^[\w.-]+$/.test(file) ? file : `${target}.txt`;
}

function seriesCsv(series: Columns | null | undefined): string {
  const columns = Object.entries(series ?? {}).filter((entry): entry is [string, Float64Array] => entry[1] instanceof Float64Array);
  const rows = Array.from({ length: series?.t.length ?? 0 }, (_, row) => columns.map(([, column]) => column[row]));
  return csv(columns.map(([name]) => name), rows);
}

function sizesCsv(session: Session): string {
  const head = PERCENTILES.flatMap((p) => [`wait_${p}`, `wait_${p}_half_width`]);
  const rows = found(session)?.table.map((row) => [
    row.max_size, row.verdict, ...PERCENTILES.flatMap((p) => [row.wait[p]?.mean, row.wait[p]?.half_width]),
    row.utilisation?.mean, row.timed_out_share?.mean, row.failed_requests?.mean, row.replications,
  ]) ?? [];
  return csv(['max_size', 'verdict', ...head, 'utilisation', 'timed_out_share', 'failed_requests', 'replications'], rows);
}

async function drawn(chart: PoolChart, kind: 'svg' | 'png'): Promise<Made> {
  const file = `${slug(chart.spec.label)}.${kind}`;
  if (kind === 'png') return { file, picture: await png(chart) };
  const text = svgOf(chart);
  return { file, text, picture: new Blob([text], { type: 'image/svg+xml' }) };
}
