/** `npm run mutants [-- --only WORD] [--json]`: switches each check of the X12 reader off in turn and tells which ones no test misses. */
import { ensureInstalled } from './setup.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('../test/mutants/run.ts');
