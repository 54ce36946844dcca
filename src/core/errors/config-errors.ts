import type { ErrorTable } from './error-table.ts';

/** Faults in what people write: files, environment, command lines. */
export const CONFIG_ERRORS = {
  ERR_INTERNAL: {
    retry: 'later',
    http: 500,
    summary: 'A fault of the gateway itself.',
    remedy: 'Report it with the log lines of the message id.',
  },
  ERR_USAGE: {
    retry: 'never',
    http: 400,
    summary: 'A command was called with wrong arguments.',
    remedy: 'Run the command with --help.',
  },
  ERR_CONFIG_ENV: {
    retry: 'never',
    http: 500,
    summary: 'An environment variable has a value that is not accepted.',
    remedy: 'See the table of variables in docs/operations.md.',
  },
  ERR_CONFIG_SECRET: {
    retry: 'never',
    http: 500,
    summary: 'A secret reference cannot be resolved, or its secret is empty or too short.',
    remedy: 'Set the variable or file that the reference names.',
  },
  ERR_CONFIG_FILES: {
    retry: 'never',
    http: 500,
    summary: 'Partner, mapping or queue files have faults, so the gateway did not start.',
    remedy: 'Run quayside lint and mend what it names.',
  },
  ERR_CONFIG_BACKLOG: {
    retry: 'never',
    http: 409,
    summary: 'A queue file was removed or renamed while deliveries of its endpoint are open or dead.',
    remedy: 'Put the file back, or say where the backlog goes: quayside endpoint retire NAME (--to OTHER | --discard) --reason ….',
  },
  ERR_FILE_READ: {
    retry: 'never',
    http: 400,
    summary: 'A file could not be read.',
    remedy: 'Check the path and its permissions.',
  },
  ERR_FILE_EXISTS: {
    retry: 'never',
    http: 409,
    summary: 'A command would write a file that is there already; nothing was written.',
    remedy: 'Choose another name, or remove what is there if nobody needs it.',
  },
  ERR_FILE_SYNTAX: {
    retry: 'never',
    http: 422,
    summary: 'A partner, mapping or queue file is not well-formed YAML, or uses anchors, aliases or merge keys.',
    remedy: 'Mend the line named; the last good version stays in force meanwhile.',
  },
  ERR_FILE_SCHEMA: {
    retry: 'never',
    http: 422,
    summary: 'A partner, mapping or queue file has an unknown key or a value of the wrong kind.',
    remedy: 'Use the suggested name or one of the accepted values.',
  },
  ERR_FILE_CONFLICT: {
    retry: 'never',
    http: 422,
    summary: 'Two files claim the same thing: a name, or an X12 identity of a sender.',
    remedy: 'Decide which of the two files it belongs to and take it out of the other.',
  },
  ERR_FILE_REFERENCE: {
    retry: 'never',
    http: 422,
    summary: 'A file names a partner, mapping, channel or endpoint that does not exist.',
    remedy: 'Use the suggested name or add the file that is missing.',
  },
} as const satisfies ErrorTable;
