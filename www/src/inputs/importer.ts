// What people have as files: scenarios as JSON or TOML, links, and what the library's importers read. Those are a module of their own,
// and nothing of it is loaded before somebody imports.
import type { Scenario } from '../../pkg/poolwise.js';
import { fromHash } from '../state/link.js';
import { keys } from './paths.js';
import { isTable } from './scenario.js';

export interface Source {
  name: string;
  text: string;
}

const MARKS: Record<string, string> = { 'ff fe': 'utf-16le', 'fe ff': 'utf-16be' };

/** A file as text: UTF-8, or UTF-16 with its mark, which PowerShell writes when somebody redirects into a file. */
export async function sourceOf(file: File): Promise<Source> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const mark = Array.from(bytes.subarray(0, 2), (byte) => byte.toString(16)).join(' ');
  try {
    return { name: file.name, text: new TextDecoder(MARKS[mark] ?? 'utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw new Error(`${file.name} is not text: unpack it if it is compressed, or save it as UTF-8.`);
  }
}

/** What a file does not say and its reader has to, as it is written. */
export type Given = Record<string, string>;
export interface Kind {
  name: string;
  title: string;
  hint: string;
}
export interface Imported {
  scenario: Scenario;
  notes: string[];
}

interface Door {
  default(): Promise<unknown>;
  kinds(): Kind[];
  guess(text: string): string | undefined;
  importFiles(kind: string, files: Source[], given: Given): Imported;
}

let opened: Promise<Door> | undefined;

async function opening(): Promise<Door> {
  const door = (await import('../../pkg-import/poolwise.js')) as unknown as Door;
  await door.default();
  return door;
}

/** The importers; a failure to load them is not kept. */
export function importers(): Promise<Door> {
  opened ??= opening().catch((thrown: unknown) => {
    opened = undefined;
    throw thrown;
  });
  return opened;
}

export const SCENARIO: Kind = { name: 'scenario', title: 'a scenario or a link to one', hint: 'a scenario as TOML or JSON, or a link to the planner' };

/** What a text is: a scenario if it has the keys of one, else what the importers take it for. */
export async function guess(text: string): Promise<string | undefined> {
  if (linkIn(text)) return SCENARIO.name;
  const document = await asDocument(text).catch(() => null);
  const heads = new Set([...keys().keys()].map((path) => path.split(/[.[]/)[0]));
  const own = document === null ? [] : Object.keys(document);
  if (own.length > 0 && own.every((key) => heads.has(key) || key === '$schema')) return SCENARIO.name;
  return (await importers()).guess(text);
}

export async function imported(kind: string, files: Source[], given: Given): Promise<Imported> {
  if (kind !== SCENARIO.name) return (await importers()).importFiles(kind, files, given);
  const text = files[0]?.text ?? '';
  const link = linkIn(text);
  if (!link) return { scenario: (await asDocument(text)) as Scenario, notes: [] };
  const found = await fromHash(link);
  if (!found || 'notice' in found) throw new Error(found?.notice ?? 'The link holds no scenario.');
  return { scenario: found.scenario, notes: [] };
}

const linkIn = (text: string): string | undefined => /^\s*\S*(#v\d+\.[\w-]+)\s*$/.exec(text)?.[1];

/** Parsed TOML, or JSON if the text begins with a brace, as the library does. */
async function asDocument(text: string): Promise<Record<string, unknown>> {
  const found: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : plain((await import('smol-toml')).parse(text));
  if (!isTable(found)) throw new Error('a scenario is a table of keys');
  return found;
}

/** What JSON can not write (nan, inf, a date) stays as its text, so that the library's message about it can show it. */
function plain(value: unknown): unknown {
  if (value instanceof Date || (typeof value === 'number' && !Number.isFinite(value)) || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plain);
  return isTable(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) : value;
}
