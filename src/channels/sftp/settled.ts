/**
 * Is the upload finished? SFTP has no "closed by the writer", so a file counts as whole when it was seen twice with equal size and
 * time and was watched unchanged for the minimum age.
 *
 * The age is measured by watching, not by subtracting the file's time from a clock: server and gateway clocks may differ by hours, and
 * clients may set the time of what they upload. The price: after a restart every file is watched anew.
 */
import { type DropFile, type FileState, sameState } from './listing.ts';

export interface Sighting extends FileState {
  readonly sinceMs: number;
  /** This state was looked into and had no trailer: no need to read it again. */
  readonly withoutTrailer: boolean;
}

export type Verdict = { readonly settled: true } | { readonly settled: false; readonly reason: string };

/** Notes what is seen now and says, for each file, whether it may be taken; forgets what is gone. */
export function watch(memory: Map<string, unknown>, files: readonly DropFile[], nowMs: number, minimumAgeMs: number): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  for (const file of files) {
    const before = sightingOf(memory, file.name);
    if (before === undefined || !sameState(before, file)) {
      memory.set(file.name, { size: file.size, mtime: file.mtime, sinceMs: nowMs, withoutTrailer: false } satisfies Sighting);
      const reason =
        before === undefined ? 'seen for the first time, taken when it stays as it is' : 'it has changed since the last poll: the upload goes on';
      verdicts.set(file.name, { settled: false, reason });
      continue;
    }
    const watchedMs = nowMs - before.sinceMs;
    if (watchedMs < minimumAgeMs)
      verdicts.set(file.name, { settled: false, reason: `unchanged for ${watchedMs} ms, taken after ${minimumAgeMs} ms` });
    else verdicts.set(file.name, { settled: true });
  }
  for (const name of memory.keys()) if (!verdicts.has(name)) memory.delete(name);
  return verdicts;
}

export function sightingOf(memory: Map<string, unknown>, name: string): Sighting | undefined {
  const value = memory.get(name);
  return isSighting(value) ? value : undefined;
}

const isSighting = (value: unknown): value is Sighting => typeof value === 'object' && value !== null && 'sinceMs' in value;
