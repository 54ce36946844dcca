/** The script: what the suppliers drop and when, what goes wrong at the ERP, and how it is mended. The gateway does the rest by itself. */
import { replay } from '../../pipeline/replay.ts';
import { type DeadLetterDetail, findDeadLetter, listDeadLetters } from '../../store/dead-letters.ts';
import type { RunningGateway } from '../application.ts';
import { operatorName } from '../operator.ts';
import type { DemoErp } from './demo-erp.ts';
import type { DemoPartner, DemoSet, Suppliers } from './demo-supplier.ts';
import type { LogTap } from './log-tap.ts';
import { ENDINGS } from './narrator.ts';
import type { Story } from './story.ts';

export interface Stage {
  readonly story: Story;
  readonly tap: LogTap;
  readonly erp: DemoErp;
  readonly suppliers: Suppliers;
  readonly running: RunningGateway;
  /** `npx quayside` in a checkout. */
  readonly program: string;
}

/** Throws when what must come next does not come before the signal. */
export async function play(stage: Stage, signal: AbortSignal): Promise<void> {
  const { story, erp, suppliers } = stage;
  story.chapter(
    'Acme acknowledges purchase order 47110001',
    'Its 855 is X12 4010. In it stands, for one line of the order, which the supplier splits:',
    ...excerpt(suppliers.document('acme', '855'), '~'),
  );
  await ended(stage, await drop(stage, 'acme', '855', signal), signal);

  story.chapter(
    'Borealis acknowledges order 47120034 in a dialect of its own, while the ERP is busy',
    'Its 855 is X12 5010, without line numbers, and a price has four implied decimals: 184500 is 18.45.',
    ...excerpt(suppliers.document('borealis', '855'), '\n'),
  );
  erp.beBusyOnce();
  await ended(stage, await drop(stage, 'borealis', '855', signal), signal);

  story.chapter(
    'Both ship, and send their invoices',
    "The ERP does not know Acme's carrier and refuses the ship notice (856) for good. The invoice (810) of the same",
    'order must wait behind it; what Borealis sends goes on.',
  );
  const [shipNotice, invoice] = await bothShip(stage, signal);

  const letter = await deadLetterOf(stage, shipNotice);
  if (letter === undefined) return;
  tellDeadLetter(stage, letter);

  story.chapter('The cause is mended, and the dead letter replayed');
  erp.addCarrier('NLFT');
  story.step({ who: 'ERP', verb: 'mended', text: 'a clerk sets up the carrier NLFT, Northern Lights Freight' });
  const by = { actor: operatorName(), reason: 'the carrier was set up in the ERP' };
  story.step({ who: 'acme 856', verb: 'replayed', text: await replay(stage.running.gateway, letter.id, by, { outOfOrder: false }) });
  await delivered(stage, shipNotice, signal);
  await delivered(stage, invoice, signal);
}

/** The message ids of Acme's ship notice and invoice; Borealis' documents pass them meanwhile. */
async function bothShip(stage: Stage, signal: AbortSignal): Promise<[shipNotice: string, invoice: string]> {
  const acme = async (): Promise<[string, string]> => {
    const shipNotice = await drop(stage, 'acme', '856', signal);
    await ended(stage, shipNotice, signal);
    const invoice = await drop(stage, 'acme', '810', signal);
    const settled = ['translated', ...ENDINGS];
    await stage.tap.line("the translation of Acme's invoice", (line) => line.messageId === invoice && settled.includes(line.msg), signal);
    return [shipNotice, invoice];
  };
  const borealis = async () => {
    await ended(stage, await drop(stage, 'borealis', '856', signal), signal);
    await ended(stage, await drop(stage, 'borealis', '810', signal), signal);
  };
  const [messages] = await Promise.all([acme(), borealis()]);
  return messages;
}

async function drop({ story, suppliers, tap }: Stage, partner: DemoPartner, set: DemoSet, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const { name, size } = await suppliers.drop(partner, set);
  story.step({
    who: `${partner} ${set}`,
    verb: 'dropped',
    text: `${size} bytes by SFTP: uploaded as .${name}.part, then renamed`,
  });
  const received = await tap.line(
    `the receipt of ${partner} ${name}`,
    (line) => line.msg === 'received' && line.partner === partner && line.filename === name,
    signal,
  );
  return received.messageId ?? '';
}

const ended = ({ tap }: Stage, messageId: string, signal: AbortSignal) =>
  tap.line(`the end of message ${messageId}`, (line) => line.messageId === messageId && ENDINGS.includes(line.msg), signal);

const delivered = ({ tap }: Stage, messageId: string, signal: AbortSignal) =>
  tap.line(`the delivery of message ${messageId}`, (line) => line.messageId === messageId && line.msg === 'delivered', signal);

async function deadLetterOf({ running: { gateway } }: Stage, messageId: string): Promise<DeadLetterDetail | undefined> {
  const letters = await listDeadLetters(gateway.database, gateway.tenant);
  const letter = letters.find((candidate) => candidate.messageId === messageId);
  return letter && findDeadLetter(gateway.database, gateway.tenant, letter.id);
}

function tellDeadLetter({ story, program }: Stage, letter: DeadLetterDetail): void {
  const attempt = letter.attempts.at(-1);
  story.chapter(
    'Nothing is hidden: the dead letter',
    `what     ${letter.subject} of ${letter.partner}, order ${letter.orderNumbers.join(', ')}`,
    `why      ${letter.endpoint} answered ${attempt?.status}: ${attempt?.responseBody}`,
    `behind   ${letter.blocks} later ${letter.blocks === 1 ? 'document' : 'documents'} of that order; no other order is held up`,
    'What an operator types:',
  );
  story.command(`${program} dead list`, 'by cause');
  story.command(`${program} dead show ${letter.id}`, 'cause, attempts, the event');
  story.command(`${program} replay ${letter.id}`, 'once its cause is mended');
}

/** The first ordered line with what the supplier says about it, segment by segment. */
function excerpt(document: Buffer, terminator: string): string[] {
  const segments = document
    .toString('latin1')
    .split(terminator)
    .map((segment) => segment.trim());
  const first = segments.findIndex((segment) => segment.startsWith('PO1'));
  const next = segments.findIndex((segment, i) => i > first && segment.startsWith('PO1'));
  return segments
    .slice(first, next)
    .filter((segment) => /^(PO1|ACK)/.test(segment))
    .map((segment) => `     ${segment}`);
}
