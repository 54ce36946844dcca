/** How an attempt that failed is taken. With real servers: test/e2e/sftp-outbox.test.ts. */
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../core/errors/errors.ts';
import { compileSchema } from '../../core/schema-check.ts';
import { sftpDestination } from './destination.ts';
import { outcomeOfFailure, outcomeOfPutting } from './outcome.ts';

describe('a failed attempt', () => {
  it('is ambiguous from the rename on, whatever failed: only then may the file lie there', () => {
    const lost = new GatewayError('ERR_SFTP_UNREACHABLE', 'the connection is gone');
    expect(outcomeOfFailure(lost, false)).toEqual({ class: 'not_sent', detail: 'nothing was put there: the connection is gone' });
    expect(outcomeOfFailure(lost, true).class).toBe('ambiguous');
  });

  it('that only a person can mend is charged to nobody', () => {
    for (const code of ['ERR_SFTP_AUTH', 'ERR_SFTP_HOST_KEY', 'ERR_SFTP_PERMISSION', 'ERR_SFTP_DIRECTORY', 'ERR_CONFIG_SECRET'] as const)
      expect(['auth', 'gone', 'refused']).toContain(outcomeOfFailure(new GatewayError(code, 'x'), false).class);
  });
});

it('another file under the name is a rejection, the same one a success', () => {
  expect(outcomeOfPutting('taken', 'a.edi').class).toBe('rejected');
  expect(outcomeOfPutting('there', 'a.edi').class).toBe('delivered');
});

it('no server is reached without a pinned host key', () => {
  const check = compileSchema(sftpDestination.options);
  const [example] = sftpDestination.examples;
  expect(check(example?.options)).toEqual([]);
  expect(check({ ...example?.options, hostKey: undefined })).not.toEqual([]);
});
