/**
 * What is noted of each value while a document is mapped, and how it is spelled out as lineage when somebody asks for it.
 *
 * A document of twenty lines has three hundred of them: paths are put together, and offsets looked up, only for those who read them.
 */
import type { Json, LineageEntry } from '../core/canonical.ts';
import type { Hit } from './selector.ts';

/** Where fields stand: in the document itself, or in one item of a list. */
export class Item {
  private readonly outer: Item | undefined;
  private readonly list: string;
  private readonly index: number;
  private text: string | undefined;

  /** `list`: its path from the item that it is in; undefined for the document. */
  constructor(outer?: Item, list = '', index = 0) {
    this.outer = outer;
    this.list = list;
    this.index = index;
    this.text = undefined;
  }

  /** `lines[2].price.amount` for `price.amount`; of the item itself for an empty suffix. */
  path(suffix: string): string {
    if (this.outer === undefined) return suffix;
    this.text ??= `${this.outer.path(this.list)}[${this.index}]`;
    return suffix === '' ? this.text : `${this.text}.${suffix}`;
  }
}

/** A value and where it was put. */
export class Placed {
  readonly item: Item;
  /** From there: `price.amount`. */
  readonly suffix: string;
  readonly value: Json;
  /** Absent for a value that no source byte gave. */
  readonly source: Hit | undefined;
  /** `mappings/acme/855.yaml:12:3`. */
  readonly rule: string;

  constructor(item: Item, suffix: string, value: Json, source: Hit | undefined, rule: string) {
    this.item = item;
    this.suffix = suffix;
    this.value = value;
    this.source = source;
    this.rule = rule;
  }
}

export const spellOut = (placed: readonly Placed[]): LineageEntry[] =>
  placed.map(({ item, suffix, value, source, rule }) => ({
    target: item.path(suffix),
    value,
    source:
      source === undefined
        ? undefined
        : {
            segment: source.segment.ordinal,
            segmentId: source.segment.id,
            element: source.element,
            component: source.component,
            repetition: source.repetition,
            offset: source.segment.offsetOf(source.element, source.component, source.repetition),
            text: source.text,
          },
    rule,
  }));
