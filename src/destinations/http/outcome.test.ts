import { describe, expect, it } from 'vitest';
import { EgressRefused } from './egress.ts';
import { MAX_RETRY_AFTER_MS, outcomeOfAnswer, outcomeOfFailure, parseRetryAfter } from './outcome.ts';

const now = new Date('2026-03-01T12:00:00Z');
const answer = (status: number, retryAfter?: string) => ({ status, headers: { 'retry-after': retryAfter }, kept: Buffer.alloc(0), size: 0 });
const classOf = (status: number, retryAfter?: string) => outcomeOfAnswer(answer(status, retryAfter), now).class;

describe('what an answer means', () => {
  it.each([
    [[200, 201, 202, 204, 299], 'delivered'],
    [[300, 301, 302, 303, 304, 307, 308], 'redirect'],
    [[401, 403], 'auth'],
    [[410], 'gone'],
    [[408, 425, 429, 503], 'throttled'],
    [[500, 502, 504, 501, 505, 520, 600, 999], 'ambiguous'],
    [[400, 402, 404, 405, 409, 413, 415, 422, 451, 499], 'rejected'],
  ] as const)('%j: %s', (statuses, expected) => {
    for (const status of statuses) expect(classOf(status)).toBe(expected);
  });

  it('Retry-After asks for patience, but saves neither credentials nor certainty', () => {
    expect([413, 404, 507].map((status) => classOf(status, '5'))).toEqual(['throttled', 'throttled', 'throttled']);
    expect([401, 410, 302, 200].map((status) => classOf(status, '5'))).toEqual(['auth', 'gone', 'redirect', 'delivered']);
    expect(outcomeOfAnswer(answer(502, '5'), now)).toMatchObject({ class: 'ambiguous', retryAfterMs: 5_000 });
  });

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sunday, 01-Mar-26 12:01:30 GMT', 90_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['99999999999', MAX_RETRY_AFTER_MS],
    ['Mon, 01 Mar 2027 12:00:00 GMT', MAX_RETRY_AFTER_MS],
  ])('reads Retry-After %j as %d ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  it.each([undefined, '', 'soon', '-5', '1.5', 'Sun, the first'])('reads Retry-After %j as absent', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });
});

describe('what the lack of an answer means', () => {
  it('depends on whether a byte may have been written', () => {
    expect(outcomeOfFailure(new Error('socket hang up'), true).class).toBe('ambiguous');
    expect(outcomeOfFailure(new Error('socket hang up'), false).class).toBe('not_sent');
    expect(outcomeOfFailure(new EgressRefused('private'), false).class).toBe('refused');
  });

  it('names the first cause when several addresses were tried', () => {
    const refused = Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' });
    expect(outcomeOfFailure(new AggregateError([refused]), false).detail).toBe('the request was not sent: connect failed (ECONNREFUSED)');
  });
});
