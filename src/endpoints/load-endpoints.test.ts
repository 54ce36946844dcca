import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Destination } from '../core/contracts.ts';
import { formatProblem } from '../core/problem.ts';
import { loadEndpoints } from './load-endpoints.ts';
import { subscribers } from './subscribers.ts';

const pneumatic: Destination = {
  kind: 'destination',
  name: 'tube',
  summary: 'A tube.',
  options: Type.Object({ station: Type.String() }, { additionalProperties: false }),
  examples: [],
  deliver: async () => ({ class: 'delivered', detail: 'whoosh' }),
  check: async () => {},
};
const known = {
  destinations: new Map([[pneumatic.name, pneumatic]]),
  events: ['order_acknowledgment.received', 'ship_notice.received', 'invoice.received'],
  partners: ['acme', 'bolt'],
};

const minimal = `endpoint: erp
stage: live
destination: { type: tube, station: cellar }
events: [order_acknowledgment.received]
idempotency: header
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'quayside-queues-'));
  mkdirSync(path.join(home, 'queues'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(path.join(home, 'queues', name), text);
const load = () => loadEndpoints(path.join(home, 'queues'), known);
const lines = (text: string) => {
  write('erp.yaml', text);
  return load().problems.map(formatProblem);
};

describe('a queue file', () => {
  it('becomes an endpoint with the schedule of three days, if it says no more than it must', () => {
    write('erp.yaml', minimal);
    const { endpoints, problems } = load();
    expect(problems).toEqual([]);
    expect(endpoints.get('erp')).toEqual({
      name: 'erp',
      destination: 'tube',
      options: { station: 'cellar' },
      events: ['order_acknowledgment.received'],
      partners: undefined,
      stage: 'live',
      maxInFlight: 8,
      timeoutMs: 15_000,
      schedule: {
        delaysMs: [0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000],
        jitter: 0.2,
        maximumAgeMs: undefined,
      },
      idempotency: 'header',
      ordering: 'block',
      rate: undefined,
      policy: {
        endpoint: 'erp',
        breakerFailures: 5,
        breakerRatio: 0.5,
        breakerMinimum: 20,
        breakerWindowMs: 60_000,
        probesMs: [30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000],
        rejectionsBeforeParking: 10,
      },
      file: 'queues/erp.yaml',
    });
  });

  it('has its own schedule, timeout and window if it says so', () => {
    write(
      'erp.yaml',
      `${minimal}partners: [acme]\nmaxInFlight: 1\ntimeout: 2s\nretry: { schedule: [0s, 50ms, 200ms], jitter: 0, maximumAge: 72h }\nrejectionsBeforeParking: 3\nrate: 2.5\nbreaker: { failures: 3, ratio: 0.25, minimum: 8, window: 10s, probes: [1s, 2m] }\n`,
    );
    expect(load().endpoints.get('erp')).toMatchObject({
      partners: ['acme'],
      maxInFlight: 1,
      timeoutMs: 2_000,
      schedule: { delaysMs: [0, 50, 200], jitter: 0, maximumAgeMs: 259_200_000 },
      rate: 2.5,
      policy: {
        breakerFailures: 3,
        breakerRatio: 0.25,
        breakerMinimum: 8,
        breakerWindowMs: 10_000,
        probesMs: [1_000, 120_000],
        rejectionsBeforeParking: 3,
      },
    });
  });

  it('says all that is wrong with it at once, each fault with its line and the word that was probably meant', () => {
    const wrong = minimal
      .replace('endpoint: erp', 'endpoint: erpp')
      .replace('type: tube, station', 'type: tube, sttion')
      .replace('order_acknowledgment.received', 'order_acknowledgement.received, invoice.received, "*"');
    expect(lines(`${wrong}partners: [acmee]\ntimeout: 20m\nretry: { schedule: [0, 5s], jiter: 0.1 }\nbrake: {}\n`)).toEqual([
      'queues/erp.yaml:9:1: error ERR_FILE_SCHEMA unknown key "brake" · hint: expected one of endpoint, stage, destination, events, partners, idempotency, ordering, rate, breaker, maxInFlight, timeout, retry, rejectionsBeforeParking',
      'queues/erp.yaml:8:29: error ERR_FILE_SCHEMA unknown key "jiter" in retry · hint: did you mean "jitter"?',
      'queues/erp.yaml:8:21: error ERR_FILE_SCHEMA retry.schedule.0: expected a string, found 0 · hint: put it in quotes: "0"',
      'queues/erp.yaml:1:11: error ERR_FILE_REFERENCE endpoint: expected "erp", the name of its file or folder, found "erpp"',
      'queues/erp.yaml:4:10: error ERR_FILE_REFERENCE events.0: expected one of order_acknowledgment.received, ship_notice.received, invoice.received, *, found "order_acknowledgement.received" · hint: did you mean "order_acknowledgment.received"?',
      'queues/erp.yaml:6:12: error ERR_FILE_REFERENCE partners.0: expected one of acme, bolt, found "acmee" · hint: did you mean "acme"?',
      'queues/erp.yaml:4:9: error ERR_FILE_SCHEMA events: expected "*" alone, found it beside names · hint: leave the names out, or the "*"',
      'queues/erp.yaml:7:10: error ERR_FILE_SCHEMA timeout: expected 50ms to 300s, found 20m',
      'queues/erp.yaml:3:14: error ERR_FILE_SCHEMA destination: expected a key "station", found none',
      'queues/erp.yaml:3:28: error ERR_FILE_SCHEMA destination: unknown key "sttion" · hint: did you mean "station"?',
    ]);
  });

  it('that wants the endpoint to be asked must say how', () => {
    expect(lines(minimal.replace('idempotency: header', 'idempotency: probe'))).toEqual([
      'queues/erp.yaml:5:14: error ERR_FILE_SCHEMA idempotency: expected destination.probe, which says how to ask the endpoint, found none · hint: add destination.probe, or choose header, body or none',
    ]);
    expect(load().endpoints.size).toBe(0);
  });

  it.each(['block', 'skip', 'supersede'] as const)('may let its order %s', (ordering) => {
    write('erp.yaml', `${minimal}ordering: ${ordering}\n`);
    expect(load().endpoints.get('erp')).toMatchObject({ ordering });
  });

  it('must say how the endpoint recognises a repeat: to guess that could double a document', () => {
    expect(lines(minimal.replace('idempotency: header\n', ''))).toEqual([
      'queues/erp.yaml:1:1: error ERR_FILE_SCHEMA the file: expected a key "idempotency", found none',
    ]);
  });

  it('of an unknown kind is told which there are', () => {
    expect(lines(minimal.replace('type: tube', 'type: tub'))).toEqual([
      'queues/erp.yaml:3:22: error ERR_FILE_REFERENCE destination.type: expected one of tube, found "tub" · hint: did you mean "tube"?',
    ]);
  });

  it.each(['', '[]', 'x', 'destination: 1\nevents: {}\nretry: []\n', 'retry: { schedule: soon }'])(
    'of %j is a problem with a place, not a crash',
    (text) => {
      write('erp.yaml', text);
      const { endpoints, problems } = load();
      expect(endpoints.size).toBe(0);
      expect(problems.length).toBeGreaterThan(0);
    },
  );

  it('with the ending .yml is not passed over in silence', () => {
    write('erp.yml', minimal);
    write('README.md', 'notes');
    expect(load().problems.map(formatProblem)).toEqual([
      'queues/erp.yml:1:1: error ERR_FILE_READ expected a file name that ends in .yaml, found .yml: the file is not read · hint: rename it',
    ]);
  });
});

describe('subscribers', () => {
  const named = (...events: { name: string; partner: string; test: boolean }[]) => {
    write('erp.yaml', minimal);
    write('all.yaml', minimal.replace('endpoint: erp', 'endpoint: all').replace('[order_acknowledgment.received]', '["*"]'));
    write('bolt-only.yaml', `${minimal.replace('endpoint: erp', 'endpoint: bolt-only')}partners: [bolt]\n`);
    write(
      'sandbox.yaml',
      minimal.replace('endpoint: erp', 'endpoint: sandbox').replace('stage: live', 'stage: test').replace('[order_acknowledgment.received]', '["*"]'),
    );
    const { endpoints } = load();
    return events.map((event) => subscribers(endpoints, event).map((endpoint) => endpoint.name));
  };

  it('are those that want the event, of that partner', () => {
    expect(
      named(
        { name: 'order_acknowledgment.received', partner: 'acme', test: false },
        { name: 'order_acknowledgment.received', partner: 'bolt', test: false },
        { name: 'invoice.received', partner: 'bolt', test: false },
      ),
    ).toEqual([['all', 'erp'], ['all', 'bolt-only', 'erp'], ['all']]);
  });

  it('of test traffic are test endpoints only, of live traffic live ones only', () => {
    expect(named({ name: 'order_acknowledgment.received', partner: 'acme', test: true })).toEqual([['sandbox']]);
  });
});
