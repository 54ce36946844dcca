/** `quayside receive`: documents by hand or from a channel's archive, through the same door as every channel, audited. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../../core/errors/errors.ts';
import { suggest } from '../../core/suggest.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { type Received, receive as receiveDocument } from '../../pipeline/receive.ts';
import { receiveArchive } from '../../pipeline/receive-archive.ts';
import { writeAudit } from '../../store/audit.ts';
import { messagesOfBytes } from '../../store/messages.ts';
import { filesOf } from '../input.ts';
import { operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface ReceiveOptions {
  partner: string;
  archive?: string;
  onlyNew?: boolean;
  since?: string;
  json?: boolean;
}

export async function receive({ terminal, application }: Commands, paths: readonly string[], options: ReceiveOptions): Promise<number> {
  if (paths.length > 0 === (options.archive !== undefined)) throw new GatewayError('ERR_USAGE', 'expected either files or --archive with a channel');
  const app = await application();
  const since = parseSince(options.since, app.now());
  const files = filesOf(paths, since);
  return withGateway(app, async (gateway) => {
    const partners = gateway.catalog().partners;
    if (!partners.has(options.partner)) {
      const near = suggest(options.partner, [...partners.keys()]);
      throw new GatewayError('ERR_FILE_REFERENCE', `there is no partner "${options.partner}"`, { hint: near && `did you mean "${near}"?` });
    }
    const tally = new Tally(terminal, options.json === true);
    if (options.archive !== undefined) await fromArchive(gateway, options.partner, options.archive, since, tally);
    else await fromFiles(gateway, options.partner, files, options.onlyNew === true, tally);
    if (options.archive !== undefined || options.onlyNew === true || files.length !== 1) tally.sum();
    return tally.left === 0 ? EXIT.done : EXIT.inputAtFault;
  });
}

/** What became of each file: one line for what is new, a count of the rest. */
class Tally {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  received = 0;
  known = 0;
  left = 0;

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.#json = json;
  }

  count(filename: string, { messageId, duplicate }: Received): void {
    if (duplicate) this.known++;
    else this.received++;
    if (this.#json) this.#terminal.out(JSON.stringify({ messageId, duplicate, filename }));
    else if (!duplicate) this.#terminal.out(`${filename}: received as message ${messageId}`);
  }

  leave(filename: string, reason: string): void {
    this.left++;
    this.#terminal.error(`${filename}: left: ${reason}`);
  }

  sum(): void {
    if (!this.#json) this.#terminal.out(`${this.received} received, ${this.known} known already, ${this.left} left`);
  }
}

/** Without `onlyNew` every file is a hand-over of its own; equal bytes become no second event (they are recognised in translation). */
async function fromFiles(gateway: Gateway, partner: string, files: readonly string[], onlyNew: boolean, tally: Tally): Promise<void> {
  const { database, tenant } = gateway;
  const digests = new Map<string, string>();
  if (onlyNew) for (const file of files) digests.set(file, await sha256Of(file));
  const known = await messagesOfBytes(database, tenant, partner, [...digests.values()]);
  for (const file of files) {
    const filename = basename(file);
    const digest = digests.get(file) ?? '';
    const messageId = known.get(digest);
    if (messageId !== undefined) {
      tally.count(filename, { messageId, duplicate: true });
      continue;
    }
    const received = await receiveDocument(
      gateway,
      { partner, channel: 'manual', channelType: 'manual' },
      { key: `manual/${randomUUID()}`, filename, read: () => createReadStream(file), accept: async () => {} },
    );
    await writeAudit(database, tenant, {
      actor: operatorName(),
      action: 'message.received_manually',
      subject: received.messageId,
      detail: { filename, partner },
    });
    if (onlyNew) known.set(digest, received.messageId);
    tally.count(filename, received);
  }
}

async function fromArchive(gateway: Gateway, partner: string, channel: string, since: Date | undefined, tally: Tally): Promise<void> {
  try {
    await receiveArchive(gateway, partner, channel, since, {
      received: (filename, received) => tally.count(filename, received),
      left: (filename, reason) => tally.leave(filename, reason),
    });
  } finally {
    // Also of one that broke off: what it took is taken.
    if (tally.received > 0)
      await writeAudit(gateway.database, gateway.tenant, {
        actor: operatorName(),
        action: 'archive.reread',
        subject: `${partner}/${channel}`,
        detail: { since: since?.toISOString() ?? null, received: tally.received, known: tally.known, left: tally.left },
      });
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
