import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { cursorsOf, Position } from './page.ts';
import { RateLimit } from './rate-limit.ts';
import { LIMITS, registerRoutes } from './register-routes.ts';
import { PlainAnswer, plain, type Route, reading } from './route.ts';

const open = (path: string): Route => plain({ path, tag: 'x', summary: 'x', answers: [], handle: async () => new PlainAnswer(200, {}, '') });
const register = (route: Route) => registerRoutes([route], { gateway: () => undefined, log: silentLog, limits: LIMITS });

describe('a route', () => {
  it('cannot be without a scope, unless it is one of the few that are open', () => {
    expect(() => register(open('/livez'))).not.toThrow();
    expect(() => register(open('/v1/secrets'))).toThrow(/GET \/v1\/secrets: a route has a scope/);
    expect(() => register({ ...open('/v1/secrets'), scope: 'all:read' as never })).toThrow(/a route has a scope/);
    expect(() => register({ ...open('/livez'), scope: 'audit:read' })).toThrow(/a route has a scope/);
  });

  it('answers 503 while the gateway starts, before it looks at a key', async () => {
    const route = reading({
      path: '/v1/x',
      tag: 'x',
      summary: 'x',
      scope: 'audit:read',
      reach: 'site',
      answer: Type.Null(),
      handle: async () => null,
    });
    const answer = await register(route).request('/v1/x', { headers: { authorization: 'Bearer x' } });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

describe('a rate', () => {
  it('lets a burst through, then as many as the time allows, for each caller by himself', () => {
    let now = 0;
    const rate = new RateLimit({ perSecond: 2, burst: 3 }, () => now);
    const taken = (who = 'a') => rate.take(who).allowed;
    expect([taken(), taken(), taken(), taken()]).toEqual([true, true, true, false]);
    expect(taken('b')).toBe(true);
    now += 500;
    expect([taken(), taken()]).toEqual([true, false]);
    now += 60_000;
    expect([taken(), taken(), taken(), taken()]).toEqual([true, true, true, false]);
    expect(rate.take('a')).toMatchObject({ allowed: false, limit: 3, remaining: 0, retryAfterSeconds: 1, resetSeconds: 2 });
  });

  it('remembers a bounded number of callers', () => {
    const rate = new RateLimit({ perSecond: 0.001, burst: 1 }, () => 0);
    expect(rate.take('first').allowed).toBe(true);
    for (let i = 0; i < 10_000; i++) rate.take(`caller ${i}`);
    expect(rate.take('caller 9999').allowed).toBe(false);
    expect(rate.take('first').allowed).toBe(true);
  });
});

describe('a cursor', () => {
  const places = cursorsOf('here', Type.Object({ at: Position, id: Type.String({ pattern: '^[a-z]+$' }) }));

  it('leads back to the place that it was made of', () => {
    expect(places.decode(places.encode({ at: 7, id: 'x' }) ?? '')).toEqual({ at: 7, id: 'x' });
    expect([places.encode(undefined), places.decode(undefined)]).toEqual([null, undefined]);
  });

  it('of another list, or that somebody made, is refused', () => {
    const other = cursorsOf('there', Type.Object({ at: Position, id: Type.String() }));
    const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const bad = [
      other.encode({ at: 7, id: 'x' }) ?? '',
      '',
      '%%%',
      made({}),
      made(['here']),
      made(['here', -1, 'x']),
      made(['here', 1.5, 'x']),
      made(['here', 7, 'X']),
    ];
    for (const text of [...bad, made(['here', 7, 'x', 'more'])]) expect(() => places.decode(text), text).toThrow(GatewayError);
  });
});
