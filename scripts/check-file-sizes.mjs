/**
 * Refuses a file that people write and that is longer than 400 lines: past that, nobody holds it in the head.
 *
 * Generated files (`_*.ts`, schemas, the dumped database schema, lock files) are nobody's to hold.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const MOST_LINES = 400;
const WRITTEN = /\.(ts|mjs|cjs|js|sql|sh|md|ya?ml)$|(^|\/)Dockerfile$|^\.ci\//;
const GENERATED = /(^|\/)_[^/]*\.ts$|^schemas\/|^src\/store\/schema\.sql$|^docs\/(errors|extensions)\.md$/;

/** Tracked files and new ones that are not ignored, but not those deleted and not yet committed. */
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
const files = [...new Set(listed.split('\0'))].filter((file) => WRITTEN.test(file) && !GENERATED.test(file) && existsSync(join(root, file)));
const lengths = files.map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }));
const tooLong = lengths.filter(({ lines }) => lines > MOST_LINES);
for (const { file, lines } of tooLong) process.stdout.write(`${file}: expected at most ${MOST_LINES} lines, found ${lines}\n`);
if (files.length === 0) process.stdout.write('no file found to measure\n');
process.exitCode = tooLong.length > 0 || files.length === 0 ? 1 : 0;
