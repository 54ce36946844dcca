/** What a file may say of a directory on an SFTP server into which documents are put. */
import { type Static, Type } from '@sinclair/typebox';
import { type ConnectionSettings, connectionSettings, normalisePath, serverProperties, sessionProperties } from '../../ssh/connection.ts';

export const sftpOutboxOptions = Type.Object(
  {
    ...serverProperties,
    directory: Type.String({ minLength: 1, maxLength: 1024, description: 'Where files are put; relative paths start in the login directory' }),
    ...sessionProperties,
  },
  { additionalProperties: false },
);

export type SftpOutboxOptions = Static<typeof sftpOutboxOptions>;

export interface OutboxSettings extends ConnectionSettings {
  readonly directory: string;
}

export function outboxSettings(options: SftpOutboxOptions): OutboxSettings {
  const directory = normalisePath(options.directory);
  return { ...connectionSettings(options, directory), directory };
}
