/** The named places at which a test may kill the gateway, one for each row of the crash table in docs/architecture.md. */
export const FAILPOINTS = [
  /** The bytes were read from the source, T1 has not begun. */
  'receive.read',
  /** T1 is committed, the source is not yet acknowledged. */
  'receive.committed',
  /** Inside T2: rows are written, the commit has not happened. */
  'translate.uncommitted',
  /** T2 is committed, nobody was told. */
  'translate.committed',
  /** A delivery is queued in PostgreSQL, its hint is not yet in the queue. */
  'dispatch.queued',
  /** The endpoint answered, the outcome is not yet committed. */
  'deliver.sent',
  /** A file is whole under its temporary name, and not yet renamed. */
  'upload.written',
  /** A batch of a replay job is written, the commit has not happened. */
  'replay.batch',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];
