/**
 * The one table of error codes and the one error class.
 *
 * A code says what kind of fault it is, once and for all; the message says what was expected and what was
 * found; `at` says where; `hint` says what to do. Never put a secret or a whole payload in any of them.
 */
import { formatPlace, type Place } from '../place.ts';
import { API_ERRORS } from './api-errors.ts';
import { CHANNEL_ERRORS } from './channel-errors.ts';
import { CONFIG_ERRORS } from './config-errors.ts';
import { DELIVERY_ERRORS } from './delivery-errors.ts';
import type { ErrorEntry } from './error-table.ts';
import { MAPPING_ERRORS } from './mapping-errors.ts';
import { PIPELINE_ERRORS } from './pipeline-errors.ts';
import { STORE_ERRORS } from './store-errors.ts';
import { X12_ERRORS } from './x12-errors.ts';

export const ERRORS = {
  ...CONFIG_ERRORS,
  ...STORE_ERRORS,
  ...CHANNEL_ERRORS,
  ...X12_ERRORS,
  ...PIPELINE_ERRORS,
  ...MAPPING_ERRORS,
  ...DELIVERY_ERRORS,
  ...API_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  readonly at?: Place | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly at: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.at = details.at;
    this.hint = details.hint;
  }

  /** Whether doing the same again may help. */
  get retry(): ErrorEntry['retry'] {
    return ERRORS[this.code].retry;
  }

  /** One line for a terminal or a log: place, code, message, remedy. */
  line(): string {
    const place = this.at === undefined ? '' : `${formatPlace(this.at)}: `;
    const hint = this.hint === undefined ? '' : ` · hint: ${this.hint}`;
    return `${place}${this.code} ${this.message}${hint}`;
  }
}

/** Anything thrown, as a GatewayError; what is not one already is our own fault. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new GatewayError('ERR_INTERNAL', message, { cause: thrown });
}
