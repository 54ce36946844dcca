/** A fault that was expected and is returned, not thrown: in a partner's document or in a file of ours. */
import { ERRORS, type ErrorCode, type GatewayError } from './errors/errors.ts';
import { formatPlace, type Place } from './place.ts';

export interface Problem {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  /** One sentence: what was expected, what was found. */
  readonly message: string;
  readonly at?: Place | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The rule that met the fault, for a fault in a document that a mapping read. */
  readonly rule?: Place | undefined;
}

export function formatProblem(problem: Problem): string {
  const place = problem.at === undefined ? '' : `${formatPlace(problem.at)}: `;
  const rule = problem.rule === undefined ? '' : ` · rule: ${formatPlace(problem.rule)}`;
  const hint = problem.hint === undefined ? '' : ` · hint: ${problem.hint}`;
  return `${place}${problem.severity} ${problem.code} ${problem.message}${rule}${hint}`;
}

export const hasErrors = (problems: readonly Problem[]): boolean => problems.some((p) => p.severity === 'error');

export const lastError = (problems: readonly Problem[]): Problem | undefined => problems.findLast((p) => p.severity === 'error');

export function problemOf(error: GatewayError): Problem {
  return { code: error.code, severity: 'error', message: error.message, at: error.at, hint: error.hint };
}

/** The remedy that the table gives for a code, where the place of the fault has no better one. */
export const remedyFor = (code: ErrorCode): string => ERRORS[code].remedy;
