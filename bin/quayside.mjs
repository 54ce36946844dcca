#!/usr/bin/env node
/**
 * The one executable: `quayside …` when installed, `npx quayside …` and `npm run demo` in a checkout.
 *
 * Plain JavaScript on Node's builtins only, because in an empty clone nothing else is there yet. A built package has no
 * `src` and runs `dist`; a checkout installs what is missing and runs `src` through tsx, so that no build can be stale.
 */
import { existsSync } from 'node:fs';

const at = (path) => new URL(`../${path}`, import.meta.url);

if (existsSync(at('src/main.ts'))) {
  const { ensureInstalled } = await import(at('scripts/setup.mjs').href);
  ensureInstalled();
  const { register } = await import('tsx/esm/api');
  register();
  await import(at('src/main.ts').href);
} else {
  process.setSourceMapsEnabled(true);
  await import(at('dist/main.js').href);
}
