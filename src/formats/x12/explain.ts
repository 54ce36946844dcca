/** A segment in words: what each element is called, and what its code means where our lists or the partner's guide know it. */
import type { SourceSegment } from '../../core/source-tree.ts';
import { KIND, type SegmentTable } from './segment-table.ts';

export interface ExplainedSegment {
  /** `Order line`; `undefined`: the segment is not known. */
  readonly name: string | undefined;
  /** `Quantity ordered 10`, in order; empty elements are left out. */
  readonly words: readonly string[];
}

export function explainSegment(segment: SourceSegment, table: SegmentTable | undefined): ExplainedSegment {
  const words: string[] = [];
  for (let element = 1; element <= segment.size; element++) {
    const value = segment.value(element).trimEnd();
    if (value === '') continue;
    const name = table?.names[element - 1];
    const meaning = meaningOf(value, element, table);
    // `Product id BP A-1 (buyer's part)`: a qualifier is told with what it qualifies.
    const isQualifier = name !== undefined && /qualifier$/i.test(name) && segment.id !== 'ISA' && table?.kinds[element] !== KIND.ID;
    const qualified = isQualifier ? table?.names[element] : undefined;
    const next = qualified === undefined ? '' : segment.value(element + 1).trimEnd();
    if (qualified === undefined || next === '') words.push(`${name ?? String(element).padStart(2, '0')} ${value}${note(meaning)}`);
    else {
      element++;
      words.push(`${qualified} ${value} ${next}${note(meaning ?? meaningOf(next, element, table))}`);
    }
  }
  return { name: table?.name, words };
}

const note = (meaning: string | undefined): string => (meaning === undefined ? '' : ` (${meaning})`);

function meaningOf(value: string, element: number, table: SegmentTable | undefined): string | undefined {
  const index = element - 1;
  const listed = table?.meanings[index]?.[value];
  if (table === undefined || listed !== undefined) return listed;
  if (table.kinds[index] === KIND.DT && /^\d{8}$/.test(value)) return `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}`;
  const decimals = table.decimals[index] ?? 0;
  if (table.kinds[index] === KIND.N && decimals > 0 && /^-?\d+$/.test(value)) return withPoint(value, decimals);
  return undefined;
}

/** `9588` of an N2 is 95.88. */
function withPoint(value: string, decimals: number): string {
  const digits = value.replace('-', '').padStart(decimals + 1, '0');
  return `${value.startsWith('-') ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
