/**
 * How `quayside x12 inspect` shows a file to people: envelopes, sets, loops and segments as a tree, each segment in words, each fault
 * below the segment that it is of.
 *
 * Written while the file is read: nothing grows with it. Of a large file the first sets are shown whole, then those that are rejected with
 * their faults alone, then only numbers; what was left out is said at the end.
 */
import { createColors } from 'picocolors';
import type { RawSource } from '../core/contracts.ts';
import { elementName } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import { CODE_LISTS } from '../formats/x12/code-lists.ts';
import { setName } from '../formats/x12/definitions.ts';
import type { EnvelopeEvent, Group, Interchange, TransactionSet } from '../formats/x12/envelope.ts';
import { examineSet } from '../formats/x12/examine-set.ts';
import type { Reading } from '../formats/x12/options.ts';
import { readInterchanges } from '../formats/x12/read-interchanges.ts';
import { faultsBySegment, type InspectStyle, segmentLine, treeLines } from './x12-tree.ts';

export interface InspectLimits {
  /** How many sets are shown with their segments. */
  readonly sets: number;
  /** How many more that are rejected are shown with their faults. */
  readonly rejected: number;
  /** How many segments of a set; faults are shown wherever they are. */
  readonly segments: number;
}

export const SHOWN_AT_FIRST: InspectLimits = { sets: 20, rejected: 200, segments: 500 };
export const ALL_SHOWN: InspectLimits = { sets: Number.POSITIVE_INFINITY, rejected: Number.POSITIVE_INFINITY, segments: Number.POSITIVE_INFINITY };

const MARKS = { accepted: '✓', accepted_with_errors: '!', rejected: '✗' } as const;

interface Counts {
  interchanges: number;
  groups: number;
  sets: number;
  segments: number;
  error: number;
  warning: number;
  shown: number;
  rejected: number;
  leftOut: number;
}

/** Yields text that ends with a newline; returns whether there was an error. */
export async function* renderInspect(
  source: RawSource,
  reading: Reading,
  { colour, limits }: { readonly colour: boolean; readonly limits: InspectLimits },
): AsyncGenerator<string, boolean> {
  const style: InspectStyle = { colours: createColors(colour), segments: limits.segments, faultLine };
  const counts: Counts = { interchanges: 0, groups: 0, sets: 0, segments: 0, error: 0, warning: 0, shown: 0, rejected: 0, leftOut: 0 };
  for await (const event of readInterchanges(source, reading)) {
    const lines = linesOf(event, reading, counts, limits, style);
    if (lines.length > 0) yield `${lines.join('\n')}\n`;
  }
  if (counts.leftOut > 0) yield `${style.colours.dim(`… ${counts.leftOut} more sets are not shown: --sets N shows more, --all everything`)}\n`;
  yield `\n${style.colours.bold(totalsLine(counts))}\n`;
  return counts.error > 0;
}

function linesOf(event: EnvelopeEvent, reading: Reading, counts: Counts, limits: InspectLimits, style: InspectStyle): string[] {
  const { colours } = style;
  switch (event.kind) {
    case 'interchange':
      counts.interchanges++;
      return interchangeLines(event.interchange, style);
    case 'interchange-end':
      counts.segments += event.segments;
      return [];
    case 'group':
      counts.groups++;
      return [groupLine(event.group, style)];
    case 'acknowledgment':
      return [segmentLine(event.segment, undefined, '  ', style)];
    case 'set':
      return setLines(event.set, reading, counts, limits, style);
    case 'fault':
      counts[event.fault.severity]++;
      return faultLine(event.fault, '', colours);
    case 'skipped':
      return event.reason === 'padding' ? [] : [colours.dim(`${event.length} bytes skipped (${event.reason})  offset ${event.offset}`)];
    default:
      return [];
  }
}

function interchangeLines({ control, sender, receiver, delimiters, offset, test }: Interchange, { colours }: InspectStyle): string[] {
  const parties = `${sender.qualifier}:${sender.id} → ${receiver.qualifier}:${receiver.id}`;
  const { element, component, repetition, terminator } = delimiters;
  const marks = `element ${show(element)}  component ${show(component)}  repetition ${repetition === undefined ? 'none' : show(repetition)}  segment ${show(terminator)}`;
  const usage = test ? colours.yellow('test') : 'production';
  return [`${colours.bold(`Interchange ${control}`)}  ${parties}  ${usage}  ${colours.dim(`offset ${offset}`)}`, colours.dim(`  ${marks}`)];
}

function groupLine({ functionalId, control, version }: Group, { colours }: InspectStyle): string {
  const words = CODE_LISTS['functional-id']?.[functionalId];
  return `  ${colours.cyan(`Group ${functionalId} ${control}  ${version}`)}${words === undefined ? '' : `  ${words}`}`;
}

function setLines(set: TransactionSet, reading: Reading, counts: Counts, limits: InspectLimits, style: InspectStyle): string[] {
  const { tree, verdict, faults, definitions } = examineSet(set, reading);
  counts.sets++;
  for (const { severity } of faults) counts[severity]++;
  const whole = counts.shown < limits.sets;
  if (whole) counts.shown++;
  else if (verdict === 'rejected' && counts.rejected < limits.rejected) counts.rejected++;
  else {
    counts.leftOut++;
    return [];
  }
  const { colours } = style;
  const paint = { accepted: colours.green, accepted_with_errors: colours.yellow, rejected: colours.red }[verdict];
  const words = verdict.replaceAll('_', ' ');
  const name = setName(set.id);
  const title = `${colours.bold(set.id)} ${set.control}${name === undefined ? '' : `  ${name}`}`;
  const outside = set.group === undefined ? [`  ${colours.cyan('Outside any group')}`] : [];
  const line = `    ${paint(MARKS[verdict])} ${title}  ${set.segmentCount} segments  ${paint(words)}  ${colours.dim(`offset ${set.offset}`)}`;
  if (!whole) return [...outside, line, ...faults.flatMap((fault) => faultLine(fault, '        ', colours))];
  return [...outside, line, ...treeLines(tree, definitions?.segments, faultsBySegment(faults), style)];
}

/** The message says what was expected and what was found. */
function faultLine({ code, severity, at, message, hint }: Problem, indent: string, colours: InspectStyle['colours']): string[] {
  const paint = severity === 'error' ? colours.red : colours.yellow;
  const line = `${indent}${paint(severity)} ${whereOf(at)}: ${message} ${colours.dim(code)}`;
  return hint === undefined ? [line] : [line, `${indent}  ${colours.dim(hint)}`];
}

function whereOf(at: Problem['at']): string {
  if (at?.kind !== 'segment') return 'the file';
  const offset = `offset ${at.offset}`;
  if (at.segment === undefined) return offset;
  const loop = at.loop === undefined ? '' : ` in ${at.loop}`;
  return `segment ${at.segment} ${at.element === undefined ? (at.segmentId ?? '') : elementName(at)}${loop}, ${offset}`;
}

function totalsLine({ interchanges, groups, sets, segments, error, warning }: Counts): string {
  const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return [
    counted(interchanges, 'interchange'),
    counted(groups, 'group'),
    counted(sets, 'set'),
    counted(segments, 'segment'),
    counted(error, 'error'),
    counted(warning, 'warning'),
  ].join(' · ');
}

/** `*`, or 0x0a where a terminal would not show it. */
function show(delimiter: string): string {
  if (/^[\x21-\x7e]+$/.test(delimiter)) return delimiter;
  return [...delimiter].map((c) => `0x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join(' ');
}
