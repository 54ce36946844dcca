import { describe, expect, it } from 'vitest';
import { type DeliveryEvent, type DeliveryState, LIFECYCLE, OPEN_STATES, stateAfter, statesBefore } from './lifecycle.ts';

const states = Object.keys(LIFECYCLE) as DeliveryState[];
const events = Object.keys(LIFECYCLE.pending) as DeliveryEvent[];

describe('the life of a delivery', () => {
  it('has each event lead to one state, whatever state it comes in', () => {
    for (const event of events) expect(states).toContain(stateAfter(event));
  });

  it('lets nothing but a person touch a dead delivery', () => {
    expect(events.filter((event) => LIFECYCLE.dead[event] !== 'stale')).toEqual(['replay', 'skip', 'discard', 'retire']);
  });

  it('lets nothing touch one that succeeded, was discarded or superseded', () => {
    for (const state of ['succeeded', 'discarded', 'superseded'] as const)
      expect(new Set(Object.values(LIFECYCLE[state]))).toEqual(new Set(['stale']));
  });

  it('takes an outcome only from the worker that holds it', () => {
    for (const event of ['succeed', 'retry', 'die', 'release'] as const) expect(statesBefore(event)).toContain('in_flight');
    expect(statesBefore('succeed')).toEqual(['in_flight']);
  });

  it('counts as open whatever holds its place in the order', () => {
    expect(states.filter((state) => !OPEN_STATES.includes(state))).toEqual(['succeeded', 'skipped', 'discarded', 'superseded']);
  });
});
