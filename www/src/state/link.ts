// A scenario as a link: "#v1." and the deflated JSON in base64url. What was written once can be read for ever: an older version is
// brought up to date step by step.
import type { Scenario } from '../../pkg/poolwise.js';

const VERSION = 1;
// Links are made by this page; what is longer is not ours, nor what becomes long when it is inflated.
export const LONGEST = 200_000;
const MOST_BYTES = 8_000_000;

/** How the page is seen besides: which tab is open and the like, as plain values. */
export type View = Record<string, string | number | boolean>;

/** What a link holds. */
export interface Linked {
  scenario: Scenario;
  /** The scenario that it is compared with. */
  pinned?: Scenario;
  view?: View;
}

export type Opened = Linked | { notice: string } | null;

type Found = Record<string, unknown>;
/** From each version to the next. */
export type Migrations = Record<number, (found: Found) => Found>;
const MIGRATIONS: Migrations = {};

/** Without a link where the scenario is too large for one. */
export async function toHash(scenario: Scenario, { pinned, view }: Omit<Linked, 'scenario'> = {}): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify({ version: VERSION, scenario, pinned, view }));
  const hash = `#v${VERSION}.${toBase64url(await through(bytes, new CompressionStream('deflate-raw')))}`;
  return hash.length > LONGEST || bytes.length > MOST_BYTES ? '' : hash;
}

/** The scenario in a link; a notice when there is none to be had; null when the address has no link at all. */
export async function fromHash(hash: string): Promise<Opened> {
  if (hash === '' || hash === '#') return null;
  const [, version, body] = /^#v(\d+)\.(.*)$/s.exec(hash) ?? [];
  if (version === undefined || body === undefined) return { notice: 'The address does not hold a scenario.' };
  if (Number(version) > VERSION) return newer();
  try {
    return read(JSON.parse(await inflated(body)));
  } catch {
    return { notice: 'The link is damaged or was cut off.' };
  }
}

/** What is known of a link's document, whatever its version; keys that are not known are left out. */
export function read(document: unknown, migrations: Migrations = MIGRATIONS, latest = VERSION): Opened {
  let found = table(document);
  let version = Number(found.version);
  if (version > latest) return newer();
  for (; version < latest; version += 1) {
    const next = migrations[version];
    if (!next) throw new Error();
    found = next(found);
  }
  if (!(version === latest)) throw new Error();
  const opened: Linked = { scenario: table(found.scenario) as Scenario };
  if (isTable(found.pinned)) opened.pinned = found.pinned as Scenario;
  const view = isTable(found.view) ? Object.entries(found.view).filter((entry): entry is [string, View[string]] => isPlain(entry[1])) : [];
  if (view.length > 0) opened.view = Object.fromEntries(view);
  return opened;
}

const isTable = (value: unknown): value is Found => typeof value === 'object' && value !== null && !Array.isArray(value);
const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

function table(value: unknown): Found {
  if (!isTable(value)) throw new Error();
  return value;
}

const newer = (): Opened => ({ notice: 'The link was made by a newer version of this planner.' });

async function inflated(body: string): Promise<string> {
  if (body.length > LONGEST) throw new Error();
  const bytes = await through(fromBase64url(body), new DecompressionStream('deflate-raw'));
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** What comes out of a stream; too much of it is an error. */
async function through(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  const piped = new Blob([bytes]).stream().pipeThrough(stream as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (const reader = piped.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > MOST_BYTES) {
      await reader.cancel();
      throw new Error();
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
