/**
 * What is noted of each value while a document is mapped, and how it is spelled out as lineage when somebody asks for it.
 *
 * A document of twenty lines has three hundred of them: they are kept in columns, so that noting one leaves no object behind, and
 * paths are put together, and offsets looked up, only for those who read them.
 */
import type { Json, LineageEntry, LineageSource } from '../core/canonical.ts';
import type { SourceSegment } from '../core/source-tree.ts';
import type { ElementName } from './selector-syntax.ts';

/** Where fields stand: in the document itself, or in one item of a list. */
export class Item {
  private readonly outer: Item | undefined;
  private readonly list: string;
  private readonly index: number;

  /** `list`: its path from the item that it is in. Without any of them it is the document. */
  constructor(outer?: Item, list = '', index = 0) {
    this.outer = outer;
    this.list = list;
    this.index = index;
  }

  /** `lines[2].price.amount` for `price.amount`; of the item itself for an empty suffix. */
  path(suffix: string): string {
    if (this.outer === undefined) return suffix;
    const path = `${this.outer.path(this.list)}[${this.index}]`;
    return suffix === '' ? path : `${path}.${suffix}`;
  }
}

/** What is the same of every value that one rule puts in place. */
export interface Slot {
  /** From the nearest item: `price.amount`. */
  readonly suffix: string;
  /** `mappings/acme/855.yaml:12:3`. */
  readonly rule: string;
}

/** Few documents give more values than this for each of their segments. */
const PER_SEGMENT = 4;

export class PlacedValues {
  /** How many there are: of what turned out to be nothing this is taken back, and it is written over. */
  count = 0;
  private readonly items: Item[];
  private readonly slots: Slot[];
  private readonly values: Json[];
  private readonly segments: (SourceSegment | undefined)[];
  private readonly names: ElementName[];

  /** `segments`: how many the document has. */
  constructor(segments: number) {
    const room = segments * PER_SEGMENT;
    this.items = new Array(room);
    this.slots = new Array(room);
    this.values = new Array(room);
    this.segments = new Array(room);
    this.names = new Array(room);
  }

  /** `segment`: undefined for a value that no source byte gave; then `name` says nothing. */
  add(item: Item, slot: Slot, value: Json, segment: SourceSegment | undefined, name: ElementName): void {
    const at = this.count++;
    this.items[at] = item;
    this.slots[at] = slot;
    this.values[at] = value;
    this.segments[at] = segment;
    this.names[at] = name;
  }

  /** Tells of each value the rule that gave it, and whether the document had it. */
  eachRule(tell: (rule: string, sourced: boolean) => void): void {
    for (let at = 0; at < this.count; at++) tell(this.slots[at]?.rule ?? '', this.segments[at] !== undefined);
  }

  spellOut(): LineageEntry[] {
    return Array.from({ length: this.count }, (_, at) => this.entry(at));
  }

  private entry(at: number): LineageEntry {
    const [item, slot, value, segment, name] = [this.items[at], this.slots[at], this.values[at], this.segments[at], this.names[at]];
    if (item === undefined || slot === undefined || value === undefined || name === undefined) throw new RangeError(`there is no value ${at}`);
    return { target: item.path(slot.suffix), value, source: segment === undefined ? undefined : sourceOf(segment, name), rule: slot.rule };
  }
}

const sourceOf = (segment: SourceSegment, { element, component, repetition }: ElementName): LineageSource => ({
  segment: segment.ordinal,
  segmentId: segment.id,
  element,
  component,
  repetition,
  offset: segment.offsetOf(element, component, repetition),
  text: segment.value(element, component, repetition),
});
