/**
 * The decimals of expressions: exact, with the places they were written with, so that `10.10` stays `10.10`.
 *
 * A value of its own type, because CEL's own number with a point is a binary float, which money never is.
 */
import Big from 'big.js';
import { readDecimal } from '../decimal.ts';

Big.strict = true;

/** Far more than any field takes; without a bound a chain of products would grow without one. */
const MAX_DIGITS = 60;
const MAX_PLACES = 30;

/** Divides to the places that are asked for: a constructor of its own, because big.js keeps them there. */
const Quotient = Big();

export class DecimalFault extends Error {}

export class ExactDecimal {
  readonly #value: Big;
  readonly #places: number;

  private constructor(value: Big, places: number) {
    if (value.e >= MAX_DIGITS || places > MAX_PLACES) throw new DecimalFault(`a decimal of more than ${MAX_DIGITS} digits or ${MAX_PLACES} places`);
    this.#value = value;
    this.#places = places;
  }

  /** Undefined where the text is no decimal. */
  static read(text: string): ExactDecimal | undefined {
    const plain = text.length > MAX_DIGITS + MAX_PLACES ? undefined : readDecimal(text);
    return plain === undefined ? undefined : new ExactDecimal(new Big(plain), plain.includes('.') ? plain.length - plain.indexOf('.') - 1 : 0);
  }

  static ofInteger(integer: bigint): ExactDecimal {
    return new ExactDecimal(new Big(integer.toString()), 0);
  }

  static sum(decimals: readonly ExactDecimal[]): ExactDecimal {
    return decimals.reduce((sum, one) => sum.plus(one), ExactDecimal.ofInteger(0n));
  }

  plus(other: ExactDecimal): ExactDecimal {
    return new ExactDecimal(this.#value.plus(other.#value), Math.max(this.#places, other.#places));
  }

  minus(other: ExactDecimal): ExactDecimal {
    return this.plus(other.negated());
  }

  times(other: ExactDecimal): ExactDecimal {
    return new ExactDecimal(this.#value.times(other.#value), this.#places + other.#places);
  }

  negated(): ExactDecimal {
    return new ExactDecimal(this.#value.neg(), this.#places);
  }

  /** Half away from zero, as trade rounds. */
  rounded(places: number): ExactDecimal {
    return new ExactDecimal(this.#value.round(placesOf(places), Big.roundHalfUp), places);
  }

  dividedBy(other: ExactDecimal, places: number): ExactDecimal {
    if (other.compare(ExactDecimal.ofInteger(0n)) === 0) throw new DecimalFault('a division by zero');
    Quotient.DP = placesOf(places);
    Quotient.RM = Big.roundHalfUp;
    return new ExactDecimal(new Quotient(this.#value.toFixed()).div(other.#value.toFixed()), places);
  }

  /** Below, at or above zero, as this is less than, equal to or more than the other: by value, so that 1.50 is 1.5. */
  compare(other: ExactDecimal): number {
    return this.#value.cmp(other.#value);
  }

  /** As the canonical schema writes it, with all of its places. */
  toString(): string {
    const text = this.#value.toFixed(this.#places);
    return /[1-9]/.test(text) ? text : text.replace('-', '');
  }
}

function placesOf(places: number): number {
  if (!Number.isInteger(places) || places < 0 || places > MAX_PLACES) throw new DecimalFault(`places from 0 to ${MAX_PLACES}, found ${places}`);
  return places;
}
