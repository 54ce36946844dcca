/**
 * Is there room to take anything in? Intake stops before PostgreSQL has to refuse, so that what is left goes to what was received:
 * translation and delivery write too, and a server whose disk is full to the last byte can finish neither.
 *
 * Guarantees: while there is none, nothing is read from a source and nothing acknowledged; the log has one line when that begins and
 * one when it is over; PostgreSQL's own refusal (disk_full) counts as well, until a write goes through. The figures are a few seconds
 * old at most, which is what a burst can go over the limit by.
 */
import { statfs } from 'node:fs/promises';
import { formatSize } from '../core/byte-size.ts';
import type { Context } from '../core/context.ts';
import { GatewayError } from '../core/errors/errors.ts';
import { type Db, sqlStateOf } from './database.ts';

const LOOKED_AT_EVERY_MS = 5_000;
const REFUSED_FOR_MS = 15_000;
/** Room is there again only when there is somewhat more than the limit asks, so that intake does not flutter around it. */
const MARGIN = 1.05;
/** SQLSTATE of disk_full. */
const DISK_FULL = '53100';

export interface RoomLimits {
  /** Embedded stores: so many bytes of their disk stay free. */
  readonly disk?: { readonly directory: string; readonly reserve: number } | undefined;
  /** So large may the database grow by what is taken in. */
  readonly databaseBytes?: number | undefined;
}

export interface Room {
  /** Throws ERR_STORE_FULL while nothing may be taken in. */
  require(): Promise<void>;
  /** Why nothing may be taken in; undefined when it may. */
  shortage(): Promise<string | undefined>;
  /** What writing something received has thrown: ERR_STORE_FULL where PostgreSQL had no room for it, else as it is. */
  refused(thrown: unknown): unknown;
  /** Something received was committed. */
  taken(): void;
}

export function watchRoom(db: Db, limits: RoomLimits, { log, telemetry }: Pick<Context, 'log' | 'telemetry'>): Room {
  let limited: string | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  /** What PostgreSQL said. Only a write can tell whether that is over, so one is let through now and then. */
  let refusal: { readonly why: string; readonly until: number } | undefined;
  let told = false;

  const tell = (): void => {
    const why = limited ?? refusal?.why;
    if ((why !== undefined) === told) return;
    told = why !== undefined;
    telemetry.meter.setStoreFull(told);
    if (told) log.error({ code: 'ERR_STORE_FULL', why }, 'intake has stopped for want of room; what was received goes on');
    else log.info({}, 'there is room again, intake goes on');
  };
  const look = async (): Promise<void> => {
    try {
      limited = await overLimit(db, limits, limited !== undefined);
      lookedAt = performance.now();
      tell();
    } finally {
      looking = undefined;
    }
  };
  const shortage = async (): Promise<string | undefined> => {
    if (performance.now() - lookedAt >= LOOKED_AT_EVERY_MS) {
      looking ??= look();
      await looking;
    }
    return limited ?? (refusal !== undefined && performance.now() < refusal.until ? refusal.why : undefined);
  };
  return {
    shortage,
    async require() {
      const why = await shortage();
      if (why !== undefined) throw fullFault(why);
    },
    refused(thrown) {
      if (sqlStateOf(thrown) !== DISK_FULL) return thrown;
      const why = `PostgreSQL has no room: ${thrown instanceof Error ? thrown.message : 'disk full'}`;
      refusal = { why, until: performance.now() + REFUSED_FOR_MS };
      tell();
      return fullFault(why, thrown);
    },
    taken() {
      if (refusal === undefined) return;
      refusal = undefined;
      tell();
    },
  };
}

export const fullFault = (why: string, cause?: unknown): GatewayError =>
  new GatewayError('ERR_STORE_FULL', why, { cause, hint: 'nothing was acknowledged; make room, and intake goes on by itself' });

/** Why there is no room by the limits; `margin`: there was none, and now there must be somewhat more. */
export async function overLimit(db: Db, { disk, databaseBytes }: RoomLimits, margin: boolean): Promise<string | undefined> {
  if (disk !== undefined) {
    const free = await freeBytes(disk.directory);
    if (free < disk.reserve * (margin ? MARGIN : 1))
      return `expected ${formatSize(disk.reserve)} free on the disk of ${disk.directory}, found ${formatSize(free)}`;
  }
  if (databaseBytes !== undefined) {
    const size = await databaseSize(db);
    if (size > databaseBytes / (margin ? MARGIN : 1)) return `expected a database of at most ${formatSize(databaseBytes)}, found ${formatSize(size)}`;
  }
  return undefined;
}

/** What a process without special rights may still write there. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

export async function databaseSize(db: Db): Promise<number> {
  const { rows } = await db.query<{ size: number }>('select pg_database_size(current_database()) as size');
  return rows[0]?.size ?? 0;
}
