/** Where a command writes, and how it ends. Results go to stdout, problems and progress to stderr. */
import type { Writable } from 'node:stream';
import pc from 'picocolors';
import { asGatewayError, type ErrorCode, type GatewayError } from '../core/errors/errors.ts';
import { formatProblem, type Problem } from '../core/problem.ts';

/** Exit statuses that scripts rely on; 75 and 78 as sysexits.h has them. */
export const EXIT = { done: 0, inputAtFault: 1, wrongUsage: 2, dependencyUnavailable: 75, configurationAtFault: 78 } as const;

export interface Terminal {
  readonly colours: ReturnType<typeof pc.createColors>;
  out(line: string): void;
  error(line: string): void;
  /** For raw bytes and long streams: waits while the reader is slow. */
  write(chunk: string | Uint8Array): Promise<void>;
}

export function openTerminal(stdout: Writable & { isTTY?: boolean }, stderr: Writable & { isTTY?: boolean }, colour: boolean): Terminal {
  return {
    colours: pc.createColors(colour && stdout.isTTY === true),
    out: (line) => void stdout.write(`${line}\n`),
    error: (line) => void stderr.write(`${line}\n`),
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stdout.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** One line each: place, code, what was expected and found, what to do. */
export function printProblems(terminal: Terminal, problems: readonly Problem[]): void {
  for (const problem of problems) terminal.error(formatProblem(problem));
}

/** Says what went wrong and returns the status to end with. */
export function reportFailure(terminal: Terminal, thrown: unknown): number {
  const error = asGatewayError(thrown);
  terminal.error(error.line());
  if (error.code === 'ERR_INTERNAL' && thrown instanceof Error && thrown.stack !== undefined) terminal.error(thrown.stack);
  return statusOf(error);
}

function statusOf(error: GatewayError): number {
  const code: ErrorCode = error.code;
  if (code === 'ERR_USAGE') return EXIT.wrongUsage;
  if (code.startsWith('ERR_CONFIG_')) return EXIT.configurationAtFault;
  if (code.startsWith('ERR_STORE_')) return EXIT.dependencyUnavailable;
  return EXIT.inputAtFault;
}

/** How a list of rows is shown. */
export interface Listing<Row> {
  /** What is said where there is nothing; without it the header stands alone. */
  readonly none?: string;
  readonly header: readonly string[];
  cells(row: Row): readonly string[];
}

/** One JSON object a line for machines, a table for people. */
export function printList<Row>(terminal: Terminal, json: boolean | undefined, rows: readonly Row[], { none, header, cells }: Listing<Row>): void {
  if (json) for (const row of rows) terminal.out(JSON.stringify(row));
  else if (rows.length === 0 && none !== undefined) terminal.out(none);
  else for (const line of formatTable(header, rows.map(cells))) terminal.out(line);
}

/** Columns as wide as their widest cell; the last one runs free. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]) => cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ');
  return [line(header), ...rows.map(line)];
}

/** `2026-11-24 05:53:01`, in UTC. */
export const formatTime = (at: Date): string => at.toISOString().slice(0, 19).replace('T', ' ');
