/**
 * Raw bytes as they came, in PostgreSQL, in chunks of 1 MB.
 *
 * One store to back up and no shared volume between replicas; a large document streams in and out with one chunk in
 * memory. Large documents are written before the message that owns them: a blob without a message is an upload that broke.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { RawSource } from '../core/contracts.ts';
import type { Db } from './database.ts';

export const CHUNK_BYTES = 1024 * 1024;

export interface StoredBytes {
  readonly blobId: string;
  readonly size: number;
  readonly sha256: string;
  /** The bytes of a document that fits into one chunk: they are written by the statement that writes the message. */
  readonly inline: Uint8Array | undefined;
}

/** Reads to the end. A small document is kept for T1's own statement; a large one is streamed to the store, a commit per chunk. */
export async function storeRaw(db: Db, tenant: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredBytes> {
  const blobId = randomUUID();
  const hash = createHash('sha256');
  let size = 0;
  let n = 0;
  let inline: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of rechunk(bytes)) {
    hash.update(chunk);
    size += chunk.length;
    if (n === 0 && chunk.length < CHUNK_BYTES) {
      inline = chunk;
      break;
    }
    if (n === 0) await db.query('insert into raw_blob (id, tenant) values ($1, $2)', [blobId, tenant]);
    inline = undefined;
    await db.query('insert into raw_chunk (tenant, blob_id, n, bytes) values ($1, $2, $3, $4)', [tenant, blobId, n, chunk]);
    n++;
  }
  const sha256 = hash.digest('hex');
  if (inline === undefined) await db.query('update raw_blob set size = $2, sha256 = $3 where id = $1', [blobId, size, sha256]);
  return { blobId, size, sha256, inline };
}

/** Regroups chunks of any size into chunks of 1 MB, the last one shorter. */
async function* rechunk(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of bytes) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < CHUNK_BYTES) continue;
    const whole = Buffer.concat(held, heldBytes);
    let offset = 0;
    for (; whole.length - offset >= CHUNK_BYTES; offset += CHUNK_BYTES) yield whole.subarray(offset, offset + CHUNK_BYTES);
    const rest = whole.subarray(offset);
    held = rest.length > 0 ? [rest] : [];
    heldBytes = rest.length;
  }
  if (heldBytes > 0) yield Buffer.concat(held, heldBytes);
}

/** The bytes of a blob, readable more than once. */
export function openRaw(db: Db, blobId: string, size: number): RawSource {
  return {
    async *open() {
      const chunks = Math.ceil(size / CHUNK_BYTES);
      for (let n = 0; n < chunks; n++) {
        const { rows } = await db.query<{ bytes: Buffer }>('select bytes from raw_chunk where blob_id = $1 and n = $2', [blobId, n]);
        const bytes = rows[0]?.bytes;
        if (bytes === undefined) throw new Error(`raw blob ${blobId}: chunk ${n} of ${chunks} is missing`);
        yield bytes;
      }
    },
  };
}

/** Removes what broken uploads left behind more than a day ago. Returns how many. */
export async function removeOrphanedRaw(db: Db): Promise<number> {
  const { rowCount } = await db.query(
    `delete from raw_blob b where b.created_at < now() - interval '1 day' and not exists (select from message m where m.blob_id = b.id)`,
  );
  return rowCount ?? 0;
}
