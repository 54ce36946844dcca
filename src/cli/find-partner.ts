/** The partner that an offline command names: of QUAYSIDE_HOME, else one of the demo's, so that the first tour needs no set-up. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../core/errors/errors.ts';
import type { Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { Partner } from '../partners/partner-file.ts';
import type { Catalog } from '../pipeline/catalog.ts';
import type { Application } from './application.ts';
import { printProblems, type Terminal } from './terminal.ts';

export interface FoundPartner {
  readonly catalog: Catalog;
  readonly partner: Partner;
  /** Of all files that were loaded. */
  readonly problems: readonly Problem[];
}

export function findPartner(app: Application, name: string, terminal: Terminal): FoundPartner {
  const isOwn = existsSync(join(app.home, 'partners', name));
  const { catalog, problems } = app.loadCatalog(isOwn ? app.home : app.demoHome);
  const partner = catalog.partners.get(name);
  if (partner !== undefined) {
    if (!isOwn) terminal.error(`${name} is a partner of the demo`);
    return { catalog, partner, problems };
  }
  // A partner of the home that has faults did not load: they say why.
  if (isOwn) printProblems(terminal, problems);
  const near = suggest(name, [...catalog.partners.keys()]);
  const file = join('partners', name, 'partner.yaml');
  throw new GatewayError('ERR_FILE_REFERENCE', isOwn ? `the files of partner "${name}" have faults` : `there is no partner "${name}"`, {
    hint: isOwn || near === undefined ? `mend or add ${file} in ${app.home}; quayside lint names every fault` : `did you mean "${near}"?`,
  });
}
