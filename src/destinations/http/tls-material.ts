/** Certificates and keys of a queue file, as the TLS stack takes them: the same object for as long as no secret changes. */
import { createSecureContext, rootCertificates } from 'node:tls';
import { GatewayError } from '../../core/errors/errors.ts';
import type { TlsMaterial } from './egress.ts';
import type { TlsOptions } from './options.ts';
import type { SecretOf } from './secrets-at-hand.ts';

/** What it returns throws ERR_CONFIG_SECRET when a secret is missing, or is no certificate or key, or the two do not belong together. */
export function tlsMaterial(tls: TlsOptions, secretOf: SecretOf): () => TlsMaterial {
  let current: { readonly text: string; readonly material: TlsMaterial } | undefined;
  return () => {
    const [cert, key, ca] = [tls.certificate, tls.key, tls.ca].map((reference) => (reference === undefined ? undefined : secretOf(reference)));
    const text = JSON.stringify([cert, key, ca]);
    if (current?.text !== text) {
      const material = {
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
        ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      };
      try {
        createSecureContext(material);
      } catch {
        const references = Object.values(tls).join(', ');
        throw new GatewayError('ERR_CONFIG_SECRET', `${references}: expected certificates and a key that fits, in PEM, found something else`);
      }
      current = { text, material };
    }
    return current.material;
  };
}
