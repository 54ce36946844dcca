/** What a receiver reads: the changes of one look at the rules, as a CloudEvent for machines and as a mail for people. */
import type { Mail } from './mail/send-mail.ts';

export interface Change {
  readonly rule: string;
  readonly subject: string;
  /** `risen`: a higher threshold was passed. */
  readonly change: 'begun' | 'risen' | 'repeated' | 'over';
  readonly level: number;
  readonly summary: string;
  readonly hint: string;
  /** RFC 3339. */
  readonly since: string;
}

export interface Notice {
  readonly id: string;
  readonly receiver: string;
  readonly changes: readonly Change[];
  /** Beyond those that are listed. */
  readonly more: number;
  readonly createdAt: Date;
}

export interface Sender {
  readonly tenant: string;
  readonly eventPrefix: string;
}

const WORDS = { begun: 'ALERT', risen: 'WORSE', repeated: 'STILL', over: 'OVER' } as const;

/** The same bytes at each try. */
export function eventOf(notice: Notice, { tenant, eventPrefix }: Sender): Buffer {
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: notice.id,
      type: `${eventPrefix}.operations.alerts_changed.v1`,
      source: `/tenants/${encodeURIComponent(tenant)}`,
      time: notice.createdAt.toISOString(),
      datacontenttype: 'application/json',
      data: { alerts: notice.changes, more: notice.more },
    }),
  );
}

export function mailOf(notice: Notice, { tenant }: Sender): Mail {
  const [first] = notice.changes;
  const others = notice.changes.length + notice.more - 1;
  const subject = `[quayside ${tenant}] ${first === undefined ? 'alerts' : `${WORDS[first.change]}: ${first.summary}`}`.slice(0, 150);
  const paragraphs = notice.changes.map(
    ({ change, rule, subject: about, summary, hint, since }) =>
      `${WORDS[change]} ${rule} ${about}\n  ${summary}\n  since ${since}${change === 'over' ? '' : `\n  what to do: ${hint}`}`,
  );
  if (notice.more > 0) paragraphs.push(`and ${notice.more} more`);
  return { id: notice.id, subject: others > 0 ? `${subject} (and ${others} more)` : subject, text: `${paragraphs.join('\n\n')}\n` };
}
