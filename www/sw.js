// Keeps the planner for visits without a network. The build (www/offline.ts) says what belongs to it.
const FILES = __FILES__;
const VERSION = __VERSION__;

// Several copies may live on one host, each in its folder.
const OURS = `poolwise ${registration.scope} `;
const CACHE = OURS + VERSION;

addEventListener('install', (event) => event.waitUntil(keepAll()));
addEventListener('activate', (event) => event.waitUntil(dropOld()));
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
  const named = request.url.slice(registration.scope.length);
  // The name of a file in assets/ holds a hash of its content: it never changes.
  event.respondWith(named.startsWith('assets/') ? keptFirst(request) : networkFirst(request));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' })));
  await skipWaiting();
}

async function dropOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
  await clients.claim();
}

async function keptFirst(request) {
  return (await caches.match(request, { cacheName: CACHE })) ?? networkFirst(request);
}

/** What was once seen, such as a page of the book, is there without a network too. */
async function networkFirst(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok && response.type === 'basic' && !response.redirected) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
