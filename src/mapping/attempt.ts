/** What one alternative of a rule comes to. */
import type { Json } from '../core/canonical.ts';
import type { SourceSegment } from '../core/source-tree.ts';
import type { Item, Slot } from './placed.ts';
import type { Run } from './run.ts';
import type { Spot } from './selector.ts';
import type { ElementName } from './selector-syntax.ts';

/** A fault was reported: another alternative would only guess. */
export const FAILED = Symbol('failed');
export type Attempt = (spot: Spot, item: Item, run: Run) => Json | typeof FAILED | undefined;

/** Leaves in `run` where a value came from. */
export function readFrom<Value extends Json>(run: Run, slot: Slot, segment: SourceSegment | undefined, name: ElementName, value: Value): Value {
  run.slot = slot;
  run.segment = segment;
  run.name = name;
  return value;
}
