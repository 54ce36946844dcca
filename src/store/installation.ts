/** Which installation this database is. */
import type { Db } from './database.ts';

/** The id of this database's gateway: keeps its keys apart in a Redis that it shares. A restored backup is the same installation. */
export async function installationId(db: Db): Promise<string> {
  const { rows } = await db.query<{ id: string }>('select id from installation');
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the installation has no id');
  return id;
}
