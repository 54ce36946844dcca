import { loadCatalog } from '/work/main/src/pipeline/catalog.ts';
import { formatProblem } from '/work/main/src/core/problem.ts';
import { CHANNELS } from '/work/main/src/channels/_registry.ts';
import { DESTINATIONS } from '/work/main/src/destinations/_registry.ts';
const s = { home: process.argv[2]!, extensions: { channels: CHANNELS, formats: new Map(), destinations: DESTINATIONS }, standardMappings: '/work/main/mappings' };
const l = loadCatalog(s);
console.log(l.problems.map(formatProblem).join('\n'), l.catalog.mappings.mappings.map(m=>[m.name,m.file,m.version,m.source]), [...l.catalog.partners.keys()], [...l.catalog.endpoints.values()]);
