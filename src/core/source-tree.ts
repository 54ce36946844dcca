/**
 * The shape in which a format hands a document to the mapping engine: loops of segments, with positions.
 *
 * A loop is named after its trigger segment; HL loops nest by HL02 (the parent's number), never by order.
 * Every value can say where it came from, so that lineage and coverage need no second parse.
 */
export interface SourceSegment {
  /** `PO1`. */
  readonly id: string;
  /** 1-based in the message, ISA included. */
  readonly ordinal: number;
  /** Byte offset of the segment's first byte in the raw message. */
  readonly offset: number;
  /** Number of elements present, trailing empty ones included. */
  readonly size: number;
  /**
   * Text of an element, decoded; `''` when it is absent or empty.
   * `element`, `component` and `repetition` are 1-based. Without a component: the whole element as sent.
   */
  value(element: number, component?: number, repetition?: number): string;
  /** Whether nothing stands in an element, or it is absent. */
  isEmpty(element: number): boolean;
  /** Byte offset of that element (component, repetition) in the raw message; the segment's end when it is absent. */
  offsetOf(element: number, component?: number, repetition?: number): number;
  /** How many components the element (repetition) has; 0 when it is empty. */
  components(element: number, repetition?: number): number;
  /** How many repetitions the element has; 0 when it is empty. */
  repetitions(element: number): number;
}

export interface SourceLoop {
  /** Id of the trigger segment; for the root, the transaction set's id (`855`). */
  readonly id: string;
  /** The loop's own segments in document order, the trigger first. The root's first is ST. */
  readonly segments: readonly SourceSegment[];
  /** Loops directly inside, in document order. */
  readonly loops: readonly SourceLoop[];
  readonly parent: SourceLoop | null;
}
