import { describe, expect, it } from 'vitest';
import { OUTCOME_CLASSES, type Outcome } from '../core/contracts.ts';
import { defaultPolicy, type Endpoint } from '../endpoints/endpoint-file.ts';
import { decide, healthOf, OUTCOME_CODES } from './retry-policy.ts';

const endpoint: Endpoint = {
  name: 'erp',
  destination: 'http',
  options: {},
  events: ['*'],
  partners: undefined,
  stage: 'live',
  maxInFlight: 1,
  timeoutMs: 1000,
  schedule: { delaysMs: [0, 1000, 10_000], jitter: 0.2, maximumAgeMs: undefined },
  idempotency: 'header',
  ordering: 'block',
  rate: undefined,
  policy: defaultPolicy('erp'),
  file: 'queues/erp.yaml',
};
const outcome = (kind: Outcome['class'], more: Partial<Outcome> = {}): Outcome => ({ class: kind, detail: 'x', ...more });
const decided = (attempts: number, kind: Outcome['class'], more?: Partial<Outcome>, at: Partial<Endpoint> = {}, ageMs = 0) =>
  decide(outcome(kind, more), { attempts, ageMs, probe: false }, { ...endpoint, ...at }, 0.5);

describe('what an outcome means', () => {
  it('repeats what was not sent, was throttled or is unclear, on the schedule', () => {
    for (const kind of ['not_sent', 'throttled', 'ambiguous'] as const) {
      expect(decided(0, kind)).toMatchObject({ event: 'retry', charged: true, delayMs: 1000 });
      expect(decided(1, kind)).toMatchObject({ event: 'retry', delayMs: 10_000 });
      expect(decided(2, kind)).toMatchObject({ event: 'die', deadReason: 'ERR_DELIVERY_EXHAUSTED' });
    }
  });

  it('spreads a wait by the jitter and no further', () => {
    const wait = (random: number) => decide(outcome('throttled'), { attempts: 0, ageMs: 0, probe: false }, endpoint, random).delayMs;
    expect([wait(0), wait(0.999999)]).toEqual([800, 1200]);
  });

  it('waits at least as long as the endpoint asked', () => {
    expect(decided(0, 'throttled', { retryAfterMs: 60_000 })).toMatchObject({ event: 'retry', delayMs: 60_000 });
  });

  it('never repeats an unclear attempt at an endpoint that would not recognise it', () => {
    expect(decided(0, 'ambiguous', {}, { idempotency: 'none' })).toMatchObject({ event: 'die', deadReason: 'ERR_DELIVERY_AMBIGUOUS' });
  });

  it('gives up on a rejection or a redirect at once', () => {
    expect(decided(0, 'rejected')).toMatchObject({ event: 'die', deadReason: 'ERR_DELIVERY_REJECTED' });
    expect(decided(0, 'redirect')).toMatchObject({ event: 'die', deadReason: 'ERR_DELIVERY_REDIRECT' });
  });

  it('parks the endpoint and charges nothing when it refuses our credentials, is gone or may not be reached', () => {
    for (const kind of ['auth', 'gone', 'refused'] as const) {
      expect(decided(0, kind)).toMatchObject({ event: 'release', charged: false, park: expect.stringContaining(OUTCOME_CODES[kind]) });
    }
  });

  it('charges a probe nothing when the endpoint is still down, whatever is left of the schedule or the age', () => {
    const at = { schedule: { ...endpoint.schedule, maximumAgeMs: 1 } };
    for (const kind of ['not_sent', 'throttled', 'ambiguous'] as const) {
      const decision = decide(outcome(kind), { attempts: 2, ageMs: 10_000, probe: true }, { ...endpoint, ...at }, 0.5);
      expect(decision).toMatchObject({ event: 'release', charged: false, park: undefined });
    }
    expect(decide(outcome('ambiguous'), { attempts: 0, ageMs: 0, probe: true }, { ...endpoint, idempotency: 'none' }, 0.5)).toMatchObject({
      event: 'die',
    });
  });

  it('gives up the place of a dead letter only where the order skips it', () => {
    expect(decided(0, 'rejected')).toMatchObject({ yields: false });
    expect(decided(0, 'rejected', {}, { ordering: 'skip' })).toMatchObject({ event: 'die', yields: true });
  });

  it('holds against the endpoint what the endpoint did, and nothing else', () => {
    expect(OUTCOME_CLASSES.map((kind) => [kind, healthOf(outcome(kind))])).toEqual([
      ['delivered', 'well'],
      ['not_sent', 'failed'],
      ['ambiguous', 'failed'],
      ['throttled', 'failed'],
      ['auth', 'indifferent'],
      ['gone', 'indifferent'],
      ['rejected', 'rejected'],
      ['redirect', 'rejected'],
      ['refused', 'indifferent'],
    ]);
    expect(healthOf(outcome('throttled', { status: 429 }))).toBe('indifferent');
  });

  it('gives up what would be too old at its next attempt', () => {
    const at = { schedule: { ...endpoint.schedule, maximumAgeMs: 5000 } };
    expect(decided(0, 'throttled', {}, at, 3000)).toMatchObject({ event: 'retry' });
    expect(decided(0, 'throttled', {}, at, 4500)).toMatchObject({ event: 'die', deadReason: 'ERR_DELIVERY_EXPIRED' });
  });

  it('has an answer to every class', () => {
    for (const kind of OUTCOME_CLASSES) expect(decided(0, kind).event).toBeTruthy();
  });
});
