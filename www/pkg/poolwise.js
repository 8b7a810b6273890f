// temporary mock
export default async function init() {}
const fail = (path, message) => { throw { problems: [{ path, severity: 'error', message }] }; };
export const fields = () => [
  { path: 'traffic.rate', quantity: 'rate', default: '', gloss: '' }, { path: 'fleet.instances', quantity: 'count', default: '1', gloss: '' },
  { path: 'pool.max_size', quantity: 'count', default: '10', gloss: '' }, { path: 'pool.acquire_timeout', quantity: 'duration', default: '30s', gloss: '' },
  { path: 'slo[]', quantity: 'objective', default: 'wait.p99 <= 50ms', gloss: '' }, { path: 'query[].name', quantity: 'text', default: 'query', gloss: '' }];
const k = (path, label, unit, least, most, start, log, whole, gloss) => ({ path, label, unit, least, most, start, log, whole, gloss });
export const knobs = () => [
  k('traffic.rate', 'Requests', '/s', 1, 100000, 1000, true, false, 'All requests per second over the fleet, at the peak'),
  k('hold.p50', 'Hold, median', 'ms', 0.1, 10000, 5, true, false, 'Half of the requests hold their connection no longer than this'),
  k('hold.p95', 'Hold, p95', 'ms', 0.1, 60000, 60, true, false, '95 of 100 requests hold no longer'),
  k('hold.p99', 'Hold, p99', 'ms', 0.1, 60000, 400, true, false, '99 of 100 requests hold no longer'),
  k('fleet.instances', 'App instances', '', 1, 500, 4, true, true, 'Each has one pool'),
  k('pool.max_size', 'Pool size', '', 1, 500, 10, true, true, 'The most connections of one instance'),
  k('pool.acquire_timeout', 'Acquire timeout', 's', 0.1, 120, 30, true, false, 'How long a request waits before it gives up'),
  k('slo.wait_p99', 'Wait p99 at most', 'ms', 0.1, 10000, 50, true, false, 'What you ask of the pool')];
const units = { ms: 1e-3, s: 1, '/s': 1, '/min': 1 / 60, m: 60, '': 1 };
export function parse(q, text) {
  const m = /^\s*([\d.]+)\s*(.*?)\s*$/.exec(text);
  if (!m || !(m[2] in units) || (q !== 'count' && m[2] === '')) fail('', `expected a ${q}, found "${text}"`);
  return Number(m[1]) * units[m[2]];
}
const steady = () => ({ name: 'steady', traffic: { rate: '1000/s' }, query: [{ name: 'query', hold: 'percentiles(p50=5ms, p95=60ms, p99=400ms)' }], fleet: { instances: 4 }, pool: { max_size: 10, acquire_timeout: '30s' }, slo: ['wait.p99 <= 50ms'] });
export const examples = () => [{ name: 'steady', title: 'Steady traffic', scenario: steady() },
  { name: 'slow-query', title: 'A query turns slow', scenario: { ...steady(), name: 'slow-query', duration: '10m', query: [{ name: 'read', weight: 9, hold: 'exponential(mean=10ms)' }, { name: 'report', weight: 1, hold: 'exponential(mean=60ms)' }], timeline: [{ at: '2m', change: 'slow_query', query: 'report', factor: 12, over: '30s', text: 'index dropped by a migration' }, { at: '3m30s', change: 'note', text: 'first alert' }, { at: '5m', change: 'rollback', text: 'index is back' }] } }];
const hold = (s) => {
  let sum = 0, w = 0;
  s.query.forEach((q, i) => {
    const p = /p50=([^,]+), p95=([^,]+), p99=([^)]+)\)/.exec(q.hold), e = /mean=([^)]+)\)/.exec(q.hold);
    let m;
    try {
      if (p) { const [a, b, c] = p.slice(1).map((x) => parse('duration', x)); if (b < a) fail('', 'p95 must not be below p50'); m = a * .5 + b * .45 + c * .05; }
      else if (e) m = parse('duration', e[1]); else fail('', 'unknown distribution');
    } catch (x) { fail(`query[${i}].hold`, x.problems?.[0].message); }
    sum += m * (q.weight ?? 1); w += q.weight ?? 1;
  });
  return sum / w;
};
const C = (a, c) => { let b = 1; for (let i = 1; i <= c; i++) b = a * b / (i + a * b); return b / (1 - (a / c) * (1 - b)); };
const check = (s) => { for (const [p, q, v] of [['traffic.rate', 'rate', s.traffic?.rate], ['pool.max_size', 'count', s.pool?.max_size ?? '10'], ['fleet.instances', 'count', s.fleet?.instances ?? '1']]) try { parse(q, String(v)); } catch (x) { fail(p, x.problems[0].message); }
  const m = hold(s), n = Number(s.fleet.instances ?? 1); return { m, n, a: parse('rate', String(s.traffic.rate)) / n * m, limit: parse('duration', String(s.slo?.[0] ?? '<= 50ms').split('<=')[1]) }; };
const waits = (a, c, m) => { if (c <= a) return null; const p = C(a, c), q = (x) => Math.max(0, Math.log(p / (1 - x)) * m * 3 / (c - a)); return { mean: p * m / (c - a), p50: q(.5), p90: q(.9), p95: q(.95), p99: q(.99) }; };
export function predict(s) {
  const { m, a, limit } = check(s), c = Number(s.pool.max_size ?? 10);
  const sizes = []; let smallest = null;
  for (let i = Math.max(1, Math.floor(a * .8)); i < a * 2 + 12; i++) { const w = waits(a, i, m); if (w && w.p99 <= limit && smallest === null) smallest = i; sizes.push({ max_size: i, utilisation: Math.min(1, a / i), wait_probability: c > a ? C(a, i) : 1, wait: w }); }
  return { offered_load: a, utilisation: Math.min(1, a / c), wait_probability: c > a ? C(a, c) : 1, capacity: c / m, stable: c > a, growth: 0, exact: false, wait: waits(a, c, m), smallest, sizes, assumptions: ['Arrivals are Poisson at the peak rate', 'Each instance has its own pool; requests choose one at random'], cautions: c > a ? [] : [{ path: 'pool.max_size', severity: 'caution', message: `${c} connections carry less than the load of ${a.toFixed(1)}` }] };
}
const est = (mean, r = .06) => ({ mean, half_width: mean * r, replications: 8 });
const times = (w) => w ? { mean: est(w.mean), p50: est(w.p50), p90: est(w.p90), p95: est(w.p95), p99: est(w.p99 * 1.1, .15) } : { mean: null, p50: null, p90: null, p95: null, p99: null };
const spin = (ms) => { const t = performance.now(); while (performance.now() - t < ms); };
export class Search {
  constructor(s) { this.s = s; this.p = predict(s); this.done = 0; this.total = 60; }
  step() { spin(30); this.done++; return { done: this.done, total: this.total, finished: this.done >= this.total }; }
  recommendation() {
    const { m, a, n, limit } = check(this.s), size = this.p.smallest + 1, table = [];
    for (let i = -3; i <= Math.min(6, this.done / 6 - 3); i++) { const c = size + i, w = waits(a, c, m); if (c < 1) continue; table.push({ max_size: c, replications: 8, verdict: !w || w.p99 * 1.1 > limit ? 'misses' : i === 0 ? 'unsure' : 'meets', utilisation: est(Math.min(1, a / c), .01), wait: times(w), response: times(w), timed_out_share: est(w ? 0 : .2) }); }
    return { schema_version: 1, version: '0.1.0', scenario: this.s.name, seed: 1, confidence: .95, slo: this.s.slo, offered_load: a, recommended: this.done < 30 ? null : { max_size: size, total: size * n }, sentence: this.done < 30 ? `Searching: between ${size - 2} and ${size + 3} connections so far.` : `${size} connections per instance (${size * n} in all) keep wait p99 at or below 50ms.`, theory: this.p.smallest, table, cautions: this.p.cautions, assumptions: this.p.assumptions };
  }
  free() {}
}
export class Simulation {
  constructor(s) { this.s = s; check(s); this.done = 0; }
  step() { spin(60); this.done++; return { done: this.done, total: 8, finished: this.done >= 8 }; }
  report() {
    const { m, a, n } = check(this.s), c = Number(this.s.pool.max_size ?? 10), w = waits(a, c, m), tl = !!this.s.timeline?.length;
    const e0 = est(0, 0), N = 300, f = (g) => Float64Array.from({ length: N }, (_, i) => g(i * 2));
    const slow = (t) => t > 130 && t < 300;
    const series = tl ? { t: f((t) => t), offered: f(() => 1000), served: f((t) => slow(t) ? 620 + 20 * Math.sin(t) : 1000 + 10 * Math.sin(t)), timed_out: f((t) => slow(t) && t > 160 ? 330 : 0), rejected: f((t) => slow(t) && t > 250 ? 50 : 0), active: f((t) => slow(t) ? 40 : 15 + 2 * Math.sin(t * 3)), pending: f((t) => slow(t) ? Math.min(9000, (t - 130) * 300) : 0), leaked: f(() => 0), size: f(() => 40), wait_p50: f((t) => slow(t) ? 25 : NaN), wait_p95: f((t) => slow(t) ? 30 : .001), wait_p99: f((t) => slow(t) ? 30 : .01) } : null;
    return { schema_version: 1, version: '0.1.0', scenario: this.s.name, seed: 1, replications: 8, confidence: .95, regime: tl ? 'timeline' : w ? 'steady' : 'overloaded', growth: null, sentence: tl ? 'The pools were exhausted 14s after the change; 65 200 requests failed.' : `With ${c} connections each, p99 of the wait is ${w ? (w.p99 * 1e3).toFixed(1) : '∞'}ms.`, offered: est(1000, .001), served: est(999, .001), timed_out: e0, rejected: e0, timed_out_share: e0, utilisation: est(Math.min(1, a / c), .01), pending: est(1.2), leaked: e0, wait_probability: est(.2), wait: times(w), hold: times(w), response: times(w), time_to_exhaustion: tl ? { mean: 14, half_width: 2, share_of_runs: 1 } : null, impact: { failed_requests: est(tl ? 65200 : 0) }, series, marks: tl ? [{ at: 120, until: 150, change: 'slow_query', text: 'index dropped by a migration' }, { at: 210, until: 210, change: 'note', text: 'first alert' }, { at: 300, until: 300, change: 'rollback', text: 'index is back' }] : [], cautions: [], assumptions: ['Every run has its own seed'] };
  }
  free() {}
}
export function simulate(s) { const x = new Simulation(s); while (!x.step().finished); return x.report(); }
export function recommend(s) { const x = new Search(s); while (!x.step().finished); return x.recommendation(); }
