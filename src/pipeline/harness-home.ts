/** A home with one partner, one mapping and one endpoint, for the tests of what is read from it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHANNELS } from '../channels/_registry.ts';
import { DESTINATIONS } from '../destinations/_registry.ts';
import type { CatalogSource } from './catalog.ts';

export const PARTNER = `partner: acme
title: Acme Industrial Supply
stage: live
identities:
  x12: [{ qualifier: ZZ, id: ACME }]
documents:
  "855": acme/855
`;

export const MAPPING = `mapping: acme/855
version: 1.0.0
source: { format: x12, set: "855", versions: ["004010"] }
target: order_acknowledgment@1
set:
  document.id: BAK03
  document.purpose: { const: original }
  document.issuedDate: BAK04
  order.orderNumber: BAK03
  status: { const: accepted }
  scope: { const: full }
  lines[]: { each: PO1 }
  lines[].ref.lineNumber: PO101
  lines[].dispositions[]: { each: ACK }
  lines[].dispositions[].code: { const: accepted }
`;

export const ENDPOINT = `endpoint: erp
stage: live
destination:
  type: http
  url: https://erp.example.com/events
  signing: { secrets: ["env:QUAYSIDE_SECRET_ERP"] }
events: [order_acknowledgment.received]
idempotency: header
`;

export interface Home {
  readonly directory: string;
  readonly source: CatalogSource;
  write(file: string, text: string): void;
  remove(file: string): void;
}

export function makeHome(): Home {
  const directory = mkdtempSync(path.join(tmpdir(), 'quayside-home-'));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  };
  write('partners/acme/partner.yaml', PARTNER);
  write('mappings/acme/855.yaml', MAPPING);
  write('queues/erp.yaml', ENDPOINT);
  return {
    directory,
    source: { home: directory, extensions: { channels: CHANNELS, formats: new Map(), destinations: DESTINATIONS } },
    write,
    remove: (file) => rmSync(path.join(directory, file), { recursive: true, force: true }),
  };
}
