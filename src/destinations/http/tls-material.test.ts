import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Context } from '../../core/context.ts';
import { openHttpDestination } from './destination.ts';
import { context, localOptions, never, outgoing } from './harness.ts';
import { CLIENT_CERTIFICATE, CLIENT_KEY, SERVER_CERTIFICATE, SERVER_KEY, TEST_CA } from './harness-certificates.ts';
import type { TlsOptions } from './options.ts';

const destination = openHttpDestination();
const servers: Server[] = [];
afterEach(async () => {
  await destination.close();
  for (const server of servers.splice(0)) server.close();
});

/** Asks for a certificate of our authority, and tells whom it saw. */
async function startSecure(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer(
    { key: SERVER_KEY, cert: SERVER_CERTIFICATE, ca: TEST_CA, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push((request.socket as TLSSocket).authorized ? String(subject.CN) : 'nobody');
      request.resume();
      response.end();
    },
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

const knowing = (secrets: Record<string, string>): Context => ({
  ...context,
  secrets: { resolve: (reference) => secrets[reference] ?? context.secrets.resolve(reference) },
});
const pem = { 'file:ca': TEST_CA, 'file:cert': CLIENT_CERTIFICATE, 'file:key': CLIENT_KEY };
const deliver = (url: string, tls: TlsOptions, secrets: Record<string, string> = pem) =>
  destination.deliver(outgoing(5_000), localOptions(url, { tls }), knowing(secrets), never);

describe('TLS of an endpoint', () => {
  it('shows our certificate to who asks for it', async () => {
    const { url, seen } = await startSecure();
    expect(await deliver(url, { certificate: 'file:cert', key: 'file:key', ca: 'file:ca' })).toMatchObject({ class: 'delivered' });
    expect(seen).toEqual(['quayside-test-client']);
  });

  it('trusts an authority of our own where the file names it, and no other', async () => {
    const { url, seen } = await startSecure();
    expect(await deliver(url, { ca: 'file:ca' })).toMatchObject({ class: 'delivered' });
    expect(await deliver(url, { certificate: 'file:cert', key: 'file:key' })).toMatchObject({
      class: 'not_sent',
      detail: expect.stringMatching(/certificate/),
    });
    expect(seen).toEqual(['nobody']);
  });

  it.each([
    ['a missing key', { 'file:key': '' }],
    ['a key of another certificate', { 'file:key': SERVER_KEY }],
    ['a certificate that is none', { 'file:cert': 'not a certificate' }],
  ])('with %s parks the endpoint, and the reason shows no key', async (_what, wrong) => {
    const { url, seen } = await startSecure();
    const tls = { certificate: 'file:cert', key: 'file:key', ca: 'file:ca' };
    const secrets = Object.fromEntries(Object.entries({ ...pem, ...wrong }).filter(([, secret]) => secret !== ''));
    const outcome = await deliver(url, tls, secrets);
    expect(outcome).toMatchObject({ class: 'auth', detail: expect.stringContaining('file:key') });
    expect(outcome.detail).not.toContain('BEGIN');
    await expect(destination.check(localOptions(url, { tls }), knowing(secrets))).rejects.toMatchObject({ code: 'ERR_CONFIG_SECRET' });
    expect(seen).toEqual([]);
  });
});
