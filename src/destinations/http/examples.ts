/** What an HTTP endpoint may look like in a queue file; shown in docs/extensions.md and checked by the conformance test. */
import type { HttpOptions } from './options.ts';

export const EXAMPLES: readonly { readonly title: string; readonly options: HttpOptions }[] = [
  {
    title: 'An ERP on the internet',
    options: { url: 'https://erp.example.com/edi/events', signing: { secrets: ['env:QUAYSIDE_SECRET_ERP_SIGNING'] } },
  },
  {
    title: 'An ERP in the private network, while its signing secret is rotated',
    options: {
      url: 'http://erp.internal:8069/edi/events',
      signing: { secrets: ['file:erp-signing-2027', 'file:erp-signing-2026'] },
      auth: { bearer: 'file:erp-token' },
      headers: { 'x-company': 'north' },
      allow: ['10.20.0.0/16'],
      maxResponseBytes: 8192,
    },
  },
  {
    title: 'OAuth2 client credentials, and a probe before an event without a clear answer is sent again',
    options: {
      url: 'https://erp.example.com/api/edi/events',
      signing: { secrets: ['file:erp-signing'] },
      auth: {
        oauth2: {
          tokenUrl: 'https://login.example.com/oauth2/token',
          clientId: 'quayside',
          clientSecret: 'file:erp-client-secret',
          scope: 'edi.write',
          style: 'basic',
        },
      },
      probe: { url: 'https://erp.example.com/api/edi/events/{idempotencyKey}', received: [200], absent: [404] },
    },
  },
  {
    title: 'A CloudEvents receiver that wants binary mode, to be asked first, and our certificate',
    options: {
      url: 'https://events.example.com/inbox',
      mode: 'binary',
      signing: { secrets: ['file:inbox-signing'] },
      handshake: { origin: 'edi.example.org', rate: 600, again: '12h' },
      tls: { certificate: 'file:quayside-client.pem', key: 'file:quayside-client-key.pem', ca: 'file:company-ca.pem' },
    },
  },
];
