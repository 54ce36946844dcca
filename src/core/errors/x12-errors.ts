import type { ErrorTable } from './error-table.ts';

const entry = (summary: string, remedy: string) => ({ retry: 'never', http: 422, summary, remedy }) as const;

/** Faults of X12 documents. What each does to its transaction set (warn or reject) is in formats/x12/severity.ts. */
export const X12_ERRORS = {
  // ── Bytes and delimiters ──
  ERR_X12_NO_INTERCHANGE: entry(
    'No readable ISA was found in the whole message.',
    'Check that this is X12, uncompressed and unencrypted, with its ISA.',
  ),
  ERR_X12_JUNK: entry('Bytes that belong to no interchange stand before, between or after interchanges.', 'Ask the sender to leave them out.'),
  ERR_X12_HEADER: entry(
    'An ISA is not readable: its sixteen separators, ISA16 and terminator are not where they can be.',
    'Ask the sender to mend the ISA.',
  ),
  ERR_X12_DELIMITERS: entry(
    'Delimiters are not distinct, are letters, digits or blanks, or do not fit the segments that follow.',
    'Ask the sender for its delimiters.',
  ),
  ERR_X12_ISA_LENGTH: entry(
    'An ISA element is not padded to its fixed width.',
    'Nothing: it was read by its separators. Ask the sender to pad the ISA to 106 characters.',
  ),
  ERR_X12_TERMINATOR: entry(
    'The segment terminator takes several bytes, or blanks stand before it.',
    'Nothing: it was read. Ask the sender for a one-byte terminator.',
  ),
  ERR_X12_LINE_BREAK: entry(
    'Line breaks stand inside segments (a wrapped file); they were taken out.',
    'Nothing, if the sender wraps its files; else ask it not to.',
  ),
  ERR_X12_SEGMENT_SIZE: entry(
    'A segment is longer than a segment may be, so its terminator was probably lost.',
    'Check that the file ends its segments as its ISA says.',
  ),
  ERR_X12_UNTERMINATED: entry('The last segment has no terminator.', 'Nothing, if it is the IEA; else the file was cut off: ask for it again.'),
  ERR_X12_ENCODING: entry(
    'An element has bytes that are not text in the encoding agreed with the partner.',
    'Set the encoding that the partner really uses (ascii, latin1, utf-8).',
  ),
  // ── Envelopes ──
  ERR_X12_ENVELOPE_ELEMENT: entry('An element of ISA or GS is not as it must be.', 'Nothing: the envelope was read. Ask the sender to mend it.'),
  ERR_X12_INTERCHANGE_UNCLOSED: entry('An interchange ends without its IEA.', 'Ask the sender for the whole file again.'),
  ERR_X12_GROUP_UNCLOSED: entry('A functional group ends without its GE.', 'Ask the sender for the whole group again.'),
  ERR_X12_SET_UNCLOSED: entry('A transaction set ends without its SE.', 'Ask the sender for the whole set again.'),
  ERR_X12_INTERCHANGE_CONTROL: entry('IEA02 is not ISA13.', 'Ask the sender; two files may have been joined or cut.'),
  ERR_X12_GROUP_CONTROL: entry('GE02 is not GS06.', 'Ask the sender; two groups may have been joined or cut.'),
  ERR_X12_SET_CONTROL: entry('SE02 is not ST02.', 'Ask the sender; two sets may have been joined or cut.'),
  ERR_X12_INTERCHANGE_COUNT: entry('IEA01 is not the number of functional groups.', 'Ask the sender whether a group is missing.'),
  ERR_X12_GROUP_COUNT: entry('GE01 is not the number of transaction sets.', 'Ask the sender whether a set is missing.'),
  ERR_X12_SEGMENT_COUNT: entry(
    'SE01 is not the number of segments from ST to SE.',
    'Ask the sender to count, or say strict: segment-count to reject such sets.',
  ),
  ERR_X12_GROUP_MISSING: entry('A transaction set stands outside any functional group.', 'Ask the sender for its GS and GE.'),
  ERR_X12_STRAY_SEGMENT: entry('Segments stand where the envelope allows none.', 'Ask the sender; an ST, GS or ISA before them is probably lost.'),
  ERR_X12_GROUP_FIT: entry(
    'GS01 does not fit the transaction set.',
    'Ask the sender which of GS01 and ST01 it means, or allow it: leniency group-fit.',
  ),
  ERR_X12_VERSION: entry('GS08 does not begin with a version and release.', 'Ask the sender for a GS08 such as 004010.'),
  ERR_X12_VERSION_NEAREST: entry(
    'There is no definition of this set in this release; it was read with the nearest one.',
    'Nothing, if the set reads well.',
  ),
  ERR_X12_SET_SIZE: entry(
    'A transaction set is larger than the limit, so it was not kept.',
    'Raise setLimitBytes for this partner, or ask it to split the set.',
  ),
  // ── Structure of a set ──
  ERR_X12_SEGMENT_ID: entry('A segment does not begin with a segment identifier.', 'Ask the sender; a terminator inside data is the usual cause.'),
  ERR_X12_SEGMENT_UNKNOWN: entry('A segment is not part of this transaction set; it was kept where it stands.', 'Nothing, if no mapping needs it.'),
  ERR_X12_SEGMENT_UNEXPECTED: entry('A segment stands outside the loop that it belongs to.', 'Ask the sender, or allow it: leniency segment-place.'),
  ERR_X12_SEGMENT_ORDER: entry(
    'A segment comes later than its place in its loop; it was kept in the nearest loop that has it.',
    'Nothing, if the loop is right.',
  ),
  ERR_X12_SEGMENT_REPEATED: entry('A segment or loop occurs more often than the set allows.', 'Nothing: all occurrences were kept.'),
  ERR_X12_SEGMENT_MISSING: entry('A mandatory segment is missing.', 'Ask the sender for it.'),
  ERR_X12_SEGMENT_FORBIDDEN: entry("The partner's guide does not use this segment.", 'Ask the sender to leave it out, or change the guide file.'),
  ERR_X12_HL_NUMBER: entry('An HL has no number of its own, or one that another HL has.', 'Ask the sender to number its HLs.'),
  ERR_X12_HL_ORPHAN: entry('HL02 names a parent that does not exist.', 'Ask the sender to mend HL02.'),
  ERR_X12_HL_ZERO: entry('HL02 is 0 where it must be empty.', 'Nothing: it was read as having no parent.'),
  ERR_X12_HL_CYCLE: entry('An HL is, through HL02, its own ancestor.', 'Ask the sender to mend HL02.'),
  ERR_X12_HL_DEPTH: entry('HLs are nested deeper than any shipment is.', 'Ask the sender to mend HL02.'),
  ERR_X12_HL_LEVEL: entry('HL03 is a level that is not known.', 'Nothing: the level was kept. Ask the sender what it means.'),
  ERR_X12_HL_CHILD: entry('HL04 says of an HL that it has children, or that it has none, and it is not so.', 'Nothing: the tree was read from HL02.'),
  ERR_X12_LINE_COUNT: entry('CTT01 is not the number of lines (of HLs in an 856).', 'Ask the sender whether a line is missing.'),
  ERR_X12_HASH_TOTAL: entry(
    'CTT02 is neither the sum of the quantities nor their hash total as X12 defines it.',
    'Ask the sender whether a line is missing or changed.',
  ),
  ERR_X12_FOOTING: entry(
    'TDS01 is not the lines with their allowances, charges and taxes.',
    'Compare with the figures given; ask the sender which is right, or widen footingTolerance.',
  ),
  ERR_X12_SSCC: entry('A container number (SSCC-18) has the wrong length or a wrong check digit.', 'Compare with the label on the container.'),
  ERR_X12_SSCC_REPEATED: entry('Two packs of a shipment bear the same SSCC.', 'Ask the sender which pack it is.'),
  ERR_X12_ACK_DISAGREES: entry(
    'BAK02 says something of the whole order that its lines contradict.',
    'Nothing: the lines count. Ask the sender which it means.',
  ),
  ERR_X12_CROSS_CHECK: entry(
    'Our reader and the second reader do not read this segment alike.',
    'Look at the bytes at the offset; the document waits until a person has decided which reading is right.',
  ),
  ERR_X12_FAULT_LIMIT: entry('There are more faults than are reported.', 'Mend those reported first.'),
  // ── Elements ──
  ERR_X12_ELEMENT_MISSING: entry('A mandatory element is empty.', 'Ask the sender for it.'),
  ERR_X12_ELEMENT_EXTRA: entry('A segment has more elements than its definition.', 'Nothing: they were kept.'),
  ERR_X12_ELEMENT_LENGTH: entry('An element is shorter or longer than its definition.', 'Nothing: it was kept whole.'),
  ERR_X12_ELEMENT_NUMBER: entry('An element that must be a number is not one.', 'Ask the sender to mend it.'),
  ERR_X12_ELEMENT_DECIMAL: entry(
    'An element with implied decimals (N2) has a decimal point.',
    'Agree with the sender what it means, then allow it: leniency explicit-decimal-in-N2.',
  ),
  ERR_X12_ELEMENT_DATE: entry('An element that must be a date is not one.', 'Ask the sender to mend it.'),
  ERR_X12_ELEMENT_TIME: entry('An element that must be a time is not one.', 'Ask the sender to mend it.'),
  ERR_X12_ELEMENT_CODE: entry(
    'A code is not in the list that the set or the partner guide gives.',
    "Ask the sender what it means, then map it, or add it to the partner's guide file (alsoCodes).",
  ),
  ERR_X12_ELEMENT_CHARACTER: entry('An element holds a control character.', 'Nothing: it was kept. Ask the sender to leave it out.'),
  ERR_X12_ELEMENT_COMPONENTS: entry(
    'An element that is not composite holds the component separator.',
    'Nothing: it was kept whole. Ask the sender for another separator if its data has this character.',
  ),
  ERR_X12_ELEMENT_CONDITION: entry('An element that another one requires is missing.', 'Ask the sender for it.'),
  ERR_X12_ELEMENT_EXCLUSION: entry('Two elements stand together of which only one may be there.', 'Ask the sender which of them it means.'),
  ERR_X12_ELEMENT_FORBIDDEN: entry("The partner's guide does not use this element.", 'Ask the sender to leave it out, or change the guide file.'),
  ERR_X12_TRAILING_SEPARATOR: entry('A segment ends with separators behind its last element.', 'Nothing: they mean nothing.'),
  ERR_X12_QUALIFIER: entry(
    'An interchange id qualifier has one digit where two are due.',
    'Ask the sender to write two digits, or allow it: leniency qualifier-1-for-01.',
  ),
} as const satisfies ErrorTable;
