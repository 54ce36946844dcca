/** `npm run chaos -- --seed N --seconds S [--json] [--record FILE]`: installs what is missing, then runs test/chaos/run.ts. */
import { ensureInstalled } from './setup.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('../test/chaos/run.ts');
