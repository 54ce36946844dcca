import { expect, test } from 'vitest';
import { GatewayError } from '../core/errors/errors.ts';
import { createLog, type LogOptions } from './log.ts';

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', pretty: false, stream: { write: (line) => void lines.push(line) }, ...options });
  return { log, lines, objects: () => lines.map((line) => JSON.parse(line)) };
}

test('a line is one JSON object with its level, time, fields and message', () => {
  const { log, lines, objects } = capture();
  log.info({ sets: 3 }, 'message translated');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/\n$/);
  expect(objects()[0]).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), sets: 3, msg: 'message translated' });
});

test('a child keeps the message id on each of its lines', () => {
  const { log, objects } = capture();
  const child = log.child({ message: 'm-1' });
  child.warn({}, 'one');
  child.child({ set: 2 }).error({}, 'two');
  expect(objects()).toMatchObject([
    { message: 'm-1', level: 'warn' },
    { message: 'm-1', set: 2, level: 'error' },
  ]);
});

test('lines below the level are not written', () => {
  const { log, lines } = capture({ level: 'warn' });
  log.info({}, 'quiet');
  log.debug({}, 'quiet');
  expect(lines).toEqual([]);
});

test('fields that carry secrets are masked, also inside objects and in children', () => {
  const { log, lines, objects } = capture();
  const secret = 'hunter2-hunter2';
  log.info({ password: secret, options: { privateKey: secret, auth: { token: secret } }, headers: { 'webhook-signature': secret } }, 'connect');
  log.child({ authorization: secret }).info({ name: 'acme' }, 'request');
  expect(lines.join('')).not.toContain(secret);
  expect(objects()[0].options.auth.token).toBe('[secret]');
  expect(objects()[1]).toMatchObject({ name: 'acme', authorization: '[secret]' });
});

test('an expected fault is logged by code, place and hint, without a stack', () => {
  const { log, objects } = capture();
  const at = { kind: 'file', file: 'partners/acme/partner.yaml', line: 4, column: 2 } as const;
  log.error({ error: new GatewayError('ERR_FILE_SCHEMA', 'unknown key "hst"', { at, hint: 'did you mean "host"?' }) }, 'refused');
  expect(objects()[0].error).toEqual({
    code: 'ERR_FILE_SCHEMA',
    message: 'unknown key "hst"',
    at: 'partners/acme/partner.yaml:4:2',
    hint: 'did you mean "host"?',
  });
});

test('a fault of our own is logged with its stack, and anything else thrown as text', () => {
  const { log, objects } = capture();
  log.error({ error: new TypeError('x is not a function') }, 'broken');
  log.error({ err: 'just text' }, 'broken');
  expect(objects()[0].error).toMatchObject({ type: 'TypeError', message: 'x is not a function', stack: expect.stringContaining('log.test.ts') });
  expect(objects()[1].err).toBe('just text');
});

test('a terminal gets readable lines', () => {
  const { log, lines } = capture({ pretty: true });
  log.info({ partner: 'acme' }, 'received');
  expect(lines[0]).toContain('received');
  expect(lines[0]).toContain('acme');
  expect(() => JSON.parse(lines[0] ?? '')).toThrow();
});
