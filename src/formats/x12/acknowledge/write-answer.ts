/**
 * Writes an acknowledgment with its envelope: parties swapped, everything else as the interchange had it, our own control number.
 *
 * The writer is this module's: elements that a separator would tear apart are left out where they are a copy of bad data, and make it
 * fall back to the delimiters of the interchange where they are an identifier.
 */
import type { AnswerDelimiters, GroupReading, InterchangeReading, Owed, Sending } from '../../../core/acknowledgment.ts';
import { type AnswerSegment, answerGroup } from './answer-group.ts';
import { verdictOf } from './owed.ts';

const MOST_CONTROL = 999_999_999;

export function writeAnswer(reading: InterchangeReading, owed: Owed, sending: Sending): Uint8Array {
  const { control } = sending;
  if (!Number.isInteger(control) || control < 1 || control > MOST_CONTROL) throw new RangeError(`no control number: ${control}`);
  const inside = owed.group === undefined ? [answerInterchange(reading, sending)] : groupLines(groupAt(reading, owed.group), owed, sending);
  const lines = [...inside, ['IEA', owed.group === undefined ? '0' : '1', nine(control)]];
  const delimiters = delimitersFor(reading, sending, lines);
  const { segment, suffix } = delimiters;
  const holds = separatesIn(delimiters);
  const printed = lines.map((line) => print(copyOf(line).some(holds) ? withoutCopy(line) : line, delimiters));
  const text = [isaOf(reading, sending, delimiters), ...printed].map((line) => `${line}${segment}${suffix}`);
  return Buffer.from(text.join(''), 'utf8');
}

const nine = (control: number): string => String(control).padStart(9, '0');

function groupAt({ groups, unit }: InterchangeReading, index: number): GroupReading {
  const group = groups.find((one) => one.index === index);
  if (group === undefined) throw new RangeError(`interchange ${unit} has no group ${index}`);
  return group;
}

function answerInterchange(reading: InterchangeReading, sending: Sending): AnswerSegment {
  const { verdict, code } = sending.verdict ?? verdictOf(reading);
  return ['TA1', reading.control, reading.date, reading.time, verdict, code];
}

function groupLines(group: GroupReading, { kind }: Owed, { control, date, time, refused = new Set() }: Sending): AnswerSegment[] {
  const answer = kind === '999' ? '999' : '997';
  const body = answerGroup(group, answer, refused);
  // Before 004010 a date has no century.
  const day = group.version >= '004010' ? date : date.slice(2);
  return [
    ['GS', 'FA', group.receiver, group.sender, day, time, String(control), 'X', group.version],
    ['ST', answer, '0001'],
    ...body,
    ['SE', String(body.length + 2), '0001'],
    ['GE', '1', String(control)],
  ];
}

function isaOf({ sender, receiver, version, usage, standard }: InterchangeReading, { control, date, time }: Sending, d: AnswerDelimiters): string {
  const id = (text: string) => text.padEnd(15).slice(0, 15);
  const repeats = version >= '00402' ? (d.repetition ?? standard) : standard;
  const elements = [
    ...['00', ' '.repeat(10), '00', ' '.repeat(10)],
    ...[receiver.qualifier.padEnd(2), id(receiver.id), sender.qualifier.padEnd(2), id(sender.id)],
    ...[date.slice(2), time, repeats.padEnd(1), version, nine(control), '0', usage, d.component],
  ];
  return ['ISA', ...elements].join(d.element);
}

function print(line: AnswerSegment, { element, component }: AnswerDelimiters): string {
  const texts = line.map((one) => (typeof one === 'string' ? one : trimmed(one).join(component)));
  return trimmed(texts).join(element);
}

/** Without what is empty at the end. */
function trimmed(texts: readonly string[]): readonly string[] {
  let size = texts.length;
  while (size > 0 && texts[size - 1] === '') size--;
  return texts.slice(0, size);
}

/** The partner's, unless one of them occurs in what must be said. */
function delimitersFor(
  { delimiters, version }: InterchangeReading,
  { delimiters: wanted }: Sending,
  lines: readonly AnswerSegment[],
): AnswerDelimiters {
  if (wanted === undefined) return delimiters;
  const chosen = { ...delimiters, ...wanted };
  const repetition = version >= '00402' ? chosen.repetition : undefined;
  const separators = separatorsOf({ ...chosen, repetition });
  const distinct = new Set(separators).size === separators.length;
  const clash = lines.some((line) =>
    withoutCopy(line)
      .flat()
      .some(separatesIn({ ...chosen, repetition })),
  );
  return distinct && !clash ? chosen : delimiters;
}

const separatorsOf = ({ element, component, segment, repetition }: AnswerDelimiters): string[] => [
  ...[element, component, segment],
  ...(repetition === undefined ? [] : [repetition]),
];

const separatesIn = (delimiters: AnswerDelimiters) => {
  const separators = separatorsOf(delimiters);
  return (text: string): boolean => separators.some((separator) => text.includes(separator));
};

/** Where AK404 or IK404 stands. */
const COPY = 4;
const copyOf = (line: AnswerSegment): string[] => (line[0] === 'AK4' || line[0] === 'IK4' ? line.slice(COPY).flat() : []);
const withoutCopy = (line: AnswerSegment): AnswerSegment => (copyOf(line).length > 0 ? line.slice(0, COPY) : line);
