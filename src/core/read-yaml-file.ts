/** Reads a file that people write: what cannot be read is a problem with a place, never an exception. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from './problem.ts';
import type { SecretUse } from './secret-reference.ts';
import { MAX_FILE_BYTES, parseYamlFile, type YamlFile } from './yaml-file.ts';

/** Where an object that was read from a file stands in it, for faults that only other files or the environment can show. */
export interface Origin {
  readonly file: YamlFile;
  readonly secrets: readonly SecretUse[];
}

/** By the object that was read. */
export type Origins = ReadonlyMap<object, Origin>;

/** `name` is what problems call the file. */
export function readYamlFile(location: string, name: string): { file?: YamlFile; problems: Problem[] } {
  const unreadable = (message: string): { problems: Problem[] } => ({
    problems: [{ code: 'ERR_FILE_READ', severity: 'error', message, at: { kind: 'file', file: name, line: 1, column: 1 } }],
  });
  try {
    const { size } = statSync(location);
    if (size > MAX_FILE_BYTES) return unreadable(`expected at most ${MAX_FILE_BYTES} bytes, found ${size}`);
    return parseYamlFile(name, new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(location)));
  } catch (thrown) {
    if (thrown instanceof TypeError) return unreadable('expected UTF-8 text, found other bytes');
    return unreadable(`the file cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

/** Names in a directory, sorted, without dotfiles; none when there is no such directory. */
export function namesIn(directory: string, kind: 'file' | 'directory'): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.') && isKind(path.join(directory, name), kind))
      .sort();
  } catch {
    return [];
  }
}

function isKind(location: string, kind: 'file' | 'directory'): boolean {
  const stats = statSync(location, { throwIfNoEntry: false });
  return kind === 'file' ? stats?.isFile() === true : stats?.isDirectory() === true;
}
