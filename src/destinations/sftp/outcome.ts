/** What an attempt to put a file means for its delivery: docs/architecture.md, outcome classes. */
import type { Outcome, OutcomeClass } from '../../core/contracts.ts';
import { asGatewayError, type ErrorCode } from '../../core/errors/errors.ts';
import type { Putting } from './put-file.ts';

const SAID: Readonly<Record<Putting, readonly [OutcomeClass, string]>> = {
  put: ['delivered', 'put there and renamed to'],
  there: ['delivered', 'it lies there already, byte for byte, as'],
  taken: ['rejected', 'another file lies there, and is never overwritten, as'],
};

export function outcomeOfPutting(putting: Putting, name: string): Outcome {
  const [outcomeClass, words] = SAID[putting];
  return { class: outcomeClass, detail: `${words} ${name}` };
}

/** What only a person can mend parks the outbox; nothing is charged meanwhile. */
const FOR_A_PERSON: Partial<Record<ErrorCode, OutcomeClass>> = {
  ERR_CONFIG_SECRET: 'auth',
  ERR_SFTP_AUTH: 'auth',
  ERR_SFTP_HOST_KEY: 'refused',
  ERR_SFTP_PERMISSION: 'auth',
  ERR_SFTP_DIRECTORY: 'gone',
};

/** `renaming`: the file may lie there; the next attempt looks. */
export function outcomeOfFailure(thrown: unknown, renaming: boolean): Outcome {
  const error = asGatewayError(thrown);
  if (renaming) return { class: 'ambiguous', detail: `not known whether it was renamed: ${error.message}`.slice(0, 300) };
  return { class: FOR_A_PERSON[error.code] ?? 'not_sent', detail: `nothing was put there: ${error.message}`.slice(0, 300) };
}
