/** The partner that an offline command names: of QUAYSIDE_HOME, else one of the demo's, so that the first tour needs no set-up. */
import { join } from 'node:path';
import { GatewayError } from '../core/errors/errors.ts';
import type { Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { Partner } from '../partners/partner-file.ts';
import type { Catalog } from '../pipeline/catalog.ts';
import type { Application } from './application.ts';
import type { Terminal } from './terminal.ts';

export interface FoundPartner {
  readonly catalog: Catalog;
  readonly partner: Partner;
  /** Of all files that were loaded. */
  readonly problems: readonly Problem[];
}

export function findPartner(app: Application, name: string, terminal: Terminal): FoundPartner {
  const own = app.loadCatalog(app.home);
  const partner = own.catalog.partners.get(name);
  if (partner !== undefined) return { catalog: own.catalog, partner, problems: own.problems };
  const demo = app.loadCatalog(app.demoHome);
  const demoPartner = demo.catalog.partners.get(name);
  if (demoPartner !== undefined) {
    terminal.error(`${name} is a partner of the demo`);
    return { catalog: demo.catalog, partner: demoPartner, problems: demo.problems };
  }
  const near = suggest(name, [...own.catalog.partners.keys(), ...demo.catalog.partners.keys()]);
  const file = join('partners', name, 'partner.yaml');
  throw new GatewayError('ERR_FILE_REFERENCE', `there is no partner "${name}"`, {
    hint: near === undefined ? `expected ${file} in ${app.home}; if it is there, run: quayside lint` : `did you mean "${near}"?`,
  });
}
