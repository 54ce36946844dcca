/** The elements of ISA and GS: what is not as it must be is told, and the interchange is read all the same. */
import { checkElements } from './check-elements.ts';
import type { Report } from './fault.ts';
import type { X12Segment } from './segment.ts';
import { dictionaryOf } from './segment-table.ts';

/** The elements of ISA and GS that are looked at are alike in all releases. */
const HEADERS = dictionaryOf('004010');

export function checkHeader(segment: X12Segment, report: Report): void {
  checkElements(segment, HEADERS.get(segment.id), (code, at, element, what, expected, found) => {
    const oneDigit = segment.id === 'ISA' && (element === 5 || element === 7) && /^\d$/.test(segment.value(element).trim());
    if (oneDigit) report('ERR_X12_QUALIFIER', at, element, 'an id qualifier has one digit', 'two digits', found);
    else if (code === 'ERR_X12_ENCODING') report(code, at, element, what, expected, found);
    else if (code !== 'ERR_X12_TRAILING_SEPARATOR') report('ERR_X12_ENVELOPE_ELEMENT', at, element, what, expected, found);
  });
}
