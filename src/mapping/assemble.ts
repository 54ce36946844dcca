/**
 * Makes objects whose keys are known beforehand, all at once.
 *
 * Setting one unknown key after the other is what costs a mapping most. An object literal costs a fraction, so for each set of
 * keys that really occurs one is compiled, as ajv compiles its checks. Keys come from the canonical schema, never from a document.
 */
import type { Json } from '../core/canonical.ts';

export type Assembled = Record<string, Json>;
type Literal = (values: readonly (Json | undefined)[]) => Assembled;

/** Bits of a number that is an integer to the engine. */
const MOST_KEYS = 30;
/** Sets of keys that get a literal of their own: documents of one partner hardly vary more. */
const MOST_LITERALS = 64;

export class Assembler {
  private readonly keys: string[] = [];
  private readonly literals = new Map<number, Literal>();
  /** Most objects have the keys of the one before. */
  private last = 0;
  private lastLiteral: Literal | undefined;

  add(key: string): void {
    this.keys.push(key);
  }

  /** Of the values that are not undefined; `present` has a bit set for each of them. */
  assemble(values: readonly (Json | undefined)[], present: number): Assembled {
    if (present === this.last && this.lastLiteral !== undefined) return this.lastLiteral(values);
    const literal = this.literals.get(present) ?? this.compile(present);
    if (literal === undefined) return this.oneByOne(values);
    this.last = present;
    this.lastLiteral = literal;
    return literal(values);
  }

  private compile(present: number): Literal | undefined {
    if (this.keys.length > MOST_KEYS || this.literals.size >= MOST_LITERALS) return undefined;
    const compiled = compileLiteral(this.keys, present);
    this.literals.set(present, compiled);
    return compiled;
  }

  private oneByOne(values: readonly (Json | undefined)[]): Assembled {
    const object: Assembled = {};
    for (const [i, key] of this.keys.entries()) {
      const value = values[i];
      if (value !== undefined) object[key] = value;
    }
    return object;
  }
}

function compileLiteral(keys: readonly string[], present: number): Literal {
  const pairs = keys.flatMap((key, i) => ((present & (1 << i)) === 0 ? [] : [`${JSON.stringify(key)}: values[${i}]`]));
  return new Function('values', `return { ${pairs.join(', ')} };`) as Literal;
}
