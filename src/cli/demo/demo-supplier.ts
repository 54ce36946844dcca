/** The demo's suppliers: their documents, uploaded to the drop by a real SFTP client, and what became of their files there. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uploadFile } from '../../channels/sftp/harness-client.ts';
import type { SftpPeer } from '../../channels/sftp/peer.ts';
import type { DroppedFile } from './verdict.ts';

export const PARTNERS = ['acme', 'borealis'] as const;
export type DemoPartner = (typeof PARTNERS)[number];
export type DemoSet = '855' | '856' | '810';

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface Suppliers {
  readonly dropped: readonly DroppedFile[];
  /** As it will be dropped. */
  document(partner: DemoPartner, set: DemoSet): Buffer;
  /** Resolves when the server has all of it. */
  drop(partner: DemoPartner, set: DemoSet): Promise<DroppedFile & { readonly size: number }>;
  archived(): DroppedFile[];
  /** Files still in the drops. */
  left(): string[];
}

export function hireSuppliers(peer: SftpPeer, documents: string): Suppliers {
  const dropped: DroppedFile[] = [];
  const document = (partner: DemoPartner, set: DemoSet) => readFileSync(join(documents, partner, `${set}.edi`));
  const filesOf = (partner: DemoPartner, folder: string) => {
    const path = join(peer.directory, partner, folder);
    return (existsSync(path) ? readdirSync(path) : []).map((name) => ({ partner, name, path: join(path, name) }));
  };
  return {
    dropped,
    document,
    async drop(partner, set) {
      const bytes = document(partner, set);
      const file = { partner, name: `${set}.edi`, sha256: sha256Of(bytes) };
      await uploadFile(peer, `${partner}/outbound`, file.name, bytes);
      dropped.push(file);
      return { ...file, size: bytes.length };
    },
    archived: () =>
      PARTNERS.flatMap((partner) => filesOf(partner, 'archive')).map(({ partner, name, path }) => ({
        partner,
        name,
        sha256: sha256Of(readFileSync(path)),
      })),
    left: () => PARTNERS.flatMap((partner) => filesOf(partner, 'outbound')).map(({ partner, name }) => `${partner} ${name}`),
  };
}
