/** A home for a test gateway: partners with the standard mappings, one ERP endpoint, short retries. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface HomeOptions {
  readonly partners: readonly string[];
  /** Endpoint name → url. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Lines of the endpoint files that replace the defaults below. */
  readonly endpoint?: Readonly<Record<string, string>>;
  /** Further lines of `destination:` in the endpoint files. */
  readonly destination?: Readonly<Record<string, string>>;
  /** Lines of `channels:` of each partner. */
  readonly channels?: (partner: string) => string;
}

export interface Home {
  readonly directory: string;
  /** Environment that resolves the secrets of its files. */
  readonly secrets: Readonly<Record<string, string>>;
  write(file: string, text: string): void;
  remove(): void;
}

export const ERP_SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;

/** ISA06 of a test partner. */
export const senderOf = (partner: string): string => partner.toUpperCase().replaceAll('-', '');

export function makeHome(options: HomeOptions): Home {
  const directory = mkdtempSync(join(tmpdir(), 'quayside-home-'));
  const write = (file: string, text: string) => {
    mkdirSync(join(directory, file, '..'), { recursive: true });
    writeFileSync(join(directory, file), text);
  };
  for (const partner of options.partners) write(`partners/${partner}/partner.yaml`, partnerText(partner, options.channels?.(partner)));
  for (const [name, url] of Object.entries(options.endpoints))
    write(`queues/${name}.yaml`, endpointText(name, url, { ...ENDPOINT_LINES, ...options.endpoint }, options.destination));
  return { directory, secrets: { QUAYSIDE_SECRET_ERP: ERP_SECRET }, write, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

const partnerText = (partner: string, channels = '') => `partner: ${partner}
title: ${partner}, a test partner
stage: live
identities:
  x12: [{ qualifier: "ZZ", id: ${senderOf(partner)} }]
${channels}
documents: { "855": std/x12-855, "856": std/x12-856, "810": std/x12-810 }
`;

const ENDPOINT_LINES = {
  events: '["*"]',
  idempotency: 'header',
  maxInFlight: '16',
  timeout: '5s',
  retry: '{ schedule: [0s, 50ms, 100ms, 150ms, 200ms, 200ms, 200ms, 200ms, 200ms, 200ms], jitter: 0.5 }',
  rejectionsBeforeParking: '1000',
};

type Lines = Readonly<Record<string, string>>;

/** A queue file of an endpoint on this machine: its url, further lines of `destination:`, and its own lines. */
export const endpointText = (name: string, url: string, lines: Lines, destination: Lines = {}): string => `endpoint: ${name}
stage: live
destination:
  type: http
  url: ${url}
  signing: { secrets: ["env:QUAYSIDE_SECRET_ERP"] }
  allow: [127.0.0.0/8]
${linesOf(destination, '  ')}${linesOf(lines)}`;

const linesOf = (lines: Lines, indent = ''): string =>
  Object.entries(lines)
    .map(([key, value]) => `${indent}${key}: ${value}\n`)
    .join('');
