import { describe, expect, it } from 'vitest';
import { buildSchedule, type Fault } from './schedule.ts';

const stage = { gateways: 3, endpoints: ['erp', 'mes', 'wms', 'ledger'] };
const lasts = (fault: Fault) => ('forMs' in fault ? fault.forMs : 0);

describe('the schedule of faults', () => {
  it('is the same for the same seed and another for another', () => {
    expect(buildSchedule(7, 120, stage)).toEqual(buildSchedule(7, 120, stage));
    expect(buildSchedule(7, 120, stage)).not.toEqual(buildSchedule(8, 120, stage));
  });

  it.each(Array.from({ length: 50 }, (_, i) => i + 1))(
    'of seed %i at 120 s has both long outages, both stores away at once and each alone',
    (seed) => {
      const faults = buildSchedule(seed, 120, stage);
      const long = (kind: Fault['kind']) => faults.filter((fault) => fault.kind === kind && lasts(fault) === 60_000);
      const [redis] = long('redis-outage');
      const [postgres] = long('postgres-outage');
      expect(redis?.atMs).toBeGreaterThan(0);
      const apart = Math.abs((redis?.atMs ?? 0) - (postgres?.atMs ?? 0));
      expect(apart).toBeGreaterThan(9_000);
      expect(apart).toBeLessThan(60_000);
      expect(Math.max(...faults.map((fault) => fault.atMs + lasts(fault)))).toBeLessThanOrEqual(120_000);
      expect(Math.min(...faults.map((fault) => fault.atMs))).toBeGreaterThanOrEqual(3_000);
      for (const kind of ['kill', 'failpoint', 'redis-flush', 'stale-hints', 'pause'] as const)
        expect(
          faults.some((fault) => fault.kind === kind),
          kind,
        ).toBe(true);
    },
  );

  it('does not let one endpoint, store or gateway have two faults at once', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const postgres = buildSchedule(seed, 120, stage).filter((fault) => fault.kind.startsWith('postgres'));
      for (const [i, fault] of postgres.entries()) {
        const next = postgres[i + 1];
        if (next !== undefined) expect(next.atMs).toBeGreaterThan(fault.atMs + lasts(fault));
      }
    }
  });

  it('of a short run has no fault that outlasts it', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const faults = buildSchedule(seed, 20, stage);
      expect(faults.length).toBeGreaterThan(8);
      expect(faults.every((fault) => fault.atMs + lasts(fault) <= 20_000)).toBe(true);
      expect(faults.every((fault) => lasts(fault) < 10_000)).toBe(true);
    }
  });
});
