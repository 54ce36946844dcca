/** How `quayside x12 inspect` shows a file to people: its delimiters, a tree of envelopes and sets, and faults where they stand. */
import { createColors } from 'picocolors';
import { ERRORS } from '../core/errors/errors.ts';
import { elementName, type SegmentPlace } from '../core/place.ts';
import type { InspectedFault, InspectedGroup, InspectedInterchange, InspectedSet, Inspection } from '../formats/x12/inspect.ts';

type Colours = ReturnType<typeof createColors>;

const MARKS = { accepted: '✓', accepted_with_errors: '!', rejected: '✗' } as const;

/** Ends with a line of totals; every line ends with a newline. */
export function renderInspect(report: Inspection, { colour }: { readonly colour: boolean }): string {
  const colours = createColors(colour);
  const ofSets = new Set(report.interchanges.flatMap((i) => i.groups.flatMap((g) => g.sets.flatMap((s) => s.faults))));
  const apart = report.faults.filter((fault) => !ofSets.has(fault));
  const lines: string[] = [];
  let shown = 0;
  const showUpTo = (offset: number) => {
    for (let fault = apart[shown]; fault !== undefined && fault.offset < offset; fault = apart[++shown]) lines.push(faultLine(fault, '', colours));
  };
  report.interchanges.forEach((interchange, i) => {
    showUpTo(interchange.offset);
    lines.push(...interchangeLines(interchange, colours));
    // Faults of this envelope stand below its sets: most are known only at its end.
    showUpTo(report.interchanges[i + 1]?.offset ?? Number.POSITIVE_INFINITY);
  });
  showUpTo(Number.POSITIVE_INFINITY);
  lines.push('', totalsLine(report, colours));
  return `${lines.join('\n')}\n`;
}

function interchangeLines(interchange: InspectedInterchange, colours: Colours): string[] {
  const { control, sender, receiver, delimiters, offset, groups } = interchange;
  const parties = `${sender.qualifier}:${sender.id} → ${receiver.qualifier}:${receiver.id}`;
  const { element, component, repetition, segment } = delimiters;
  const marks = `element ${show(element)}  component ${show(component)}  repetition ${repetition === null ? 'none' : show(repetition)}  segment ${show(segment)}`;
  return [
    `${colours.bold(`Interchange ${control}`)}  ${parties}  ${colours.dim(`offset ${offset}`)}`,
    colours.dim(`  ${marks}`),
    ...groups.flatMap((group) => groupLines(group, colours)),
  ];
}

function groupLines({ functionalId, control, version, sets }: InspectedGroup, colours: Colours): string[] {
  const title = functionalId === '' ? 'Outside any group' : `Group ${functionalId} ${control}  ${version}`;
  return [`  ${colours.cyan(title)}`, ...sets.flatMap((set) => setLines(set, colours))];
}

function setLines({ id, control, segments, offset, verdict, faults }: InspectedSet, colours: Colours): string[] {
  const paint = { accepted: colours.green, accepted_with_errors: colours.yellow, rejected: colours.red }[verdict];
  const words = verdict.replaceAll('_', ' ');
  const line = `    ${paint(MARKS[verdict])} ${colours.bold(id)} ${control}  ${segments} segments  ${paint(words)}  ${colours.dim(`offset ${offset}`)}`;
  return [line, ...faults.map((fault) => faultLine(fault, '        ', colours))];
}

function faultLine(fault: InspectedFault, indent: string, colours: Colours): string {
  const paint = fault.severity === 'error' ? colours.red : colours.yellow;
  const detail = fault.expected === null ? '' : ` Expected ${fault.expected}, found ${fault.found ?? 'none'}.`;
  const hint = fault.hint === null ? '' : `\n${indent}  ${colours.dim(fault.hint)}`;
  return `${indent}${paint(fault.severity)} ${whereOf(fault)}: ${ERRORS[fault.code].summary}${detail} ${colours.dim(fault.code)}${hint}`;
}

function whereOf({ offset, segment, segmentId, element }: InspectedFault): string {
  const at = `offset ${offset}`;
  if (segment === null) return at;
  const place: SegmentPlace = { kind: 'segment', offset, segmentId: segmentId ?? '', element: element ?? undefined };
  return `segment ${segment} ${element === null ? (segmentId ?? '') : elementName(place)}, ${at}`;
}

function totalsLine({ totals, faults }: Inspection, colours: Colours): string {
  const count = (severity: InspectedFault['severity']) => faults.filter((fault) => fault.severity === severity).length;
  const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  const parts = [
    counted(totals.interchanges, 'interchange'),
    counted(totals.groups, 'group'),
    counted(totals.sets, 'set'),
    counted(totals.segments, 'segment'),
    counted(count('error'), 'error'),
    counted(count('warning'), 'warning'),
  ];
  return colours.bold(parts.join(' · '));
}

/** `*`, or 0x0a where a terminal would not show it. */
function show(delimiter: string): string {
  if (/^[\x21-\x7e]+$/.test(delimiter)) return delimiter;
  return [...delimiter].map((c) => `0x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join(' ');
}
