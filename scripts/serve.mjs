// Serves a folder on the loopback address.  usage: node scripts/serve.mjs FOLDER [PORT]
// With --check PORT it only says whether the port can be had, so that nobody waits for a build in vain.
import { createServer } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

async function find(root, url) {
  const path = normalize(decodeURIComponent(new URL(url, 'http://x').pathname));
  const file = join(root, path);
  if (file !== root && !file.startsWith(root + sep)) return undefined;
  const entry = await stat(file).catch(() => undefined);
  return entry?.isDirectory() ? join(file, 'index.html') : file;
}

/** Serve `folder`, each file with `headers` too; resolves to the server once it listens. Port 0 takes a free one. */
export function serve(folder, port, headers = {}) {
  const root = resolve(folder);
  const server = createServer(async (request, response) => {
    try {
      const path = new URL(request.url, 'http://x').pathname;
      const entry = await stat(join(root, normalize(decodeURIComponent(path)))).catch(() => undefined);
      if (entry?.isDirectory() && !path.endsWith('/')) {
        response.writeHead(301, { location: `${path}/` }).end();
        return;
      }
      const file = await find(root, request.url);
      const body = file && (await readFile(file).catch(() => undefined));
      if (body === undefined) {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
        return;
      }
      response.writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'cache-control': 'no-cache',
        ...headers,
      });
      response.end(body);
    } catch {
      response.writeHead(400, { 'content-type': 'text/plain' }).end('bad request');
    }
  });
  return new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', () => done(server)));
}

async function main([folder, given]) {
  const port = Number(given ?? 8017);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`serve: PORT must be a whole number from 0 to 65535, found "${given}"`);
    process.exit(2);
  }
  const server = await serve(folder === '--check' ? '.' : folder, port).catch((error) => {
    const why = error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another with PORT=8018 make run` : error.message;
    console.error(`serve: ${why}`);
    process.exit(1);
  });
  if (folder === '--check') process.exit(0);
  const at = `http://127.0.0.1:${server.address().port}`;
  console.log(`planner  ${at}/\nbook     ${at}/book/\nCtrl-C stops.`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
