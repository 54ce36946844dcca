import { describe, expect, test } from 'vitest';
import { ENDPOINT_AT_REST as erp, STORE_AT_REST } from '../../test/support/figures.ts';
import type { StoreFigures } from '../core/store-figures.ts';
import { conditionsOf, rulesThatEnd } from './conditions.ts';
import { loadAlerts } from './load-alerts.ts';

const alerts = loadAlerts('/no/such/home', { destinations: new Map(), channels: [], unknownPartners: [] }).alerts;
if (alerts === undefined) throw new Error('without a file there are defaults');
const rules = alerts.rules;

const figures = (more: Partial<StoreFigures> = {}): StoreFigures => ({ ...STORE_AT_REST, ...more });
const found = (more: Partial<StoreFigures>) => conditionsOf(figures(more), [], { rules }).map(({ rule, subject, level }) => [rule, subject, level]);

test('a quiet installation has nothing to tell', () => {
  expect(found({ endpoints: [erp] })).toEqual([]);
});

describe('an endpoint', () => {
  test('that is parked is told after five minutes, not before', () => {
    expect(found({ endpoints: [{ ...erp, state: 'parked', stoppedSeconds: 299 }] })).toEqual([]);
    expect(found({ endpoints: [{ ...erp, state: 'parked', stoppedSeconds: 300 }] })).toEqual([['stopped', 'erp', 1]]);
  });

  test('whose breaker is open is told too', () => {
    expect(found({ endpoints: [{ ...erp, breaker: 'half_open', stoppedSeconds: 301 }] })).toEqual([['stopped', 'erp', 1]]);
  });

  test('that is stopped is told once: that its deliveries wait goes without saying', () => {
    expect(found({ endpoints: [{ ...erp, state: 'parked', stoppedSeconds: 9_999, oldestDueSeconds: 9_999, oldestBlockedSeconds: 9_999 }] })).toEqual([
      ['stopped', 'erp', 1],
    ]);
  });

  test('that is served is told when deliveries are overdue or blocked for long', () => {
    expect(found({ endpoints: [{ ...erp, oldestDueSeconds: 900, oldestBlockedSeconds: 3_600 }] })).toEqual([
      ['blocked', 'erp', 1],
      ['overdue', 'erp', 1],
    ]);
  });
});

test('dead letters of one cause are told anew at each threshold', () => {
  const of = (count: number) => found({ deadLetters: [{ stage: 'deliver', fingerprint: 'abc', count }] });
  expect([1, 9, 10, 99, 100].map((count) => of(count)[0]?.[2])).toEqual([1, 1, 10, 10, 100]);
});

test('with more groups than were read, one that is missing is not taken for mended', () => {
  const deadLetters = Array.from({ length: 1_000 }, (_, n) => ({ stage: 'deliver' as const, fingerprint: `f${n}`, count: 1 }));
  expect(rulesThatEnd(figures({ deadLetters }), ['dead', 'stopped'])).toEqual(['stopped']);
  expect(rulesThatEnd(figures(), ['dead', 'stopped'])).toEqual(['dead', 'stopped']);
});

test('silence is told once it is as long as the file says', () => {
  const silence = { subject: 'acme/drop', channel: { partner: 'acme', channel: 'drop' }, afterMs: 60_000 };
  const told = (silentSeconds: number) => conditionsOf(figures(), [{ silence, silentSeconds }], { rules }).length;
  expect([told(59), told(60)]).toEqual([0, 1]);
});

test('unrouted events and documents that wait for a person are told', () => {
  expect(found({ unrouted: 3, quarantined: 12 })).toEqual([
    ['unrouted', 'events', 1],
    ['quarantine', 'documents', 10],
  ]);
});

test('what a partner sends that no rule reads is told, anew with each kind more', () => {
  const of = (kinds: number) => found({ unexplained: [{ partner: 'acme', mapping: 'acme/855', kinds, key: 'PO1/REF(ZZ)02', example: 'LOT1' }] });
  expect([of(1), of(2)]).toEqual([[['unexplained', 'acme/acme/855', 1]], [['unexplained', 'acme/acme/855', 2]]]);
});

test('every condition says what to do', () => {
  const all = conditionsOf(
    figures({
      endpoints: [
        { ...erp, state: 'parked', stoppedSeconds: 999 },
        { ...erp, endpoint: 'b', oldestDueSeconds: 9_999, oldestBlockedSeconds: 9_999 },
      ],
      deadLetters: [{ stage: 'receive', fingerprint: 'ERR', count: 1 }],
      unrouted: 1,
      quarantined: 1,
      unexplained: [{ partner: 'acme', mapping: 'acme/855', kinds: 1, key: 'REF(Q9)02', example: 'X' }],
    }),
    [{ silence: { subject: 'everybody', channel: undefined, afterMs: 1 }, silentSeconds: 9_999 }],
    { rules },
  );
  expect(all.map(({ rule }) => rule).sort()).toEqual([...rules.keys()].sort());
  for (const { summary, hint } of all) expect(summary.length * hint.length).toBeGreaterThan(100);
});
