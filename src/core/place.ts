/** Where a fault or a value stands: in a file that people write, or in a document that a partner sent. */

export interface FilePlace {
  readonly kind: 'file';
  readonly file: string;
  /** 1-based, as editors count. */
  readonly line: number;
  readonly column: number;
}

/** A place in an X12 document. Offsets count bytes from the start of the raw message; ordinals are 1-based. */
export interface SegmentPlace {
  readonly kind: 'segment';
  readonly file?: string | undefined;
  /** Byte offset of the element if one is named, else of the segment. */
  readonly offset: number;
  /** Ordinal of the segment in the message, the first ISA = 1. */
  readonly segment?: number | undefined;
  readonly segmentId?: string | undefined;
  /** 1-based element number; 3 of PO1 is PO103. */
  readonly element?: number | undefined;
  readonly component?: number | undefined;
  readonly repetition?: number | undefined;
  /** Names of the loops around it, outermost first: `PO1[2]/ACK[1]`. */
  readonly loop?: string | undefined;
}

export type Place = FilePlace | SegmentPlace;

export function formatPlace(place: Place): string {
  if (place.kind === 'file') return `${place.file}:${place.line}:${place.column}`;
  const file = place.file === undefined ? '' : `${place.file} `;
  const segment = place.segment === undefined ? '' : `segment ${place.segment} `;
  const id = place.segmentId === undefined ? '' : `(${place.segmentId}) `;
  const element = place.element === undefined ? '' : `element ${elementName(place)} `;
  return `${file}${segment}${id}${element}offset ${place.offset}`;
}

/** `PO103`, or `SV101-2` for a component, as partner guides print it. */
export function elementName(place: SegmentPlace): string {
  const element = String(place.element ?? 0).padStart(2, '0');
  const component = place.component === undefined ? '' : `-${place.component}`;
  const repetition = place.repetition === undefined ? '' : `(${place.repetition})`;
  return `${place.segmentId ?? ''}${element}${component}${repetition}`;
}
