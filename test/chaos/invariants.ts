/**
 * The invariants of delivery, counted from both ends: what the endpoints recorded, and what PostgreSQL says. Pure.
 *
 * `lost`, `doubled` and `outOfOrder` mean what the design says (delivery.md, I1 to I3). The further figures are promises that those three
 * cannot see: a second send under the same key that no attempt stands for, an outcome committed after its lease was lost, a document tried
 * before its predecessor was taken. All of them must be 0.
 */
import type { Receipt } from './receipt.ts';

/** One document as the supplier knows it. */
export interface HandedIn {
  readonly partner: string;
  readonly control: string;
  /** The source was told that it was received: the file lies in the archive, or `receive` returned. */
  readonly acknowledged: boolean;
  /** Which endpoints subscribed to what it becomes. */
  readonly endpoints: readonly string[];
}

/** One document as PostgreSQL knows it; a message of which nothing was read yet has no document. */
export interface StoredDocument {
  readonly partner: string;
  readonly control: string;
  readonly arrival: number;
  readonly ordinal: number;
  readonly messageState: string;
  readonly documentState: string | null;
  readonly eventId: string | null;
}

export interface StoredDelivery {
  readonly id: string;
  readonly endpoint: string;
  readonly eventId: string;
  readonly state: string;
  readonly idempotencyKey: string;
  readonly replayOf: string | null;
  /** Waits behind an endpoint that is parked or disabled. */
  readonly parked: boolean;
  /** The number of the attempt under way, which has no row yet. */
  readonly underWay: number | null;
}

export interface StoredAttempt {
  readonly deliveryId: string;
  readonly n: number;
  /** PostgreSQL's clock, milliseconds. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** The class of its outcome. */
  readonly class: string;
}

export interface Facts {
  readonly handedIn: readonly HandedIn[];
  readonly documents: readonly StoredDocument[];
  readonly deliveries: readonly StoredDelivery[];
  readonly attempts: readonly StoredAttempt[];
  /** Deliveries whose place in the order does not agree with their keys. */
  readonly misplaced: readonly string[];
  /** Requests at the place that redirects lead to. */
  readonly followed: number;
  /** Log lines of statements that an index of PostgreSQL refused. */
  readonly refusals: readonly string[];
  /** Deliveries that were given up for their age, though no run lasts so long. */
  readonly aged: readonly string[];
}

export interface Figures {
  /** Event × endpoint, of documents whose source was told, or that are in PostgreSQL. */
  readonly committed: number;
  readonly delivered: number;
  readonly pending: number;
  readonly parked: number;
  readonly dead: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Tried before its predecessor in one of its orders was taken. */
  readonly overtaken: number;
  /** Requests that no attempt in PostgreSQL stands for, or a second one of the same attempt. */
  readonly unclaimed: number;
  /** Attempts at a delivery that had been delivered already: a hint was trusted. */
  readonly repeated: number;
  /** Attempts that ended after the next one had begun. */
  readonly unfenced: number;
  /** Statements that only a unique index stopped: the code had gone wrong before. */
  readonly refused: number;
  readonly forged: number;
  readonly followed: number;
  readonly misplaced: number;
  /** Given up for their age by a clock that is not PostgreSQL's. */
  readonly aged: number;
  /** The first of each kind, in words. */
  readonly findings: readonly string[];
}

const PENDING = new Set(['pending', 'queued', 'in_flight', 'retry_wait']);
const SHOWN_OF_EACH = 5;

export function countFigures(receipts: readonly Receipt[], facts: Facts): Figures {
  const findings = new Findings();
  const fate = countFates(receipts, facts, findings);
  const order = countOrder(receipts, facts, findings);
  return {
    ...fate,
    doubled: countDoubled(receipts, facts, findings),
    ...order,
    unclaimed: countUnclaimed(receipts, facts, findings),
    repeated: countRepeated(facts, findings),
    unfenced: countUnfenced(facts, findings),
    refused: facts.refusals.filter((line) => findings.add('refused', line)).length,
    forged: receipts.filter((receipt) => receipt.signature === 'forged' && findings.add('forged', `${receipt.webhookId} at ${receipt.endpoint}`))
      .length,
    followed: facts.followed,
    misplaced: facts.misplaced.filter((id) => findings.add('misplaced', id)).length,
    aged: facts.aged.filter((id) => findings.add('aged', id)).length,
    findings: findings.lines,
  };
}

/** What every run reports: nothing lost, nothing doubled, in order. */
export const promiseOf = ({ lost, doubled, outOfOrder }: Figures) => ({ lost, doubled, outOfOrder });

/** Figures other than 0 that must be 0, in words; nothing that is still pending counts as well. */
export function faultsOf(figures: Figures): string[] {
  const names = [
    'lost',
    'doubled',
    'outOfOrder',
    'overtaken',
    'unclaimed',
    'repeated',
    'unfenced',
    'refused',
    'forged',
    'followed',
    'misplaced',
    'aged',
    'pending',
    'parked',
  ] as const;
  const faults = names.filter((name) => figures[name] !== 0).map((name) => `${name} is ${figures[name]}`);
  return figures.committed === 0 ? [...faults, 'nothing was committed'] : faults;
}

class Findings {
  readonly lines: string[] = [];
  readonly #shown = new Map<string, number>();

  /** Always true, so that it can stand in a filter. */
  add(kind: string, what: string): true {
    const shown = this.#shown.get(kind) ?? 0;
    this.#shown.set(kind, shown + 1);
    if (shown < SHOWN_OF_EACH) this.lines.push(`${kind}: ${what}`);
    return true;
  }
}

const pairOf = (endpoint: string, eventId: string) => `${endpoint} ${eventId}`;
const documentOf = ({ partner, control }: { partner: string; control: string }) => `${partner}/${control}`;

/** I1: every committed event × endpoint is delivered at both ends, or visible. */
function countFates(receipts: readonly Receipt[], facts: Facts, findings: Findings) {
  const taken = new Set(receipts.filter((receipt) => receipt.taken).map((receipt) => pairOf(receipt.endpoint, receipt.eventId)));
  const stored = new Map(facts.documents.map((document) => [documentOf(document), document]));
  const deliveries = new Map(facts.deliveries.filter((d) => d.replayOf === null).map((d) => [pairOf(d.endpoint, d.eventId), d]));
  const counts = { committed: 0, delivered: 0, pending: 0, parked: 0, dead: 0, lost: 0 };
  const lose = (what: string) => {
    counts.lost++;
    findings.add('lost', what);
  };
  for (const handed of facts.handedIn) {
    const document = stored.get(documentOf(handed));
    if (document === undefined && !handed.acknowledged) continue;
    for (const endpoint of handed.endpoints) {
      counts.committed++;
      const name = `${documentOf(handed)} for ${endpoint}`;
      if (document === undefined) lose(`${name}: the source was told, PostgreSQL does not have it`);
      else if (document.eventId === null) {
        if (document.messageState === 'received') counts.pending++;
        else if (document.messageState === 'failed' || VISIBLE.has(document.documentState ?? '')) counts.dead++;
        else lose(`${name}: its message is ${document.messageState}, its document ${document.documentState}, there is no event`);
      } else {
        const delivery = deliveries.get(pairOf(endpoint, document.eventId));
        const arrived = taken.has(pairOf(endpoint, document.eventId));
        if (delivery === undefined) lose(`${name}: there is no delivery`);
        else if (delivery.state === 'succeeded' && arrived) counts.delivered++;
        else if (delivery.state === 'succeeded') lose(`${name}: succeeded, but the endpoint never took it`);
        else if (delivery.state === 'dead') counts.dead++;
        else if (!PENDING.has(delivery.state)) lose(`${name}: it is ${delivery.state}, which nobody asked for`);
        else if (delivery.parked) counts.parked++;
        else counts.pending++;
      }
    }
  }
  return counts;
}

/** Documents without an event that a person sees as dead letters or in quarantine. */
const VISIBLE = new Set(['rejected', 'failed', 'quarantined', 'held']);

/** I2: one idempotency key for an event at an endpoint, ever, and it is the one in PostgreSQL. */
function countDoubled(receipts: readonly Receipt[], facts: Facts, findings: Findings): number {
  const keys = new Map<string, Set<string>>();
  const note = (pair: string, key: string) => keys.set(pair, (keys.get(pair) ?? new Set()).add(key));
  for (const receipt of receipts) note(pairOf(receipt.endpoint, receipt.eventId), receipt.webhookId);
  for (const delivery of facts.deliveries) note(pairOf(delivery.endpoint, delivery.eventId), delivery.idempotencyKey);
  return [...keys].filter(([pair, set]) => set.size > 1 && findings.add('doubled', `${pair}: ${[...set].join(', ')}`)).length;
}

interface Seen {
  readonly eventId: string;
  readonly first: number;
  readonly taken: number;
}

/** I3: per endpoint and order key, first receipts in the order of arrival; and none before its predecessor was taken. */
function countOrder(receipts: readonly Receipt[], facts: Facts, findings: Findings): { outOfOrder: number; overtaken: number } {
  const arrivals = new Map(facts.documents.flatMap((d) => (d.eventId === null ? [] : [[d.eventId, d] as const])));
  const lanes = new Map<string, Map<string, Seen>>();
  for (const [i, receipt] of receipts.entries()) {
    if (receipt.replay || !arrivals.has(receipt.eventId)) continue;
    for (const key of receipt.orderKeys) {
      const name = `${receipt.endpoint} ${key}`;
      const lane = lanes.get(name) ?? new Map<string, Seen>();
      lanes.set(name, lane);
      const seen = lane.get(receipt.eventId) ?? { eventId: receipt.eventId, first: i, taken: Number.POSITIVE_INFINITY };
      lane.set(receipt.eventId, receipt.taken && seen.taken === Number.POSITIVE_INFINITY ? { ...seen, taken: i } : seen);
    }
  }
  let outOfOrder = 0;
  let overtaken = 0;
  const before = (a: Seen, b: Seen) => {
    const [x, y] = [arrivals.get(a.eventId), arrivals.get(b.eventId)];
    return (x?.arrival ?? 0) - (y?.arrival ?? 0) || (x?.ordinal ?? 0) - (y?.ordinal ?? 0);
  };
  for (const [name, lane] of lanes) {
    const inArrivalOrder = [...lane.values()].sort(before);
    const firsts: number[] = [];
    let predecessorTaken = -1;
    for (const seen of inArrivalOrder) {
      const at = upperBound(firsts, seen.first);
      const inversions = firsts.length - at;
      firsts.splice(at, 0, seen.first);
      if (inversions > 0) findings.add('out of order', `${name}: ${seen.eventId} came before ${inversions} that had arrived earlier`);
      outOfOrder += inversions;
      if (seen.first < predecessorTaken && findings.add('overtaken', `${name}: ${seen.eventId} was tried before its predecessor was taken`))
        overtaken++;
      predecessorTaken = Math.max(predecessorTaken, seen.taken);
    }
  }
  return { outOfOrder, overtaken };
}

/** How many of the sorted numbers are not above `value`. */
function upperBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each request stands for one attempt that was claimed in PostgreSQL, and each attempt for one request at most. */
function countUnclaimed(receipts: readonly Receipt[], facts: Facts, findings: Findings): number {
  const pairs = new Map(facts.deliveries.map((delivery) => [delivery.id, pairOf(delivery.endpoint, delivery.eventId)]));
  const claimed = new Map<string, number>();
  const claim = (deliveryId: string, n: number) => {
    const name = `${pairs.get(deliveryId)} ${n}`;
    claimed.set(name, (claimed.get(name) ?? 0) + 1);
  };
  for (const attempt of facts.attempts) claim(attempt.deliveryId, attempt.n);
  for (const { id, underWay } of facts.deliveries) if (underWay !== null) claim(id, underWay);
  return receipts.filter((receipt) => {
    const name = `${pairOf(receipt.endpoint, receipt.eventId)} ${receipt.attempt}`;
    const left = claimed.get(name) ?? 0;
    claimed.set(name, left - 1);
    return left <= 0 && findings.add('unclaimed', `${name}: no attempt in PostgreSQL stands for this request`);
  }).length;
}

/** What was delivered is at an end: a replay of it is a delivery of its own. */
function countRepeated(facts: Facts, findings: Findings): number {
  const delivered = new Map<string, number>();
  for (const { deliveryId, n, class: outcome } of facts.attempts) {
    if (outcome === 'delivered') delivered.set(deliveryId, Math.min(n, delivered.get(deliveryId) ?? n));
  }
  return facts.attempts.filter(({ deliveryId, n }) => {
    const before = delivered.get(deliveryId);
    return before !== undefined && n > before && findings.add('repeated', `attempt ${n} of ${deliveryId}, which attempt ${before} had delivered`);
  }).length;
}

/** An attempt is over, at the latest by another worker's taking it over, before the next one begins. */
function countUnfenced(facts: Facts, findings: Findings): number {
  const attempts = new Map(facts.attempts.map((attempt) => [`${attempt.deliveryId} ${attempt.n}`, attempt]));
  return facts.attempts.filter((attempt) => {
    const next = attempts.get(`${attempt.deliveryId} ${attempt.n + 1}`);
    if (next === undefined || attempt.endedMs <= next.startedMs) return false;
    return findings.add('unfenced', `attempt ${attempt.n} of ${attempt.deliveryId} was not over when the next began`);
  }).length;
}
