/** The files of a new partner: as few lines as lint and the tests need, and beside them in comments what will be wanted next. */
import { join } from 'node:path';
import { type NewIdentity, sampleOf } from './sample-set.ts';

export interface NewPartner {
  readonly name: string;
  readonly title: string;
  readonly identity: NewIdentity;
  /** Set → the mapping that it extends, with its major version: `std/x12-855@1`. */
  readonly bases: ReadonlyMap<string, string>;
  readonly channel: 'sftp' | 'none';
}

export interface NewFile {
  /** From the home on. */
  readonly path: string;
  readonly text: string;
}

export const mappingOf = (partner: string, set: string): string => `${partner}/${set}`;
export const schemaLine = (schema: string): string => `# yaml-language-server: $schema=../../schemas/${schema}.json`;
/** Where the first test of a mapping lies. */
export const exampleFolder = (partner: string, set: string): string => join('mappings', partner, `${set}.tests`, 'example');

/** Everything but `out.json`, which the mapping itself has to write. */
export function scaffold(partner: NewPartner): NewFile[] {
  const { name, bases, identity } = partner;
  return [
    { path: join('partners', name, 'partner.yaml'), text: partnerFile(partner) },
    { path: join('partners', name, 'README.md'), text: readme(partner) },
    ...[...bases].flatMap(([set, base]): NewFile[] => [
      { path: join('mappings', name, `${set}.yaml`), text: mappingFile(name, set, base) },
      { path: join(exampleFolder(name, set), 'in.edi'), text: sampleOf(set, identity) },
    ]),
  ];
}

function partnerFile({ name, title, identity, bases, channel }: NewPartner): string {
  return `${schemaLine('partner')}
partner: ${name}
title: ${JSON.stringify(title)}
stage: test                       # documents reach only endpoints of stage test, until this says live
identities:
  x12: [{ qualifier: ${JSON.stringify(identity.qualifier)}, id: ${JSON.stringify(identity.id)} }]     # ISA05 and ISA06 of what they send
${channel === 'sftp' ? channels(name) : noChannels}documents:
${[...bases.keys()].map((set) => `  "${set}": ${mappingOf(name, set)}\n`).join('')}`;
}

/** A host key of zeros is nobody's: until the real one is written here, no server is spoken to. */
const channels = (name: string): string => `channels:
  drop:
    type: sftp
    host: sftp.${name}.example    # their server
    username: quayside
    auth: { privateKey: "file:${name}-sftp-key" }
    hostKey: "SHA256:${'0'.repeat(43)}"     # theirs, as ssh-keyscan HOST | ssh-keygen -lf - prints it
    directory: outbound           # where they put what they send
    archive: archive              # where it goes once it is stored
`;

const noChannels = `# No channel yet: documents come by quayside receive. A drop is written so:
# channels:
#   drop: { type: sftp, host: …, username: …, auth: { privateKey: "file:…" }, hostKey: "SHA256:…", directory: outbound }
`;

const mappingFile = (name: string, set: string, base: string): string => `${schemaLine(`mapping.x12-${set}`)}
mapping: ${mappingOf(name, set)}
version: 1.0.0
extends: ${base}
# One line for each field in which they differ; quayside map show ${base.split('@')[0]} has what is in force otherwise:
# set:
#   ${EXAMPLES[set] ?? 'document.id: BEG03'}
`;

const EXAMPLES: Readonly<Record<string, string>> = {
  '855': 'order.sellerOrderNumber: REF(CO)02                     # guide 3.2',
  '856': 'shipment.proNumber: HL(S)/REF(FR)02                     # guide 4.1',
  '810': 'orders[].sellerOrderNumber: /REF(CO)02                  # guide 5.1',
};

const readme = ({ title, bases }: NewPartner): string => `# ${title}

Who they are, whom to ask, and what is odd about their documents, in a sentence each.

| Document | What they do |
|---|---|
${[...bases.keys()].map((set) => `| ${set} | as the standard says |\n`).join('')}`;
