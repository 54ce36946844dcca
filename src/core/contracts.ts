/**
 * What an extension is: a channel takes documents in, a format reads them, a destination hands events on.
 *
 * Each lives in one folder under channels/, formats/ or destinations/ and is found by `npm run gen`.
 */
import type { Static, TSchema } from '@sinclair/typebox';
import type { Acknowledging, InterchangeReading } from './acknowledgment.ts';
import type { Context } from './context.ts';
import type { Problem } from './problem.ts';
import type { SourceLoop } from './source-tree.ts';
import type { YamlFile } from './yaml-file.ts';

interface Spec<Kind extends string, Options extends TSchema> {
  readonly kind: Kind;
  /** The folder's name; what files say in `type:`. */
  readonly name: string;
  readonly summary: string;
  /** What a partner or queue file may say of one; the docs page and the editor schema are made from it. */
  readonly options: Options;
  /** Executed by the conformance suite: each must validate against `options`. */
  readonly examples: readonly { readonly title: string; readonly options: Static<Options> }[];
}

// ── Formats ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Raw bytes that can be read more than once. */
export interface RawSource {
  /** Reads from the first byte each time it is called. Chunks are of any size. */
  open(): AsyncIterable<Uint8Array>;
}

/** One independently addressed unit of a message: an X12 interchange from ISA to IEA, or a whole body. */
export interface SourceUnit {
  readonly offset: number;
  readonly length: number;
  /** Of exactly these bytes, hex: the root of every event's identity. */
  readonly sha256: string;
  /** Of an interchange: between whom it goes, and its number among theirs. */
  readonly interchange?: {
    /** ISA05 to ISA08 and ISA15 as one text: equal for all that are numbered in one sequence. */
    readonly parties: string;
    /** ISA13. */
    readonly control: string;
  };
}

export interface SourceEnvelope {
  readonly sender: { readonly qualifier: string; readonly id: string };
  readonly receiver: { readonly qualifier: string; readonly id: string };
  readonly interchangeControl: string;
  readonly groupControl: string;
  readonly transactionControl: string;
  /** Version and release as GS08 says, e.g. `004010`. */
  readonly version: string;
  /** ISA15 = T. */
  readonly test: boolean;
}

/** One document of a message: an X12 transaction set. A rejected one has faults and is never mapped. */
export interface ParsedDocument {
  readonly kind: 'document';
  /** 1-based in the message. */
  readonly ordinal: number;
  /** 0-based index of its unit, as `identify` yields them. */
  readonly unit: number;
  /** 1-based in its unit; part of the event's identity. */
  readonly unitOrdinal: number;
  /** What it is in the format's own words: `855`. */
  readonly type: string;
  readonly envelope: SourceEnvelope;
  readonly verdict: 'accepted' | 'accepted_with_errors' | 'rejected';
  readonly tree: SourceLoop;
  readonly offset: number;
  readonly segments: number;
  readonly faults: readonly Problem[];
}

/** A fault that belongs to no document: of an envelope, or of bytes between interchanges. */
export interface ParsedFault {
  readonly kind: 'fault';
  readonly fault: Problem;
}

export type Parsed = ParsedDocument | ParsedFault;

/** A file of its own beside partner.yaml, named by the option `guide`: what a partner's documents have more, or may have less. */
export interface FormatGuide {
  /** For editors. */
  readonly schema: TSchema;
  /** What `parse` takes; undefined when the file has faults. */
  read(file: YamlFile): { readonly guide?: unknown; readonly problems: readonly Problem[] };
}

/** Told of each interchange when it has ended, after all its documents: what its acknowledgments can say. */
export type InterchangeListener = (reading: InterchangeReading) => void;

export interface ParseExtras {
  /** As the format's `guide` read it. */
  readonly guide?: unknown;
  readonly onInterchange?: InterchangeListener | undefined;
}

export interface Format<Options extends TSchema = TSchema> extends Spec<'format', Options> {
  /** Looks at the first bytes (at most 4 KB). */
  detect(head: Uint8Array): boolean;
  /** A fast scan for units and their digests; streams, splits nothing. */
  identify(source: RawSource): AsyncIterable<SourceUnit>;
  readonly guide?: FormatGuide;
  /** Yields documents and faults in order. One bad document never spoils the rest; throws only when the stream itself breaks. */
  parse(source: RawSource, options: Static<Options>, extras?: ParseExtras): AsyncIterable<Parsed>;
  /** Absent where the format knows no acknowledgments. */
  readonly acknowledging?: Acknowledging;
}

// ── Channels ─────────────────────────────────────────────────────────────────────────────────────────────────

/** One hand-over by a source. The original is touched only after `accept`, which is called only after T1's commit. */
export interface Receipt {
  /** Identifies the hand-over, stable across redelivery: path + size + mtime, or an idempotency key. */
  readonly key: string;
  readonly filename: string;
  /** The bytes, once. Throws when the source breaks, grows or shrinks while it is read: then nothing was received. */
  read(): AsyncIterable<Uint8Array>;
  /** The message is stored: move the original to the archive. Safe to repeat. */
  accept(): Promise<void>;
}

/** What polling leaves in the log and in the channel's health. */
export interface ChannelReport {
  /** A file that is left for the next poll, and why. */
  skipped(filename: string, reason: string): void;
}

export interface Channel<Options extends TSchema = TSchema> extends Spec<'channel', Options> {
  /**
   * Connects, yields what is ready, disconnects. Called once a poll, by the one poller that holds the drop's lease;
   * `memory` is the channel's own between two polls (sizes seen last time) and is lost with the process.
   */
  poll(options: Static<Options>, context: Context, memory: Map<string, unknown>, report: ChannelReport, signal: AbortSignal): AsyncIterable<Receipt>;
  /**
   * What it once took and keeps, in the order in which it was handed over, under the same keys as then: for a database that was restored to
   * an earlier time. `since` leaves out what is older by the source's own times. `accept` changes nothing. Absent: it keeps nothing.
   */
  reread?(options: Static<Options>, context: Context, since: Date | undefined, report: ChannelReport, signal: AbortSignal): AsyncIterable<Receipt>;
  /** What the drop is called in a lease: two channels on one drop share it. */
  dropOf(options: Static<Options>): string;
  pollIntervalMs(options: Static<Options>): number;
  /** Really connects; throws a GatewayError that says what is wrong. */
  check(options: Static<Options>, context: Context): Promise<void>;
}

// ── Destinations ─────────────────────────────────────────────────────────────────────────────────────────────

/** How an attempt ended, as docs/architecture.md defines the classes. */
export const OUTCOME_CLASSES = ['delivered', 'not_sent', 'ambiguous', 'throttled', 'auth', 'gone', 'rejected', 'redirect', 'refused'] as const;
export type OutcomeClass = (typeof OUTCOME_CLASSES)[number];

export interface Outcome {
  readonly class: OutcomeClass;
  readonly status?: number | undefined;
  /** One sentence for ops; no secret, no payload. */
  readonly detail: string;
  /** Capped by the destination. */
  readonly responseBody?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

export interface Outgoing {
  /** The CloudEvent, or the document, as it is sent, byte for byte. */
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Of a document: what it is called where it becomes a file; the same on every attempt, and of no other document. */
  readonly filename?: string | undefined;
  readonly idempotencyKey: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** A delivery that had already succeeded and is sent again on request. */
  readonly replay: boolean;
  readonly traceparent: string | undefined;
  /** The whole attempt must have ended by then (monotonic, `performance.now()`). */
  readonly deadline: number;
}

export interface ProbeAnswer {
  readonly found: 'received' | 'absent' | 'unknown';
  /** One sentence for ops. */
  readonly detail: string;
}

export interface Destination<Options extends TSchema = TSchema> extends Spec<'destination', Options> {
  /** It puts files somewhere: of a document of ours it is given the bytes of the document, not the event that tells of it. */
  readonly files?: true;
  /** Never throws: every failure is an outcome. */
  deliver(outgoing: Outgoing, options: Static<Options>, context: Context, signal: AbortSignal): Promise<Outcome>;
  /**
   * Asks the endpoint whether it has this delivery already, before an ambiguous attempt is repeated (`idempotency: probe`). Never throws;
   * absent where the destination cannot ask. `unknown`: no clear answer, ask again later.
   */
  probe?(outgoing: Outgoing, options: Static<Options>, context: Context, signal: AbortSignal): Promise<ProbeAnswer>;
  /** Really connects, sends nothing; throws a GatewayError that says what is wrong. */
  check(options: Static<Options>, context: Context): Promise<void>;
  /** Lets go of kept connections, once no delivery is under way any more. */
  close?(): Promise<void>;
}
