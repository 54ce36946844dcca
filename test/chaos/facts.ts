/** What PostgreSQL says at the end of a run, in the words of the invariants. */
import type { Database } from '../../src/store/database.ts';
import { misplacedDeliveries } from '../../src/store/order-keys.ts';
import type { Facts, HandedIn, StoredAttempt, StoredDelivery, StoredDocument } from './invariants.ts';

const TENANT = 'default';

/** `seen`: what others than PostgreSQL know. */
export async function gatherFacts(
  database: Database,
  handedIn: readonly HandedIn[],
  seen: Pick<Facts, 'followed' | 'refusals' | 'aged'>,
): Promise<Facts> {
  const [documents, deliveries, attempts, misplaced] = await Promise.all([
    storedDocuments(database),
    storedDeliveries(database),
    storedAttempts(database),
    misplacedDeliveries(database, TENANT),
  ]);
  return { handedIn, documents, deliveries, attempts, misplaced, ...seen };
}

/** A message that was not translated names its document by its file, `<control>.edi`: the feed calls them so. */
async function storedDocuments(database: Database): Promise<StoredDocument[]> {
  const { rows } = await database.query<StoredDocument>(
    `select m.partner, coalesce((d.envelope->>'interchangeControl') || '/' || (d.envelope->>'transactionControl'),
                     substring(m.filename from '([0-9]{9})') || '/0001') as control, m.arrival,
            coalesce(d.ordinal, 1) as ordinal, m.state as "messageState", d.state as "documentState", e.id as "eventId"
     from message m left join document d on d.message_id = m.id left join event e on e.document_id = d.id
     where m.tenant = $1`,
    [TENANT],
  );
  return rows;
}

async function storedDeliveries(database: Database): Promise<StoredDelivery[]> {
  const { rows } = await database.query<StoredDelivery>(
    `select v.id, v.endpoint, v.event_id as "eventId", v.state, v.idempotency_key as "idempotencyKey", v.replay_of as "replayOf",
            p.state <> 'active' as parked,
            case v.state when 'in_flight' then v.attempt_count end as "underWay"
     from delivery v join endpoint p on p.tenant = v.tenant and p.name = v.endpoint where v.tenant = $1`,
    [TENANT],
  );
  return rows;
}

async function storedAttempts(database: Database): Promise<StoredAttempt[]> {
  const { rows } = await database.query<StoredAttempt>(
    `select delivery_id as "deliveryId", n, extract(epoch from started_at)::float8 * 1000 as "startedMs",
            extract(epoch from ended_at)::float8 * 1000 as "endedMs", class from delivery_attempt where tenant = $1`,
    [TENANT],
  );
  return rows;
}
