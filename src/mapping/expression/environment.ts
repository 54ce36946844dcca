/**
 * What an expression may use: the parts of CEL that are exact and bounded, exact decimals, and days.
 *
 * A list of what is allowed, not of what is not: whatever CEL or its package adds later stays refused until someone looked at it.
 */
import { Environment } from '@marcbachmann/cel-js';
import { DecimalFault, ExactDecimal } from './exact-decimal.ts';

/** Functions and methods that an expression may name; how they are called is CEL's, or a line below. */
export const FUNCTIONS = [
  ...['size', 'has', 'int', 'string', 'startsWith', 'endsWith', 'contains', 'substring', 'lowerAscii', 'upperAscii', 'trim'],
  ...['dec', 'sum', 'round', 'div', 'abs', 'min', 'max', 'days', 'addDays'],
] as const;
/** Those that run through a list. */
export const LOOPS = ['all', 'exists', 'exists_one', 'map', 'filter'] as const;

/** Nobody reads more than that in one line. */
const LIMITS = { maxAstNodes: 200, maxDepth: 20, maxListElements: 100, maxMapEntries: 0, maxCallArguments: 3 };

type Operand = ExactDecimal | bigint;
const decimalOf = (value: Operand): ExactDecimal => (typeof value === 'bigint' ? ExactDecimal.ofInteger(value) : value);

const ARITHMETIC: Readonly<Record<string, (a: ExactDecimal, b: ExactDecimal) => ExactDecimal>> = {
  '+': (a, b) => a.plus(b),
  '-': (a, b) => a.minus(b),
  '*': (a, b) => a.times(b),
};
const COMPARISON: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};
const PAIRS = [
  ['Dec', 'Dec'],
  ['Dec', 'int'],
  ['int', 'Dec'],
] as const;

export function createEnvironment(): Environment {
  const environment = new Environment({ limits: LIMITS }).registerType('Dec', { ctor: ExactDecimal, fields: {} });
  for (const [left, right] of PAIRS) {
    for (const [sign, apply] of Object.entries(ARITHMETIC))
      environment.registerOperator(`${left} ${sign} ${right}: Dec`, (a: Operand, b: Operand) => apply(decimalOf(a), decimalOf(b)));
    // CEL has the equality of Dec and int both ways once it has it one way.
    for (const [sign, holds] of Object.entries(COMPARISON))
      if (sign !== '==' || left === 'Dec')
        environment.registerOperator(`${left} ${sign} ${right}: bool`, (a: Operand, b: Operand) => holds(decimalOf(a).compare(decimalOf(b))));
  }
  return environment
    .registerOperator('-Dec', (a: ExactDecimal) => a.negated())
    .registerFunction('dec(dyn): Dec', toDecimal)
    .registerFunction('string(Dec): string', String)
    .registerFunction('sum(list<Dec>): Dec', (list: readonly ExactDecimal[]) => ExactDecimal.sum(list))
    .registerFunction('round(Dec, int): Dec', (a: ExactDecimal, places: bigint) => a.rounded(Number(places)))
    .registerFunction('div(Dec, Dec, int): Dec', (a: ExactDecimal, b: ExactDecimal, places: bigint) => a.dividedBy(b, Number(places)))
    .registerFunction('abs(Dec): Dec', (a: ExactDecimal) => (a.compare(ExactDecimal.ofInteger(0n)) < 0 ? a.negated() : a))
    .registerFunction('min(Dec, Dec): Dec', (a: ExactDecimal, b: ExactDecimal) => (b.compare(a) < 0 ? b : a))
    .registerFunction('max(Dec, Dec): Dec', (a: ExactDecimal, b: ExactDecimal) => (b.compare(a) > 0 ? b : a))
    .registerFunction('days(string, string): int', (from: string, to: string) => dayNumber(to) - dayNumber(from))
    .registerFunction('addDays(string, int): string', addDays);
}

function toDecimal(value: unknown): ExactDecimal {
  if (value instanceof ExactDecimal) return value;
  if (typeof value === 'bigint') return ExactDecimal.ofInteger(value);
  const read = typeof value === 'string' ? ExactDecimal.read(value) : undefined;
  if (read === undefined) throw new DecimalFault(`a decimal, found ${typeof value === 'string' ? `"${value.slice(0, 40)}"` : typeof value}`);
  return read;
}

const DAY_MS = 86_400_000;

/** Whole days since 1970; days have no zone, so that UTC counts them exactly. */
function dayNumber(day: string): bigint {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at)) throw new DecimalFault(`a day such as 2026-11-24, found "${day.slice(0, 40)}"`);
  return BigInt(at / DAY_MS);
}

function addDays(day: string, days: bigint): string {
  const at = dayNumber(day) + days;
  // Years of four digits: 0001-01-01 to 9999-12-31.
  if (at < -719_162n || at > 2_932_896n) throw new DecimalFault(`a day between the years 1 and 9999, found ${days} days from ${day}`);
  return new Date(Number(at) * DAY_MS).toISOString().slice(0, 10);
}
