/**
 * A folder that clients see as `/` and cannot leave: neither by `..` nor through a symbolic link.
 *
 * Links are refused wherever they stand in a path, so there is nothing to resolve and nothing to get wrong. It guards against what
 * an SFTP client can do, which cannot make links here; not against other local programs that swap folders at the same instant.
 */
import { lstat } from 'node:fs/promises';
import { join, posix } from 'node:path';

export class ConfinedFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** `a/../b`, `/b` and `b` are all `/b`. */
  clientPath(path: string): string {
    return posix.resolve('/', path);
  }

  /** Throws an EACCES fault when any step of the path, the last one included, is a symbolic link. */
  async locate(path: string): Promise<string> {
    if (path.includes('\0')) throw Object.assign(new Error('a path holds no NUL'), { code: 'EINVAL' });
    let local = this.#root;
    for (const step of this.clientPath(path).split('/').filter(Boolean)) {
      local = join(local, step);
      const found = await lstat(local).catch(() => undefined);
      if (found?.isSymbolicLink()) throw Object.assign(new Error('symbolic links are not followed'), { code: 'EACCES' });
    }
    return local;
  }
}
