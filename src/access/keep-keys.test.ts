import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { silentLog } from '../core/context.ts';
import { findApiKey, listApiKeys } from '../store/api-keys.ts';
import { listAudit } from '../store/audit-queries.ts';
import { matchesHash, newKey, parseKey } from './api-key.ts';
import { authenticateKey } from './authenticate-key.ts';
import { createKey, type KeyRequest, revokeKey } from './keep-keys.ts';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test.drop());

const BY = { actor: 'cli:ops@host', reason: 'because' };
const create = (request: Partial<KeyRequest> = {}) =>
  createKey(test.database, 't', { name: 'erp', scopes: ['events:read'], partners: undefined, expires: '90d', ...request }, BY);
const authenticate = (text: string, tenant = 't') => authenticateKey(test.database, tenant, text, silentLog);

describe('a key', () => {
  it('is of a form that scanners know, with 256 bits of secret, and never the same twice', () => {
    const keys = Array.from({ length: 200 }, newKey);
    expect(new Set(keys.map(({ text }) => text)).size).toBe(200);
    for (const { text, id, secret } of keys) {
      expect(text).toMatch(/^qsk_[0-9a-z]{12}_[A-Za-z0-9_-]{43}$/);
      expect(parseKey(text)).toEqual({ id, secret });
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    }
    for (const text of ['', 'qsk_', 'qsk_abc_def', `${keys[0]?.text}x`, keys[0]?.text.toUpperCase() ?? '']) expect(parseKey(text)).toBeUndefined();
  });

  it('matches its own hash alone, and nothing when there is none', () => {
    expect(matchesHash('secret', undefined)).toBe(false);
    expect(matchesHash('secret', Buffer.alloc(32))).toBe(false);
  });

  it('lets its holder in with its scopes and partners, until it is revoked', async () => {
    const { text, key } = await create({ partners: ['borealis', 'acme'] });
    expect(await authenticate(text)).toEqual({
      keyId: key.id,
      name: 'erp',
      scopes: new Set(['events:read']),
      partners: ['acme', 'borealis'],
    });
    expect(await authenticate(text, 'another-tenant')).toMatchObject({ refused: 'unknown' });
    await revokeKey(test.database, 't', key.id, BY);
    expect(await authenticate(text)).toMatchObject({ refused: 'revoked', keyId: key.id });
  });

  it('is not stored: whoever reads the database cannot use it', async () => {
    const { text } = await create();
    const secret = parseKey(text)?.secret ?? '';
    const { rows } = await test.database.query<{ all: string }>('select string_agg(k::text, $1) as all from api_key k', [' ']);
    expect(rows[0]?.all).not.toContain(secret);
    expect(JSON.stringify([await listApiKeys(test.database, 't'), await listAudit(test.database, 't', {}, 10)])).not.toContain(secret);
  });

  it('expires by the clock of PostgreSQL, and never only where that was said', async () => {
    const { text, key } = await create({ expires: '1h' });
    expect(key.expiresAt?.getTime()).toBeGreaterThan(Date.now());
    await test.database.query(`update api_key set expires_at = now() - interval '1 microsecond' where id = $1`, [key.id]);
    expect(await authenticate(text)).toMatchObject({ refused: 'expired' });
    expect((await create({ name: 'other', expires: 'never' })).key.expiresAt).toBeNull();
    for (const expires of ['', '0d', '90', '90 d', 'Never', '-1d'])
      await expect(create({ name: 'bad', expires })).rejects.toThrow(/--expires: expected/);
  });

  it('records its use at most once a minute', async () => {
    const { text, key } = await create();
    await Promise.all(Array.from({ length: 5 }, () => authenticate(text)));
    const first = (await findApiKey(test.database, 't', key.id))?.lastUsedAt;
    expect(first).toBeInstanceOf(Date);
    await authenticate(text);
    expect((await findApiKey(test.database, 't', key.id))?.lastUsedAt).toEqual(first);
    await test.database.query(`update api_key set last_used_at = now() - interval '61 seconds'`);
    await authenticate(text);
    expect((await findApiKey(test.database, 't', key.id))?.lastUsedAt?.getTime()).toBeGreaterThanOrEqual(
      first?.getTime() ?? Number.POSITIVE_INFINITY,
    );
  });
});

describe('keys of a name', () => {
  it('are two at most that live, so that one can be rotated; also when several are made at once', async () => {
    const made = await Promise.allSettled(Array.from({ length: 5 }, () => create()));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await expect(create()).rejects.toMatchObject({ code: 'ERR_KEY_LIMIT', hint: expect.stringContaining('quayside keys revoke') });
    const [old] = await listApiKeys(test.database, 't');
    await revokeKey(test.database, 't', old?.id ?? '', BY);
    await expect(create()).resolves.toBeDefined();
  });

  it('have scopes from the list, none by a wildcard, and none about the whole gateway when they are for some partners', async () => {
    await expect(create({ scopes: ['*'] })).rejects.toThrow(/expected one of messages:read/);
    await expect(create({ scopes: ['events:*'] })).rejects.toThrow(/expected one of/);
    await expect(create({ scopes: ['event:read'] })).rejects.toMatchObject({ hint: 'did you mean events:read?' });
    await expect(create({ scopes: [] })).rejects.toThrow(/at least one/);
    await expect(create({ scopes: ['endpoints:write'], partners: ['acme'] })).rejects.toThrow(/about the whole gateway/);
    await expect(create({ partners: [] })).rejects.toThrow(/at least one/);
    await expect(create({ name: 'Not A Name' })).rejects.toThrow(/expected a name/);
    expect(await listApiKeys(test.database, 't')).toEqual([]);
  });

  it('are audited when they are made and revoked, with before, after and why', async () => {
    const { key } = await create();
    await revokeKey(test.database, 't', key.id, { actor: 'cli:boss@host', reason: 'left' });
    await expect(revokeKey(test.database, 't', key.id, BY)).rejects.toMatchObject({ code: 'ERR_KEY_STATE' });
    await expect(revokeKey(test.database, 't', 'nosuch', BY)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    const rows = await listAudit(test.database, 't', {}, 10);
    expect(rows).toMatchObject([
      { actor: 'cli:boss@host', action: 'key.revoked', subject: key.id, reason: 'left', before: { state: 'live' }, after: { state: 'revoked' } },
      { actor: BY.actor, action: 'key.created', subject: key.id, reason: 'because', after: { name: 'erp', scopes: ['events:read'], state: 'live' } },
    ]);
  });
});
