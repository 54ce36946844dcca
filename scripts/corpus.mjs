/** `npm run corpus -- DIR [--json]`: installs what is missing, then runs test/corpus/run.ts. */
import { ensureInstalled } from './setup.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('../test/corpus/run.ts');
