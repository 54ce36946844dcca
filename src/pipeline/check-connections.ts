/** Everything that a partner file says we connect to, tried out: secrets first, because a server cannot be asked without them. */
import type { Context } from '../core/context.ts';
import type { Channel, Destination } from '../core/contracts.ts';
import { asGatewayError, ERRORS, type ErrorCode } from '../core/errors/errors.ts';
import { collectSecretReferences } from '../core/secret-reference.ts';
import type { Partner } from '../partners/partner-file.ts';
import { outboxName } from './outbox.ts';

export interface ConnectionCheck {
  /** `secret file:acme-sftp-key`, `channel acme/drop`, `outbox ack.acme`. */
  readonly name: string;
  readonly ok: boolean;
  /** In words; never a secret. */
  readonly detail: string;
  readonly code?: ErrorCode | undefined;
  readonly hint?: string | undefined;
}

interface Extensions {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly destinations: ReadonlyMap<string, Destination>;
}

/** Each is tried whatever the others said, one after another; what lacks a secret is not tried at all. */
export async function checkConnections(partner: Partner, { channels, destinations }: Extensions, context: Context): Promise<ConnectionCheck[]> {
  const checks: ConnectionCheck[] = [];
  const connect = async (name: string, spec: Channel | Destination | undefined, options: unknown): Promise<void> => {
    if (spec === undefined) return;
    const missing = collectSecretReferences(spec.options, options).flatMap(({ reference, minimumLength }) => {
      const check = trySecret(context, reference, minimumLength);
      if (!checks.some((known) => known.name === check.name)) checks.push(check);
      return check.ok ? [] : [reference];
    });
    if (missing.length > 0)
      checks.push({ name, ok: false, code: 'ERR_CONFIG_SECRET', detail: `not tried, because ${missing.join(' and ')} cannot be read` });
    else checks.push(await attempt(name, () => spec.check(options as never, context)));
  };
  for (const [name, { type, options }] of Object.entries(partner.channels))
    await connect(`channel ${partner.name}/${name}`, channels.get(type), options);
  const outbox = partner.acknowledgments?.outbox;
  if (outbox !== undefined) await connect(`outbox ${outboxName(partner.name)}`, destinations.get(outbox.type), outbox.options);
  return checks;
}

function trySecret({ secrets }: Context, reference: string, minimumLength: number): ConnectionCheck {
  const name = `secret ${reference}`;
  try {
    secrets.resolve(reference, minimumLength);
    return { name, ok: true, detail: 'there, and long enough' };
  } catch (thrown) {
    return failed(name, thrown);
  }
}

async function attempt(name: string, check: () => Promise<void>): Promise<ConnectionCheck> {
  try {
    await check();
    return { name, ok: true, detail: 'connected' };
  } catch (thrown) {
    return failed(name, thrown);
  }
}

function failed(name: string, thrown: unknown): ConnectionCheck {
  const { code, message, hint } = asGatewayError(thrown);
  return { name, ok: false, code, detail: `${code} ${message}`, hint: hint ?? ERRORS[code].remedy };
}
