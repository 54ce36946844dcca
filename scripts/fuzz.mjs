/** `npm run fuzz [-- --seed N] [--count N] [--json]`: installs what is missing, then runs test/fuzz/run.ts. */
import { ensureInstalled } from './setup.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('../test/fuzz/run.ts');
