/** `quayside keys`: who may call the HTTP API. A secret is shown once, when its key is made, and stands nowhere after that. */
import { createKey, revokeKey } from '../../access/keep-keys.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { listApiKeys } from '../../store/api-keys.ts';
import { operatorBecause, operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTime, printList } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface CreateOptions {
  scope: string[];
  partner?: string[];
  expires: string;
  reason?: string;
  json?: boolean;
}

export async function create({ terminal, application }: Commands, [name = '']: readonly string[], options: CreateOptions): Promise<number> {
  return withGateway(await application(), async (gateway) => {
    const known = [...gateway.catalog().partners.keys()];
    for (const partner of options.partner ?? []) {
      if (known.includes(partner)) continue;
      const near = suggest(partner, known);
      throw new GatewayError('ERR_USAGE', `--partner: there is no partner "${partner}"`, { hint: near && `did you mean "${near}"?` });
    }
    const request = { name, scopes: options.scope, partners: options.partner, expires: options.expires };
    const { text, key } = await createKey(gateway.database, gateway.tenant, request, { actor: operatorName(), reason: options.reason });
    if (options.json) terminal.out(JSON.stringify({ ...key, key: text }));
    else {
      terminal.out(text);
      const until = key.expiresAt === null ? 'never expires' : `expires ${formatTime(key.expiresAt)} UTC`;
      terminal.error(`key ${key.id} for ${key.name}, ${until}; it is shown only now`);
    }
    return EXIT.done;
  });
}

export async function list({ terminal, application }: Commands, _args: readonly string[], options: { json?: boolean }): Promise<number> {
  return withGateway(await application(), async (gateway) => {
    const keys = await listApiKeys(gateway.database, gateway.tenant);
    printList(terminal, options.json, keys, {
      header: ['KEY', 'NAME', 'STATE', 'EXPIRES', 'LAST USED', 'PARTNERS', 'SCOPES'],
      cells: (key) => [
        key.id,
        key.name,
        key.state,
        key.expiresAt === null ? 'never' : formatTime(key.expiresAt),
        key.lastUsedAt === null ? 'never' : formatTime(key.lastUsedAt),
        key.partners?.join(' ') ?? 'all',
        key.scopes.join(' '),
      ],
    });
    return EXIT.done;
  });
}

interface RevokeOptions {
  reason: string;
  json?: boolean;
}

export async function revoke({ terminal, application }: Commands, [id = '']: readonly string[], { reason, json }: RevokeOptions): Promise<number> {
  const by = operatorBecause(reason);
  return withGateway(await application(), async (gateway) => {
    const key = await revokeKey(gateway.database, gateway.tenant, id, by);
    terminal.out(json ? JSON.stringify(key) : `revoked ${key.id} of ${key.name}: it is not accepted any more`);
    return EXIT.done;
  });
}
