/** What every step of the pipeline is given: the stores, the files in force, the extensions, and a way to say "there is work". */
import type { Context } from '../core/context.ts';
import type { Channel, Destination, Format } from '../core/contracts.ts';
import type { Batcher } from '../store/batcher.ts';
import type { Database } from '../store/database.ts';
import type { ClaimedDelivery, ClaimRequest, Settled, Settlement } from '../store/deliveries.ts';
import type { NewMessage } from '../store/messages.ts';
import type { Room } from '../store/room.ts';
import type { Catalog } from './catalog.ts';
import type { MappingTally } from './tally-mapping.ts';

export interface Extensions {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly formats: ReadonlyMap<string, Format>;
  readonly destinations: ReadonlyMap<string, Destination>;
}

/** Work that a commit has made due; a nudge that gets lost costs at most the poll interval. */
export type Topic = 'translate' | 'deliver';

export interface Gateway extends Extensions {
  readonly tenant: string;
  /** Reverse DNS name in front of every event type. */
  readonly eventPrefix: string;
  /** Origin under which it is reached. */
  readonly publicUrl: string;
  /** Names this process in attempts and leases. */
  readonly worker: string;
  readonly database: Database;
  readonly context: Context;
  /** The partner, mapping and queue files in force at this moment. */
  catalog(): Catalog;
  /** Call after the commit, never inside a transaction: NOTIFY there serialises all commits. */
  nudge(topic: Topic): void;
  /** Asked before anything is taken in. */
  readonly room: Room;
  /** The message that a receipt key became, if it was received before. */
  readonly known: Batcher<string, string | undefined>;
  /** T1. */
  readonly insert: Batcher<NewMessage, { readonly id: string; readonly duplicate: boolean }>;
  readonly claim: Batcher<ClaimRequest, ClaimedDelivery | undefined>;
  readonly settle: Batcher<Settlement, Settled>;
  /** Keys (mapping-versions.ts) of mappings whose versions are known to stand for them. */
  readonly versionsTaken: Set<string>;
  readonly tally: MappingTally;
}
