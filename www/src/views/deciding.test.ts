import { beforeAll, describe, expect, it } from 'vitest';
import type { Estimate, Recommendation, SizeRow } from '../../pkg/poolwise.js';
import { startFromFile } from '../engine/testing.js';
import { measureColumns } from './columns.js';
import { deciding } from './deciding.js';

const estimate = (mean: number, half_width?: number): Estimate => ({ mean, half_width, replications: 8 });
const row = (max_size: number, failed: number, p95: number) =>
  ({ max_size, failed_requests: estimate(failed, 0.25), timed_out_share: estimate(0), response: { p95: estimate(p95) } }) as SizeRow;
const found = (slo: string[], table = [row(3, 0, 0.2), row(2, 0.5, 0.4)]) => ({ slo, table }) as Recommendation;

beforeAll(startFromFile);

describe('what decides besides the wait', () => {
  it('is what has a limit and comes to anything', () => {
    const slo = ['wait.p99 <= 50ms', 'impact.failed_requests <= 0.1%', 'timed_out_share <= 1%', 'response.p95 <= 300ms'];
    expect(deciding(found(slo)).map(({ words, limit }) => [words, limit])).toEqual([['failed requests', 0.001], ['response p95', 0.3]]);
    expect(deciding(found(slo.slice(0, 2), [row(3, 0, 0.2)]))).toEqual([]);
  });

  it('is drawn by size, with the ends of its intervals', () => {
    const [failed] = deciding(found(['impact.failed_requests <= 0.1%']));
    expect(measureColumns([2, 3, 4], found([]).table, failed!.of, 0.01)).toEqual([[2, 3, 4], [0.5, 0.01, null], [0.75, 0.25, null], [0.25, 0.01, null]]);
  });
});
