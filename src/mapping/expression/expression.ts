/**
 * One expression of `calc` or `checks`: CEL on named inputs, checked once when its file is read, bounded when it is carried out.
 *
 * It never sees the source document, only what selectors bound to its inputs, so that lineage and coverage stay exact.
 */
import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import type { Json } from '../../core/canonical.ts';
import { suggest } from '../../core/suggest.ts';
import { type Budget, boundText, MAX_STEPS, viewOf } from './bounded-view.ts';
import { createEnvironment } from './environment.ts';
import { ExactDecimal } from './exact-decimal.ts';
import { comparisonFault, type ExpressionFault, guard } from './guard.ts';

/** What an input is; a day is text such as 2026-11-24, which compares in order. */
export const INPUT_TYPES = ['text', 'dec', 'int', 'date'] as const;
export type InputType = (typeof INPUT_TYPES)[number];
export type ExpressionType = 'text' | 'dec' | 'int' | 'bool';
/** Decimals and whole numbers as text, so that neither passes through a number of JavaScript. */
export type ExpressionValue = string | boolean;

export interface Expression {
  readonly text: string;
  readonly type: ExpressionType;
  /** Throws where it cannot be carried out, with what to say about it. `inputs` are in the form of the canonical schema. */
  evaluate(inputs: ReadonlyMap<string, string>, out?: Json): ExpressionValue;
}

/** The mapped document, in `checks`. */
export const OUT = 'out';
const MAX_LENGTH = 2000;
const CEL_TYPES = { text: 'string', dec: 'Dec', int: 'int', date: 'string' } as const;
const TYPE_NAMES: Readonly<Record<string, ExpressionType>> = { string: 'text', Dec: 'dec', int: 'int', bool: 'bool' };

let shared: Environment | undefined;

export function compileExpression(
  text: string,
  inputs: ReadonlyMap<string, InputType>,
  seesDocument: boolean,
): { expression: Expression } | { fault: ExpressionFault } {
  if (text.length > MAX_LENGTH) return { fault: { message: `expected at most ${MAX_LENGTH} characters, found ${text.length}` } };
  // One for all, as setting it up costs more than all expressions of a mapping.
  shared ??= createEnvironment();
  const environment = shared.clone();
  for (const [name, type] of inputs) environment.registerVariable(name, CEL_TYPES[type]);
  if (seesDocument) environment.registerVariable(OUT, 'dyn');
  let parsed: ParseResult;
  try {
    parsed = environment.parse(text);
  } catch (thrown) {
    return { fault: faultFrom(thrown) };
  }
  const { fault, names, nodes } = guard(parsed.ast);
  if (fault !== undefined) return { fault };
  const checked = parsed.check();
  if (!checked.valid) return { fault: withHint(faultFrom(checked.error), inputs) };
  const compared = comparisonFault(parsed.ast);
  if (compared !== undefined) return { fault: compared };
  const unused = [...inputs.keys()].find((name) => !names.has(name));
  if (unused !== undefined) return { fault: { message: `the input "${unused}" is not used`, hint: 'remove it' } };
  const type = TYPE_NAMES[checked.type ?? ''];
  if (type === undefined)
    return {
      fault: {
        message: `expected an expression of one certain type, found ${checked.type === 'dyn' ? 'one of any' : checked.type}`,
        expected: 'text, a decimal, a whole number, true or false',
        found: checked.type,
        hint: 'say which it is: dec(…), int(…) or string(…)',
      },
    };
  const evaluate: Expression['evaluate'] = (values, out) => {
    const budget: Budget = { left: MAX_STEPS, perItem: nodes };
    const context: Record<string, unknown> = {};
    for (const [name, value] of values) context[name] = bound(value, inputs.get(name) ?? 'text');
    if (seesDocument) context[OUT] = viewOf(out, budget);
    const value: unknown = parsed(context);
    return typeof value === 'boolean' ? value : String(value);
  };
  return { expression: { text, type, evaluate } };
}

function bound(value: string, type: InputType): unknown {
  if (type === 'int') return BigInt(value);
  return type === 'dec' ? ExactDecimal.read(value) : boundText(value);
}

/** Faults of the package, in one line and with their place; of ours, as they are. */
export function faultFrom(thrown: unknown): ExpressionFault {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { summary, range } = thrown as { summary?: string; range?: { start: number } };
  return { message: (summary ?? thrown.message).split('\n')[0] ?? '', offset: range?.start };
}

function withHint(fault: ExpressionFault, inputs: ReadonlyMap<string, InputType>): ExpressionFault {
  const unknown = /^Unknown variable: (.*)$/.exec(fault.message)?.[1];
  if (unknown !== undefined) {
    const near = suggest(unknown, [...inputs.keys()]);
    return {
      ...fault,
      message: `there is no input "${unknown}"`,
      found: unknown,
      hint: near === undefined ? `bind it: with: { ${unknown}: … }` : `did you mean "${near}"?`,
    };
  }
  if (/Dec \/|\/ Dec/.test(fault.message)) return { ...fault, hint: 'say to how many places: div(a, b, 2)' };
  if (/overload/.test(fault.message))
    return { ...fault, message: fault.message.replaceAll('Dec', 'dec'), hint: 'give the inputs their type: { from: PO102, as: dec }' };
  return fault;
}
