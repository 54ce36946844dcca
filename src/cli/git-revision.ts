/** The partner and mapping files of another git revision, written beside each other for as long as they are looked at. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatewayError } from '../core/errors/errors.ts';

const run = promisify(execFile);
const FOLDERS = ['partners', 'mappings'];

/** The checkout's own index and files stay as they are: git writes through an index of its own. */
export async function withRevision<Result>(home: string, revision: string, work: (home: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'quayside-revision-'));
  try {
    const commit = await resolveCommit(home, revision);
    const { stdout: prefix } = await git(home, ['rev-parse', '--show-prefix']);
    const there = join(folder, 'home');
    await mkdir(there);
    for (const name of FOLDERS) {
      const tree = `${commit}:${prefix.trim()}${name}`;
      const isThere = await git(home, ['cat-file', '-e', tree]).then(
        () => true,
        () => false,
      );
      if (!isThere) continue;
      const environment = { GIT_INDEX_FILE: join(folder, `index-${name}`) };
      await git(home, ['read-tree', tree], environment);
      await git(home, ['checkout-index', '--all', `--prefix=${join(there, name)}/`], environment);
    }
    return await work(there);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a person names may be a branch, a tag or a commit; never an option of git. */
async function resolveCommit(home: string, revision: string): Promise<string> {
  try {
    const { stdout } = await git(home, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
    return stdout.trim();
  } catch (thrown) {
    const why = thrown instanceof Error && 'code' in thrown && thrown.code === 127 ? 'git is not installed' : `git knows none in ${home}`;
    throw new GatewayError('ERR_USAGE', `--against: expected a git revision such as main or HEAD~1, found "${revision}": ${why}`);
  }
}

/** Variables by env(1), beside those that we were started with. */
const git = (home: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
  const assigned = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return run('env', [...assigned, 'git', '-C', home, ...args], { maxBuffer: 16 * 1024 * 1024 });
};
