/** `quayside receive`: a manual upload through the same door as every channel, audited. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';
import { suggest } from '../../core/suggest.ts';
import { receive as receiveDocument } from '../../pipeline/receive.ts';
import { writeAudit } from '../../store/audit.ts';
import { operatorName } from '../operator.ts';
import type { Commands } from '../program.ts';
import { EXIT } from '../terminal.ts';

/** Every call is a hand-over of its own; equal bytes become no second event (they are recognised in translation). */
export async function receive(
  { terminal, application }: Commands,
  [file = '']: readonly string[],
  options: { partner: string; json?: boolean },
): Promise<number> {
  if (!existsSync(file)) throw new GatewayError('ERR_FILE_READ', `there is no file ${file}`);
  const { gateway, close } = await (await application()).open();
  try {
    const partners = gateway.catalog().partners;
    if (!partners.has(options.partner)) {
      const near = suggest(options.partner, [...partners.keys()]);
      throw new GatewayError('ERR_FILE_REFERENCE', `there is no partner "${options.partner}"`, { hint: near && `did you mean "${near}"?` });
    }
    const received = await receiveDocument(
      gateway,
      { partner: options.partner, channel: 'manual', channelType: 'manual' },
      { key: `manual/${randomUUID()}`, filename: basename(file), read: () => createReadStream(file), accept: async () => {} },
    );
    await writeAudit(gateway.database, gateway.tenant, {
      actor: operatorName(),
      action: 'message.received_manually',
      subject: received.messageId,
      detail: { filename: basename(file), partner: options.partner },
    });
    terminal.out(options.json ? JSON.stringify(received) : `received as message ${received.messageId}`);
    return EXIT.done;
  } finally {
    await close();
  }
}
