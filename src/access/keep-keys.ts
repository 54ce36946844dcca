/**
 * Making and revoking API keys, each audited in its own transaction.
 *
 * At most two keys of a name live at a time: enough to rotate without a gap, too few to lose count of.
 */
import { GatewayError } from '../core/errors/errors.ts';
import { type ApiKeyRow, findApiKey, insertApiKey, liveKeysOf, lockKeyName, revokeApiKey } from '../store/api-keys.ts';
import { type Operator, writeAudit } from '../store/audit.ts';
import { type Database, inTransaction } from '../store/database.ts';
import { hashSecret, newKey } from './api-key.ts';
import { parseScopes } from './scopes.ts';

const LIVE_PER_NAME = 2;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Undefined: every partner. */
  readonly partners: readonly string[] | undefined;
  /** `90d`, `12h`, or `never`, which nobody gets without saying it. */
  readonly expires: string;
}

export interface CreatedKey {
  /** Shown once: it stands nowhere. */
  readonly text: string;
  readonly key: ApiKeyRow;
}

export async function createKey(database: Database, tenant: string, request: KeyRequest, by: Operator): Promise<CreatedKey> {
  if (!NAME.test(request.name)) throw new GatewayError('ERR_USAGE', `expected a name of lower-case letters, digits and -, found "${request.name}"`);
  const partners = request.partners && [...new Set(request.partners)].sort();
  if (partners?.length === 0) throw new GatewayError('ERR_USAGE', '--partner: expected at least one name, found none');
  const scopes = parseScopes(request.scopes, partners);
  const hours = parseExpiry(request.expires);
  return inTransaction(database, async (db) => {
    await lockKeyName(db, tenant, request.name);
    const live = await liveKeysOf(db, tenant, request.name);
    if (live.length >= LIVE_PER_NAME)
      throw new GatewayError('ERR_KEY_LIMIT', `expected at most ${LIVE_PER_NAME} live keys named ${request.name}, found ${live.length} already`, {
        hint: `quayside keys revoke ${live[0]?.id} --reason …`,
      });
    const { id, secret, text } = newKey();
    const key = await insertApiKey(db, tenant, {
      id,
      name: request.name,
      secretHash: hashSecret(secret),
      scopes,
      partners,
      hours,
      createdBy: by.actor,
    });
    await writeAudit(db, tenant, { ...by, action: 'key.created', subject: id, before: { state: 'absent' }, after: shown(key) });
    return { text, key };
  });
}

export async function revokeKey(database: Database, tenant: string, id: string, by: Operator): Promise<ApiKeyRow> {
  return inTransaction(database, async (db) => {
    const before = await findApiKey(db, tenant, id);
    const after = await revokeApiKey(db, tenant, id, by.actor);
    if (before === undefined) throw new GatewayError('ERR_NOT_FOUND', `there is no key ${id}`, { hint: 'quayside keys list' });
    if (after === undefined) throw new GatewayError('ERR_KEY_STATE', `expected a key that is not revoked, found ${id}, which is`);
    await writeAudit(db, tenant, { ...by, action: 'key.revoked', subject: id, before: shown(before), after: shown(after) });
    return after;
  });
}

const shown = ({ name, scopes, partners, state, expiresAt }: ApiKeyRow): object => ({ state, name, scopes, partners, expiresAt });

/** Hours from now; undefined for `never`. */
function parseExpiry(text: string): number | undefined {
  if (text === 'never') return undefined;
  const [, count, unit] = /^([1-9]\d{0,3})(h|d)$/.exec(text) ?? [];
  if (count === undefined) throw new GatewayError('ERR_USAGE', `--expires: expected a span such as 90d or 12h, or never, found "${text}"`);
  return Number(count) * (unit === 'd' ? 24 : 1);
}
