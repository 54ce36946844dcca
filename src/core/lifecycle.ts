/**
 * The life of a delivery as one total table: state × event → state.
 *
 * A pair that must have no effect says so (`stale`): a hint, a lease or a click that came too late. Typed without
 * `Partial`, so that a forgotten case does not compile. SQL takes its states from here (`statesBefore`).
 */
export type DeliveryState = 'pending' | 'queued' | 'in_flight' | 'retry_wait' | 'succeeded' | 'dead' | 'skipped' | 'discarded' | 'superseded';

export type DeliveryEvent =
  /** A dispatcher puts it into its endpoint's window. */
  | 'dispatch'
  /** Its hint was not taken in time, or the queue was emptied. */
  | 'unqueue'
  /** A worker takes it under a lease. */
  | 'claim'
  /** It goes back uncharged: the endpoint was parked, or the worker shuts down. */
  | 'release'
  | 'succeed'
  | 'retry'
  | 'die'
  /** Ops: once more, in its old place. */
  | 'replay'
  /** Ops: let the order go on without it; it can be replayed out of order later. */
  | 'skip'
  /** Ops: given up for good. */
  | 'discard'
  /** Ops: its endpoint is no more, and nobody gets it. */
  | 'retire'
  /** A newer event of the same order made it pointless. */
  | 'supersede';

const no = 'stale';

export const LIFECYCLE: Record<DeliveryState, Record<DeliveryEvent, DeliveryState | 'stale'>> = {
  pending: {
    dispatch: 'queued',
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: no,
    skip: no,
    discard: no,
    retire: 'discarded',
    supersede: 'superseded',
  },
  queued: {
    dispatch: no,
    unqueue: 'pending',
    claim: 'in_flight',
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: no,
    skip: no,
    discard: no,
    retire: no,
    supersede: no,
  },
  in_flight: {
    dispatch: no,
    unqueue: no,
    claim: no,
    release: 'pending',
    succeed: 'succeeded',
    retry: 'retry_wait',
    die: 'dead',
    replay: no,
    skip: no,
    discard: no,
    retire: no,
    supersede: no,
  },
  retry_wait: {
    dispatch: 'queued',
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: 'dead',
    replay: no,
    skip: no,
    discard: no,
    retire: 'discarded',
    supersede: 'superseded',
  },
  succeeded: {
    dispatch: no,
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: no,
    skip: no,
    discard: no,
    retire: no,
    supersede: no,
  },
  dead: {
    dispatch: no,
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: 'pending',
    skip: 'skipped',
    discard: 'discarded',
    retire: 'discarded',
    supersede: no,
  },
  skipped: {
    dispatch: no,
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: no,
    skip: no,
    discard: 'discarded',
    retire: no,
    supersede: no,
  },
  discarded: {
    dispatch: no,
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: no,
    skip: no,
    discard: no,
    retire: no,
    supersede: no,
  },
  superseded: {
    dispatch: no,
    unqueue: no,
    claim: no,
    release: no,
    succeed: no,
    retry: no,
    die: no,
    replay: no,
    skip: no,
    discard: no,
    retire: no,
    supersede: no,
  },
};

/** The states in which `event` has an effect. */
export function statesBefore(event: DeliveryEvent): DeliveryState[] {
  return (Object.keys(LIFECYCLE) as DeliveryState[]).filter((state) => LIFECYCLE[state][event] !== 'stale');
}

/** Where `event` leads; all states that it applies to lead to the same one. */
export function stateAfter(event: DeliveryEvent): DeliveryState {
  const after = new Set(statesBefore(event).map((state) => LIFECYCLE[state][event]));
  const [only] = after;
  if (after.size !== 1 || only === undefined || only === 'stale') throw new TypeError(`${event} does not lead to one state`);
  return only;
}

/** States that keep their place in the order: a later delivery of the same order must wait. */
export const OPEN_STATES: readonly DeliveryState[] = ['pending', 'queued', 'in_flight', 'retry_wait', 'dead'];
