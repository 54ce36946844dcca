/**
 * What is noted of each value while a document is mapped, and how it is spelled out as lineage when somebody asks for it.
 *
 * A document of twenty lines has three hundred of them: paths are put together, and offsets looked up, only for those who read them.
 */
import type { Json, LineageEntry } from '../core/canonical.ts';
import type { Hit } from './selector.ts';

/** A value and where it was put. */
export class Placed {
  /** Of the item of a list that it is in: `lines[2].`; empty for the document itself. */
  readonly prefix: string;
  /** From there: `price.amount`. */
  readonly suffix: string;
  readonly value: Json;
  /** Absent for a value that no source byte gave. */
  readonly source: Hit | undefined;
  /** `mappings/acme/855.yaml:12:3`. */
  readonly rule: string;

  constructor(prefix: string, suffix: string, value: Json, source: Hit | undefined, rule: string) {
    this.prefix = prefix;
    this.suffix = suffix;
    this.value = value;
    this.source = source;
    this.rule = rule;
  }
}

export const spellOut = (placed: readonly Placed[]): LineageEntry[] =>
  placed.map(({ prefix, suffix, value, source, rule }) => ({
    target: prefix + suffix,
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
