/** `npm run bench [-- NAME] [-- --json]`: installs what is missing, then runs bench/run.ts. */
import { ensureInstalled } from './setup.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('../bench/run.ts');
