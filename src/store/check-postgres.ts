/** What doctor asks of PostgreSQL. */
import type { Db } from './database.ts';

export async function serverVersion(db: Db): Promise<string> {
  const { rows } = await db.query<{ server_version: string }>('show server_version');
  return rows[0]?.server_version ?? 'unknown';
}

/** How far `nowMs` (milliseconds since the epoch) is ahead of the server's clock; the round trip is halved. */
export async function serverClockSkewMs(db: Db, nowMs: () => number): Promise<number> {
  await db.query('select 1'); // the connection is made before the clocks are read
  const before = nowMs();
  const { rows } = await db.query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms');
  const after = nowMs();
  return (before + after) / 2 - (rows[0]?.ms ?? Number.NaN);
}
