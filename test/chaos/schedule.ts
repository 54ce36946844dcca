/**
 * The faults of a run, all decided before it begins: kinds, targets and times follow from the seed alone.
 *
 * A run of 100 s or more has an outage of 60 s of each store, partly at the same time. Two faults never share a track (a gateway, a
 * store, an endpoint), so that each one ends as it is meant to.
 */
import { FAILPOINTS, type Failpoint } from '../../src/core/failpoints.ts';
import { type Random, seeded } from './random.ts';

/** What an endpoint may do to a request instead of taking it. */
export const BEHAVIOURS = [
  /** No answer, until long after the gateway's deadline. */
  'hang',
  /** 503. */
  'unavailable',
  /** 429 with Retry-After. */
  'throttle',
  /** The connection breaks after the whole body was read; the document was not taken. */
  'reset',
  /** The document was taken; the connection breaks in the middle of the answer. */
  'taken-then-reset',
  /** 200 at once, and a body that trickles for longer than the deadline. */
  'trickle',
  /** 500. */
  'error',
  /** A redirect, to the metadata address of a cloud or to a trap of ours that tells whether it was followed. */
  'redirect',
  /** The connection is closed as soon as it is made. */
  'drop',
  /** 401, which parks the endpoint until someone resumes it. */
  'unauthorised',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'kill'; readonly gateway: number; readonly downMs: number }
  | { readonly kind: 'failpoint'; readonly gateway: number; readonly name: Failpoint }
  | { readonly kind: 'pause'; readonly gateway: number; readonly forMs: number }
  | { readonly kind: 'clock-jump'; readonly gateway: number; readonly byMs: number }
  | { readonly kind: 'redis-flush' }
  | { readonly kind: 'redis-outage'; readonly forMs: number; readonly emptied: boolean }
  | { readonly kind: 'postgres-crash' }
  | { readonly kind: 'postgres-outage'; readonly forMs: number; readonly immediate: boolean }
  | { readonly kind: 'terminate-backends'; readonly count: number }
  | { readonly kind: 'exhaust-connections'; readonly forMs: number }
  | { readonly kind: 'lock'; readonly what: 'endpoint' | 'order-keys' | 'deliveries'; readonly forMs: number }
  | { readonly kind: 'stale-hints'; readonly count: number }
  | { readonly kind: 'late-outcome'; readonly endpoint: string; readonly gateway: number; readonly forMs: number }
  | { readonly kind: 'endpoint'; readonly endpoint: string; readonly behaviour: Behaviour; readonly forMs: number }
);

/** A fault before it has a time. */
type Untimed<F = Fault> = F extends Fault ? Omit<F, 'atMs'> : never;

export interface Stage {
  readonly gateways: number;
  readonly endpoints: readonly string[];
}

/** When faults may begin: before that the load gets going. */
const FIRST_MS = 3_000;
const LONG_OUTAGE_MS = 60_000;
const SHORT_OUTAGE_MS = 3_000;
const LONG_RUN_MS = 100_000;
/** A delivery's lease (its timeout of 1 s and 15 s of slack), until its endpoint's window is full, and until the late outcome is told. */
const LATE_OUTCOME_MS = 26_000;
/** The track of PostgreSQL's absence: what needs work going on is not put there. */
const AWAY = 'postgres-away';
/** Those that such a load reaches; a replay job has failpoints of its own. */
const REACHED = FAILPOINTS.filter((name) => !/^(replay|upload)\./.test(name));

export function buildSchedule(seed: number, seconds: number, stage: Stage): Fault[] {
  const plan = new Plan(seeded(seed), seconds * 1000, stage);
  if (seconds * 1000 >= LONG_RUN_MS) plan.longOutages();
  if (seconds * 1000 >= FIRST_MS + LATE_OUTCOME_MS + 10_000) plan.lateOutcome();
  plan.gateways();
  plan.stores();
  plan.endpoints();
  return plan.faults();
}

interface Span {
  readonly from: number;
  readonly to: number;
}

class Plan {
  readonly #random: Random;
  readonly #endMs: number;
  readonly #stage: Stage;
  readonly #faults: Fault[] = [];
  readonly #tracks = new Map<string, Span[]>();

  constructor(random: Random, endMs: number, stage: Stage) {
    this.#random = random;
    this.#endMs = endMs;
    this.#stage = stage;
  }

  faults(): Fault[] {
    return this.#faults.sort((a, b) => a.atMs - b.atMs);
  }

  longOutages(): void {
    const random = this.#random;
    // Overlapping by as much as the run is too short for both, and some seconds more: both stores are away at once, each is away alone.
    const room = this.#endMs - FIRST_MS - 5_000;
    const least = Math.max(10_000, 2 * LONG_OUTAGE_MS - room + 15_000);
    const overlap = Math.min(50_000, least + random.between(0, 15_000));
    const first = FIRST_MS + random.between(2_000, Math.max(2_000, room - (2 * LONG_OUTAGE_MS - overlap)));
    const second = first + LONG_OUTAGE_MS - overlap;
    const redisFirst = random.next() < 0.5;
    const redisAt = redisFirst ? first : second;
    const postgresAt = redisFirst ? second : first;
    this.#put(redisAt, ['redis'], LONG_OUTAGE_MS, { kind: 'redis-outage', forMs: LONG_OUTAGE_MS, emptied: random.next() < 0.5 });
    this.#put(postgresAt, ['postgres', AWAY], LONG_OUTAGE_MS, { kind: 'postgres-outage', forMs: LONG_OUTAGE_MS, immediate: random.next() < 0.5 });
  }

  /** The other gateways are held still for a moment too, whatever else happens to them. */
  lateOutcome(): void {
    const gateway = this.#random.between(0, this.#stage.gateways - 1);
    const [endpoint = ''] = this.#stage.endpoints;
    const tracks = [`gateway-${gateway}`, `endpoint-${endpoint}`, 'postgres'];
    // Early, before the stores are disturbed, unless a long outage is already there.
    const at = this.#tracks.has('postgres') ? this.#find(tracks, LATE_OUTCOME_MS) : FIRST_MS + this.#random.between(0, 2_000);
    if (at !== undefined) this.#put(at, tracks, LATE_OUTCOME_MS, { kind: 'late-outcome', endpoint, gateway, forMs: LATE_OUTCOME_MS });
  }

  stores(): void {
    const random = this.#random;
    const times = (perMinute: number) => Math.max(1, Math.round((perMinute * this.#endMs) / 60_000));
    this.#try(['redis'], SHORT_OUTAGE_MS, { kind: 'redis-outage', forMs: SHORT_OUTAGE_MS, emptied: false });
    this.#try(['postgres', AWAY], SHORT_OUTAGE_MS + 1_500, { kind: 'postgres-outage', forMs: SHORT_OUTAGE_MS, immediate: random.next() < 0.5 });
    for (let i = 0; i < times(1); i++) {
      const forMs = random.between(2_000, 4_000);
      this.#try(['postgres'], forMs, { kind: 'exhaust-connections', forMs });
    }
    for (let i = 0; i < times(2); i++) {
      const forMs = random.between(1_000, 4_000);
      this.#try(['postgres'], forMs, { kind: 'lock', what: random.pick(['endpoint', 'order-keys', 'deliveries'] as const), forMs });
    }
    for (let i = 0; i < times(1); i++) this.#try(['postgres', AWAY], 2_000, { kind: 'postgres-crash' });
    for (let i = 0; i < times(2); i++) this.#try(['redis'], 300, { kind: 'redis-flush' });
    for (let i = 0; i < times(3); i++) this.#try(['backends'], 300, { kind: 'terminate-backends', count: random.between(1, 12) }, [AWAY]);
    for (let i = 0; i < times(10); i++) this.#try(['redis'], 300, { kind: 'stale-hints', count: random.between(20, 80) }, [AWAY]);
  }

  gateways(): void {
    const random = this.#random;
    const each = (act: (gateway: string, number: number) => void) => {
      const number = random.between(0, this.#stage.gateways - 1);
      act(`gateway-${number}`, number);
    };
    each((track, gateway) =>
      this.#try([track], 10_000, { kind: 'clock-jump', gateway, byMs: random.pick([-1, 1]) * random.between(1, 12) * 3_600_000 }, [AWAY]),
    );
    this.failpoints();
    for (let i = 0; i < Math.max(1, Math.round(this.#endMs / 30_000)); i++) {
      const downMs = random.between(200, 3_000);
      each((track, gateway) => this.#try([track], downMs + 4_000, { kind: 'kill', gateway, downMs }));
    }
    const forMs = random.between(1_000, 3_000);
    each((track, gateway) => this.#try([track], forMs, { kind: 'pause', gateway, forMs }));
  }

  /** Each at whichever gateway has room for it: they need the most time of all. */
  failpoints(): void {
    const random = this.#random;
    const numbers = Array.from({ length: this.#stage.gateways }, (_, i) => i);
    // Until it is started and has come to that place, nothing else happens to it; if that takes longer it stays armed.
    const lastsMs = Math.min(13_000, this.#endMs / 2);
    for (const name of shuffled(random, REACHED).slice(0, Math.max(1, Math.round(this.#endMs / 20_000)))) {
      for (const gateway of shuffled(random, numbers)) {
        if (this.#try([`gateway-${gateway}`], lastsMs, { kind: 'failpoint', gateway, name }, [AWAY])) break;
      }
    }
  }

  endpoints(): void {
    const random = this.#random;
    const perEndpoint = Math.max(2, Math.round(this.#endMs / 12_000));
    for (const endpoint of this.#stage.endpoints) {
      for (let i = 0; i < perEndpoint; i++) {
        const behaviour = random.pick(BEHAVIOURS);
        // Redirects are dead letters one by one: a moment of them is enough.
        const forMs = behaviour === 'redirect' || behaviour === 'unauthorised' ? random.between(200, 500) : random.between(700, 4_000);
        this.#try([`endpoint-${endpoint}`], forMs + 500, { kind: 'endpoint', endpoint, behaviour, forMs });
      }
    }
  }

  /** At some free time; false, and not at all, when there is none. */
  #try(tracks: readonly string[], lastsMs: number, fault: Untimed, notDuring: readonly string[] = []): boolean {
    const at = this.#find([...tracks, ...notDuring], lastsMs);
    if (at !== undefined) this.#put(at, tracks, lastsMs, fault);
    return at !== undefined;
  }

  #find(tracks: readonly string[], lastsMs: number): number | undefined {
    const latest = this.#endMs - lastsMs;
    for (let attempt = 0; attempt < 40 && latest >= FIRST_MS; attempt++) {
      const at = this.#random.between(FIRST_MS, latest);
      const free = tracks.every((track) => (this.#tracks.get(track) ?? []).every((span) => at + lastsMs < span.from || at > span.to));
      if (free) return at;
    }
    return undefined;
  }

  #put(atMs: number, tracks: readonly string[], lastsMs: number, fault: Untimed): void {
    this.#take(tracks, atMs, lastsMs);
    this.#faults.push({ atMs, ...fault } as Fault);
  }

  #take(tracks: readonly string[], from: number, lastsMs: number): void {
    for (const track of tracks) this.#tracks.set(track, [...(this.#tracks.get(track) ?? []), { from, to: from + lastsMs + 500 }]);
  }
}

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const rest = [...from];
  return from.map(() => rest.splice(random.between(0, rest.length - 1), 1)[0] as T);
}
