import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { GatewayError } from './errors/errors.ts';
import { compileSchema, problemsIn } from './schema-check.ts';
import { collectSecretReferences, SIGNING_SECRET_LENGTH, secretReference, verifySecrets } from './secret-reference.ts';
import { parseYamlFile } from './yaml-file.ts';

const schema = Type.Object(
  {
    url: Type.String(),
    password: Type.Optional(secretReference('the password')),
    signing: Type.Array(secretReference('a signing secret', SIGNING_SECRET_LENGTH)),
    auth: Type.Union([Type.Object({ token: secretReference('the token') }), Type.Object({ user: Type.String() })]),
    more: Type.Record(Type.String(), secretReference('a header')),
  },
  { additionalProperties: false },
);

const yaml = (text: string) => {
  const { file } = parseYamlFile('queues/erp.yaml', text);
  if (file === undefined) throw new Error('the test file does not parse');
  return file;
};

describe('secret references', () => {
  it('are collected wherever the schema says that one stands, and nowhere else', () => {
    const value = {
      url: 'env:QUAYSIDE_SECRET_NOT_ONE',
      password: 'env:QUAYSIDE_SECRET_P',
      signing: ['file:old', 'file:new'],
      auth: { token: 'file:token' },
      more: { 'x-key': 'env:QUAYSIDE_SECRET_H' },
    };
    expect(collectSecretReferences(schema, value)).toEqual([
      { reference: 'env:QUAYSIDE_SECRET_P', minimumLength: 8, path: ['password'] },
      { reference: 'file:old', minimumLength: 16, path: ['signing', 0] },
      { reference: 'file:new', minimumLength: 16, path: ['signing', 1] },
      { reference: 'file:token', minimumLength: 8, path: ['auth', 'token'] },
      { reference: 'env:QUAYSIDE_SECRET_H', minimumLength: 8, path: ['more', 'x-key'] },
    ]);
  });

  it.each(['hunter2-hunter2', '12345678', 'env:DATABASE_URL', 'file:../etc/passwd', 'file:a/b', 'env:QUAYSIDE_SECRET_lower'])(
    'refuse %s written into a file, and never repeat it',
    (secret) => {
      const file = yaml(`url: x\npassword: ${secret}\nsigning: []\nauth: { user: u }\nmore: {}\n`);
      const problems = problemsIn(file, compileSchema(schema)(file.value));
      expect(problems).toHaveLength(1);
      expect(problems[0]?.at).toEqual({ kind: 'file', file: 'queues/erp.yaml', line: 2, column: 11 });
      expect(JSON.stringify(problems)).not.toContain(secret);
    },
  );

  it('are verified all at once, each fault at the line that names the secret', () => {
    const file = yaml('signing:\n  - file:short\n  - file:good\n');
    const secrets = {
      resolve: (reference: string, minimumLength = 8) => {
        if (reference === 'file:good' && minimumLength === 16) return 'x'.repeat(16);
        throw new GatewayError('ERR_CONFIG_SECRET', `${reference} is too short`);
      },
    };
    const problems = verifySecrets(secrets, file, collectSecretReferences(schema, file.value));
    expect(problems).toMatchObject([{ code: 'ERR_CONFIG_SECRET', at: { line: 2, column: 5 } }]);
  });

  it('tell an author to quote an id that YAML would read as a number', () => {
    const file = yaml('url: 0042\nsigning: []\nauth: { user: u }\nmore: {}\n');
    expect(problemsIn(file, compileSchema(schema)(file.value))[0]?.hint).toBe('put it in quotes: "0042"');
  });
});
