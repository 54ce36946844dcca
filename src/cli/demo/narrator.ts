/** Tells each log line of the gateway as a step of the story, with what the database and the ERP say about it. */
import { formatProblem } from '../../core/problem.ts';
import type { Gateway } from '../../pipeline/gateway.ts';
import { findMessage, type MessageDetail } from '../../store/message-queries.ts';
import type { Callback, DemoErp } from './demo-erp.ts';
import type { LogLine } from './log-tap.ts';
import { type Story, shortId } from './story.ts';

/** Log lines after which nothing more happens to a document by itself. */
export const ENDINGS: readonly string[] = [
  'delivered',
  'dead letter',
  'not translated: dead letter',
  'not read: dead letter',
  'no document in it: dead letter',
  'duplicate: these bytes were translated before',
  'duplicate: it says what was said before',
  'held: waits for a person',
  'quarantined: waits for a person',
];

export function createNarrator(story: Story, gateway: Gateway, erp: DemoErp): (line: LogLine) => Promise<void> {
  const { database, tenant } = gateway;
  const names = new Map<string, string>();

  const translated = (line: LogLine, who: string, message: MessageDetail) => {
    const document = message.documentRows.find((row) => row.id === line.documentId);
    if (document === undefined) return;
    for (const event of document.events) {
      const text = `by ${document.mapping} ${document.mappingVersion}, ${document.verdict.replaceAll('_', ' ')}: ${event.name}, order ${event.orderNumbers.join(', ')}`;
      story.step({ at: line.time, who, verb: 'translated', text });
      if (event.deliveries.some((delivery) => delivery.waiting > 0)) {
        story.step({
          at: line.time,
          who,
          verb: 'waits',
          text: 'behind an earlier document of its order that the ERP has not taken',
        });
      }
    }
  };

  const attempted = (line: LogLine, who: string, message: MessageDetail) => {
    const deliveries = message.documentRows.flatMap((row) => row.events.flatMap((event) => event.deliveries));
    const key = deliveries.find((delivery) => delivery.id === line.deliveryId)?.idempotencyKey ?? '';
    const callback = erp.callbacks.findLast((candidate) => candidate.key === key && candidate.attempt === line.attempt);
    const said = callback === undefined ? 'the ERP has no record of it' : `ERP: ${callback.status} ${callback.answer}`;
    if (line.msg === 'delivered')
      story.step({
        at: line.time,
        who,
        verb: 'delivered',
        text: `${said} · ${proof(callback, erp)}`,
        details: callback?.booked ? callback.facts : [],
      });
    else if (line.msg === 'dead letter') story.step({ at: line.time, who, verb: 'dead letter', text: `${said} · kept for a person to decide` });
    else
      story.step({
        at: line.time,
        who,
        verb: 'retried',
        text: `${said} · again in ${((line.delayMs ?? 0) / 1000).toFixed(1)} s, same key ${shortId(key)}`,
      });
  };

  return async (line) => {
    const id = line.messageId ?? '';
    if (line.msg === 'received') {
      names.set(id, `${line.partner} ${line.filename?.replace(/\.edi$/, '')}`);
      story.step({
        at: line.time,
        who: names.get(id) ?? '',
        verb: 'received',
        text: `as message ${shortId(id)}, sha256 ${shortId(line.sha256 ?? '')}, committed; the original goes to the archive`,
      });
      return;
    }
    const who = names.get(id) ?? 'gateway';
    const message = id === '' ? undefined : await findMessage(database, tenant, id);
    if (message !== undefined && line.msg === 'translated') translated(line, who, message);
    else if (message !== undefined && ['delivered', 'dead letter', 'will be retried'].includes(line.msg)) attempted(line, who, message);
    else if (message !== undefined && ENDINGS.includes(line.msg)) {
      const problems = [
        ...message.problems,
        ...message.documentRows.filter((row) => line.documentId === undefined || row.id === line.documentId).flatMap((row) => row.problems),
      ];
      story.step({
        at: line.time,
        who,
        verb: 'dead letter',
        text: line.msg.replace(': dead letter', ''),
        details: firstOf(problems.map(formatProblem)),
      });
    } else if (line.level === 'warn' || line.level === 'error')
      story.step({ at: line.time, who, verb: 'fault', text: `${line.msg}${reasonOf(line)}` });
  };
}

const reasonOf = ({ err }: LogLine): string => (err === undefined ? '' : `: ${typeof err === 'string' ? err : err.message}`);

const MOST_DETAILS = 3;

const firstOf = (details: readonly string[]): string[] =>
  details.length <= MOST_DETAILS
    ? [...details]
    : [...details.slice(0, MOST_DETAILS), `and ${details.length - MOST_DETAILS} more: quayside messages show`];

function proof(callback: Callback | undefined, erp: DemoErp): string {
  if (callback === undefined) return 'not verified';
  if (callback.signatureFault !== undefined) return callback.signatureFault;
  const isRepeat = erp.callbacks.find((other) => other.key === callback.key) !== callback;
  return `signature verified on the raw bytes, key ${shortId(callback.key)}${isRepeat ? ' as before' : ''}`;
}
