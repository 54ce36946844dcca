import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Secrets } from '../../core/context.ts';
import { secretsAtHand } from './secrets-at-hand.ts';
import { signatureHeaders, signingKeys } from './signature.ts';

const body = Buffer.from('{"specversion":"1.0"}');
const expected = (key: string) => `v1,${createHmac('sha256', key).update(`id.17.${body}`).digest('base64')}`;
const signed = (keys: ReturnType<typeof signingKeys>) => signatureHeaders('id', 17, body, keys())['webhook-signature'];

describe('signing keys', () => {
  it('follow their secrets: the next signature after a rotation is made with the new one', () => {
    let secret = 'the first signing secret';
    const keys = signingKeys(['file:erp'], () => secret);
    expect([signed(keys), signed(keys)]).toEqual([expected(secret), expected(secret)]);
    secret = 'the second signing secret';
    expect(signed(keys)).toBe(expected(secret));
  });

  it('are those of all secrets, newest first', () => {
    const keys = signingKeys(['file:new', 'file:old'], (reference) => `${reference} signing secret`);
    expect(signed(keys)).toBe(`${expected('file:new signing secret')} ${expected('file:old signing secret')}`);
  });

  it('that became unfit are refused, though they were fit before', () => {
    let secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const keys = signingKeys(['file:erp'], () => secret);
    expect(signed(keys)).toMatch(/^v1,/);
    secret = 'whsec_!!!';
    expect(() => keys()).toThrow('file:erp: expected base64 after whsec_');
    secret = 'whsec_AAAA';
    expect(() => keys()).toThrow('at least 16 bytes, found 3');
  });
});

describe('secrets at hand', () => {
  const counting = () => {
    const read: string[] = [];
    let fault: Error | undefined;
    const secrets: Secrets = {
      resolve(reference) {
        read.push(reference);
        if (fault !== undefined) throw fault;
        return `${reference} ${read.length}`;
      },
    };
    const breakWith = (error: Error | undefined) => {
      fault = error;
    };
    return { secrets, read, breakWith };
  };

  it('are read once for deliveries in quick succession, each for itself, and anew after a second', async () => {
    const { secrets, read } = counting();
    const secretOf = secretsAtHand(secrets);
    const first = secretOf('file:a');
    for (let n = 0; n < 100; n++) secretOf('file:b');
    expect(read.filter((reference) => reference === 'file:a')).toHaveLength(1);
    expect(read.length).toBeLessThan(100);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(secretOf('file:a')).not.toBe(first);
  });

  it('that are missing are looked for each time', () => {
    const { secrets, read, breakWith } = counting();
    const secretOf = secretsAtHand(secrets);
    breakWith(new Error('not set'));
    expect(() => secretOf('file:a')).toThrow('not set');
    expect(() => secretOf('file:a')).toThrow('not set');
    breakWith(undefined);
    expect(secretOf('file:a')).toBe('file:a 3');
    expect(read).toHaveLength(3);
  });
});
