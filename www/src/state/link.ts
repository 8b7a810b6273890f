// A scenario as a link: "#v1." and the deflated JSON in base64url.
import type { Scenario } from '../../pkg/poolwise.js';

const VERSION = 1;
// Links are made by this page and short; a longer one is not ours.
const LONGEST = 20_000;

export type Opened = { scenario: Scenario } | { notice: string } | null;

export async function toHash(scenario: Scenario): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify({ version: VERSION, scenario }));
  return `#v${VERSION}.${toBase64url(await through(bytes, new CompressionStream('deflate-raw')))}`;
}

/** The scenario in a link; a notice when there is none to be had; null when the address has no link at all. */
export async function fromHash(hash: string): Promise<Opened> {
  if (hash === '' || hash === '#') return null;
  const [, version, body] = /^#v(\d+)\.(.*)$/s.exec(hash) ?? [];
  if (version === undefined || body === undefined) return { notice: 'The address does not hold a scenario.' };
  if (Number(version) > VERSION) return newer();
  try {
    return read(await inflated(body));
  } catch {
    return { notice: 'The link is damaged or was cut off.' };
  }
}

function read(text: string): Opened {
  const found: unknown = JSON.parse(text);
  if (typeof found !== 'object' || found === null || !('version' in found) || !('scenario' in found)) throw new Error();
  if (Number(found.version) > VERSION) return newer();
  if (typeof found.scenario !== 'object' || found.scenario === null || Array.isArray(found.scenario)) throw new Error();
  return { scenario: found.scenario as Scenario };
}

const newer = (): Opened => ({ notice: 'The link was made by a newer version of this planner.' });

async function inflated(body: string): Promise<string> {
  if (body.length > LONGEST) throw new Error();
  const bytes = await through(fromBase64url(body), new DecompressionStream('deflate-raw'));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  const piped = new Blob([bytes]).stream().pipeThrough(stream as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

function toBase64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
