/** The record: one line for each request as an endpoint got it, written before it was answered. What is counted can be counted again from it. */
import type { Behaviour } from './schedule.ts';

/** What an endpoint does to every request until it is told otherwise; `reject` is 400, which no schedule has: it is for good. */
export type Conduct = Behaviour | 'healthy' | 'reject';

export interface Receipt {
  /** RFC 3339, the receiver's clock. */
  readonly time: string;
  /** The same in milliseconds since the epoch, with fractions. */
  readonly atMs: number;
  readonly endpoint: string;
  /** The idempotency key: the header `webhook-id`. */
  readonly webhookId: string;
  readonly eventId: string;
  readonly type: string;
  readonly orderKeys: readonly string[];
  readonly sequence: string;
  readonly attempt: number;
  /** Sent once more beside the order: the header `quayside-replay`. */
  readonly replay: boolean;
  /** Where the document came from, as the event's provenance has it; `arrival` is its partner's arrival number, added when the run is over. */
  readonly arrival: {
    readonly partner: string;
    readonly control: string;
    readonly messageId: string;
    readonly receivedAt: string;
    readonly arrival?: number;
    readonly ordinal?: number;
  };
  /** What the endpoint did. */
  readonly behaviour: Conduct;
  /** The status that was written; 0 where none was. */
  readonly answered: number;
  /** The endpoint took the document, whether or not it could say so. */
  readonly taken: boolean;
  /** `skewed`: right, but of a sender whose clock is far off. */
  readonly signature: 'valid' | 'skewed' | 'forged';
}
