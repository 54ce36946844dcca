/**
 * The mapped document as an expression sees it: read-only, whole numbers as CEL's own, and every read counted.
 *
 * Expressions cannot be interrupted, so that what they read bounds what they do: an item of a list costs as much as the expression
 * is long, because a loop does all of it for each.
 */
import type { Json } from '../../core/canonical.ts';

/** Steps of one expression: a check of twenty parts on a hundred thousand lines, in well under a second. */
export const MAX_STEPS = 2_000_000;
/** Longer texts are for people; searching through them would cost more than a step. */
const MAX_TEXT = 1000;

class BoundPassed extends Error {}

/** A text that an expression may see. */
export function boundText(text: string): string {
  if (text.length > MAX_TEXT) throw new BoundPassed(`texts of at most ${MAX_TEXT} characters, found ${text.length}`);
  return text;
}

export interface Budget {
  left: number;
  /** What an item of a list costs. */
  readonly perItem: number;
}

export function viewOf(value: Json | undefined, budget: Budget): unknown {
  if (typeof value === 'string') return boundText(value);
  // A whole number: the canonical schemas have no others.
  if (typeof value === 'number') return BigInt(value);
  if (typeof value !== 'object' || value === null) return value;
  const cost = Array.isArray(value) ? budget.perItem : 1;
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key !== 'string' || key === 'constructor' || key === 'length') return Reflect.get(target, key) as unknown;
      spend(budget, cost);
      const inner = Reflect.get(target, key) as Json | undefined;
      return typeof inner === 'function' ? inner : viewOf(inner, budget);
    },
    ownKeys: (target) => {
      spend(budget, cost);
      return Reflect.ownKeys(target);
    },
    set: () => false,
  });
}

function spend(budget: Budget, steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw new BoundPassed(`at most ${MAX_STEPS} steps, found more`);
}
