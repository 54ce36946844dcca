/** What a partner file may say of an SFTP drop, and the same with defaults filled in. */
import { type Static, Type } from '@sinclair/typebox';
import { durationText } from '../../core/duration.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import { StringEnum } from '../../core/schema-check.ts';
import {
  type ConnectionSettings,
  connectionSettings,
  milliseconds,
  normalisePath,
  serverProperties,
  sessionProperties,
} from '../../ssh/connection.ts';

export const SftpOptions = Type.Object(
  {
    ...serverProperties,
    directory: Type.String({ minLength: 1, maxLength: 1024, description: 'The drop; relative paths start in the login directory' }),
    archive: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        description: 'Where taken files are moved; default: archive in the drop. On the same file system',
      }),
    ),
    include: Type.Optional(Type.String({ minLength: 1, maxLength: 255, default: '*', description: 'File names to take; * and ? as in a shell' })),
    poll: Type.Optional(durationText('Time between two polls; default 30s', '30s')),
    minimumAge: Type.Optional(durationText('How long a file must have been watched unchanged before it is taken; default 10s', '10s')),
    trailer: Type.Optional(
      StringEnum(['IEA', 'none'], {
        default: 'IEA',
        description: 'IEA: take a file only when it ends in an IEA segment. none: for other formats than X12',
      }),
    ),
    maxBytes: Type.Optional(Type.Integer({ minimum: 1, default: 200_000_000, description: 'Larger files are left where they are and reported' })),
    ...sessionProperties,
  },
  { additionalProperties: false },
);

export type SftpOptions = Static<typeof SftpOptions>;

export interface SftpSettings extends ConnectionSettings {
  /** Normalised, without a slash at its end (but `/` itself). */
  readonly directory: string;
  readonly archive: string;
  readonly include: string;
  readonly pollMs: number;
  readonly minimumAgeMs: number;
  readonly trailer: 'IEA' | 'none';
  readonly maxBytes: number;
}

/** Throws ERR_SFTP_DIRECTORY when the archive is the drop itself: what was taken would be taken again. */
export function settingsOf(options: SftpOptions): SftpSettings {
  const directory = normalisePath(options.directory);
  const archive = normalisePath(options.archive ?? `${directory}/archive`);
  const connection = connectionSettings(options, directory);
  if (archive === directory)
    throw new GatewayError('ERR_SFTP_DIRECTORY', `${connection.drop}: expected an archive other than the drop, found ${archive} for both`, {
      hint: 'name another directory under archive, on the same file system',
    });
  return {
    ...connection,
    directory,
    archive,
    include: options.include ?? '*',
    pollMs: milliseconds('poll', options.poll ?? '30s'),
    minimumAgeMs: milliseconds('minimumAge', options.minimumAge ?? '10s'),
    trailer: options.trailer ?? 'IEA',
    maxBytes: options.maxBytes ?? 200_000_000,
  };
}
