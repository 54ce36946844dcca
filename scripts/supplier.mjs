/** `npm run supplier -- --sets N [--broken N] [--seed N] > FILE`: a supplier's 855s, some 1.8 KB each, to see how huge files are read. */
import { ensureInstalled } from './setup.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
const { pipeline } = await import('node:stream/promises');
const { chunksOf, supplierFile } = await import('../test/support/supplier-file.ts');

const words = process.argv.slice(2);
const number = (name, usual) => (words.includes(name) ? Number(words[words.indexOf(name) + 1]) : usual);
const options = { seed: number('--seed', 1), sets: number('--sets', 100_000), broken: number('--broken', 0), lines: 14 };
await pipeline(chunksOf(supplierFile({ ...options, setsPerInterchange: options.sets })), process.stdout, { end: false });
