/** Walks a parsed expression and says what in it is not allowed: CEL has more than is exact and bounded. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { suggest } from '../../core/suggest.ts';
import { FUNCTIONS, LOOPS } from './environment.ts';

export interface ExpressionFault {
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly hint?: string | undefined;
  /** Where in the expression; absent where it is at fault as a whole. */
  readonly offset?: number | undefined;
}

/** A longer text to search for would make the search cost text times text. */
const MAX_NEEDLE = 40;

const isNamed = (names: readonly string[], name: string): boolean => names.includes(name);

/** What was found of one expression: its first fault, the names it uses, how long it is. */
interface Guarded {
  readonly fault?: ExpressionFault | undefined;
  readonly names: ReadonlySet<string>;
  readonly nodes: number;
}

export function guard(root: ASTNode): Guarded {
  const names = new Set<string>();
  let nodes = 0;
  const waiting: { node: ASTNode; inLoop: boolean }[] = [{ node: root, inLoop: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, inLoop } = next;
    nodes++;
    const fault = faultOf(node, inLoop);
    if (fault !== undefined) return { fault: { ...fault, offset: node.start }, names, nodes };
    if (node.op === 'id') names.add(node.args);
    const loops = node.op === 'rcall' && isNamed(LOOPS, node.args[0]);
    // The list that a loop runs through is made once; only what follows is done for each of its items.
    for (const [index, child] of childrenOf(node).entries()) waiting.push({ node: child, inLoop: inLoop || (loops && index > 0) });
  }
  return { names, nodes };
}

/**
 * Of a checked expression: a comparison of a number with what may be of any kind. CEL says that "1.50" is not 1.5 and goes on;
 * here that would be a check that never or always holds.
 */
export function comparisonFault(root: ASTNode): ExpressionFault | undefined {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    waiting.push(...childrenOf(node));
    if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') continue;
    const [left, right] = node.args.map(typeNameOf);
    const numeric = [left, right].find((type) => type === 'Dec' || type === 'int');
    if (numeric === undefined || (left !== 'dyn' && right !== 'dyn' && right !== 'list<dyn>')) continue;
    const wanted = numeric === 'Dec' ? 'dec' : 'int';
    return {
      message: `a number is compared with a value of the document that may be text`,
      expected: `${wanted}(…) on both sides`,
      hint: `write ${wanted}(…) around the value of the document`,
      offset: node.start,
    };
  }
  return undefined;
}

/** Set by the package's check; its types do not tell. */
const typeNameOf = (node: ASTNode): string | undefined => (node as { checkedType?: { name?: string } }).checkedType?.name;

function childrenOf(node: ASTNode): ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return [...node.args];
  }
}

function faultOf(node: ASTNode, inLoop: boolean): ExpressionFault | undefined {
  if (node.op === 'value') return literalFault(node);
  if (node.op === 'map') return { message: 'an expression makes no maps', expected: 'a value or a list', found: 'a map' };
  if (node.op === '.?' || node.op === '[?]')
    return { message: `"${node.op}" is not carried out`, expected: '. or []', hint: 'ask has(out.x.y) first' };
  if (node.op !== 'call' && node.op !== 'rcall') return undefined;
  const name = node.args[0];
  if (isNamed(LOOPS, name))
    return inLoop
      ? {
          message: `"${name}" stands inside of another loop`,
          expected: `one level of ${LOOPS.join(', ')}`,
          found: 'two',
          hint: 'bind what it needs as an input of its own',
        }
      : undefined;
  if (!isNamed(FUNCTIONS, name)) {
    const near = suggest(name, [...FUNCTIONS, ...LOOPS]);
    return {
      message: `there is no function "${name}"`,
      expected: `one of ${[...FUNCTIONS, ...LOOPS].join(', ')}`,
      found: name,
      hint:
        name === 'matches'
          ? 'give the input a pattern: it is RE2, which no text can hang'
          : name === 'double'
            ? 'decimals are exact here: dec("1.5")'
            : near === undefined
              ? undefined
              : `did you mean "${near}"?`,
    };
  }
  if (name === 'contains') {
    const [needle] = node.op === 'rcall' ? node.args[2] : [];
    if (needle?.op !== 'value' || typeof needle.args !== 'string' || needle.args.length > MAX_NEEDLE)
      return { message: `contains() takes a text in quotes of at most ${MAX_NEEDLE} characters`, expected: 'a text in quotes' };
  }
  return undefined;
}

function literalFault(node: Extract<ASTNode, { op: 'value' }>): ExpressionFault | undefined {
  const { args: value } = node;
  if (typeof value === 'number') {
    const text = node.input.slice(node.start, node.end);
    return {
      message: `${text} would be a binary float, which is not exact`,
      expected: 'an exact decimal',
      found: text,
      hint: `write dec("${text}")`,
    };
  }
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value)
    return { message: 'expected a whole number of at most 64 bits', expected: 'a whole number of at most 64 bits', hint: 'write dec("…")' };
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean' || value === null) return undefined;
  return { message: 'expected a text, a whole number, true, false or null', expected: 'a plain value', found: 'unsigned or bytes' };
}
