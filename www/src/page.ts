// The planner's own page: the element, and the worker that keeps the page for later visits without a network.
import './element.js';

// Only where it was built; a page that embeds the planner never gets here. A browser that refuses is online as before.
if (import.meta.env.PROD && 'serviceWorker' in navigator && /^https?:$/.test(location.protocol)) {
  addEventListener('load', () => void navigator.serviceWorker.register('./sw.js').catch(() => {}));
}
