/**
 * Token buckets in memory: one for each key, and one for each address from which keys are refused.
 *
 * Each process counts for itself, which is enough to keep one caller from crowding out the rest. A valid key is never held up by what
 * others do from its address (everybody behind one proxy has the same): only refusals are counted there, and only they are answered with 429.
 */
export interface Rate {
  readonly perSecond: number;
  /** At once. */
  readonly burst: number;
}

export interface Taken {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
  /** Until there is room for one. */
  readonly retryAfterSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** More callers than this at a time are forgotten, the longest unseen first; whoever is forgotten starts with a full bucket. */
const MOST_BUCKETS = 10_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #nowMs: () => number;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, nowMs: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#nowMs = nowMs;
  }

  take(who: string): Taken {
    const { perSecond, burst } = this.#rate;
    const now = this.#nowMs();
    const before = this.#buckets.get(who);
    const tokens = before === undefined ? burst : Math.min(burst, before.tokens + ((now - before.at) / 1000) * perSecond);
    const allowed = tokens >= 1;
    const left = allowed ? tokens - 1 : tokens;
    this.#buckets.delete(who);
    this.#buckets.set(who, { tokens: left, at: now });
    if (this.#buckets.size > MOST_BUCKETS) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return {
      allowed,
      limit: burst,
      remaining: Math.floor(left),
      resetSeconds: Math.ceil((burst - left) / perSecond),
      retryAfterSeconds: Math.max(1, Math.ceil((1 - left) / perSecond)),
    };
  }
}

/** As the IETF's draft-ietf-httpapi-ratelimit-headers had them when clients learned to read them. */
export function rateHeaders(taken: Taken): Record<string, string> {
  return {
    'ratelimit-limit': String(taken.limit),
    'ratelimit-remaining': String(taken.remaining),
    'ratelimit-reset': String(taken.resetSeconds),
    ...(taken.allowed ? {} : { 'retry-after': String(taken.retryAfterSeconds) }),
  };
}
