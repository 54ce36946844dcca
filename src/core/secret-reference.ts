/**
 * How a file says "a secret" without saying it: `env:QUAYSIDE_SECRET_<NAME>` or `file:<name>`.
 *
 * The mark on the schema lets a start verify every secret that the files name at once, and keeps a secret that
 * someone wrote into a file by mistake out of every message.
 */
import { type TSchema, Type } from '@sinclair/typebox';
import type { Secrets } from './context.ts';
import { asGatewayError } from './errors/errors.ts';
import type { Problem } from './problem.ts';
import { problemOf } from './problem.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';

export const SECRET_LENGTH = 8;
/** RFC 2104 wants a key of the digest's length; below 16 characters it can be guessed. */
export const SIGNING_SECRET_LENGTH = 16;

const MINIMUM_LENGTH = Symbol('minimum length of the secret');

/** The schema of a reference; its value is the reference, given to `Secrets.resolve` together with the minimum length. */
export const secretReference = (what: string, minimumLength = SECRET_LENGTH) =>
  Type.Unsafe<string>({
    type: 'string',
    pattern: '^(env:QUAYSIDE_SECRET_[A-Z0-9_]+|file:[A-Za-z0-9][A-Za-z0-9._-]*)$',
    description: `a reference to ${what}, env:QUAYSIDE_SECRET_<NAME> or file:<name>`,
    [MINIMUM_LENGTH]: minimumLength,
  });

/** Whether a value under this schema must not be shown. */
export const hidesItsValue = (schema: unknown): boolean => minimumLengthOf(schema) !== undefined;

/** One mention of a secret in a file. */
export interface SecretUse {
  readonly reference: string;
  readonly minimumLength: number;
  readonly path: YamlPath;
}

/** Every secret that a value names where its schema says that one stands. */
export function collectSecretReferences(schema: TSchema, value: unknown, path: YamlPath = []): SecretUse[] {
  const minimumLength = minimumLengthOf(schema);
  if (minimumLength !== undefined) return typeof value === 'string' ? [{ reference: value, minimumLength, path }] : [];
  const branches = [...listOf(schema.anyOf), ...listOf(schema.oneOf), ...listOf(schema.allOf)];
  const uses = branches.flatMap((branch) => collectSecretReferences(branch, value, path));
  if (Array.isArray(value)) {
    const items: unknown = schema.items;
    if (isSchema(items)) uses.push(...value.flatMap((item, index) => collectSecretReferences(items, item, [...path, index])));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const inner of schemasOfKey(schema, key)) uses.push(...collectSecretReferences(inner, item, [...path, key]));
    }
  }
  return uses;
}

/** What is wrong with the secrets themselves, each fault at the line that names one. */
export function verifySecrets(secrets: Secrets, file: Pick<YamlFile, 'placeOf'>, uses: readonly SecretUse[]): Problem[] {
  return uses.flatMap((use) => {
    try {
      secrets.resolve(use.reference, use.minimumLength);
      return [];
    } catch (thrown) {
      return [{ ...problemOf(asGatewayError(thrown)), at: file.placeOf(use.path) }];
    }
  });
}

function schemasOfKey(schema: TSchema, key: string): TSchema[] {
  const named: unknown = schema.properties?.[key];
  if (isSchema(named)) return [named];
  const patterns: [string, unknown][] = Object.entries(schema.patternProperties ?? {});
  return patterns.flatMap(([pattern, inner]) => (isSchema(inner) && new RegExp(pattern, 'u').test(key) ? [inner] : []));
}

function minimumLengthOf(schema: unknown): number | undefined {
  if (!isSchema(schema)) return undefined;
  const length = (schema as { [MINIMUM_LENGTH]?: unknown })[MINIMUM_LENGTH];
  return typeof length === 'number' ? length : undefined;
}

const listOf = (schemas: unknown): TSchema[] => (Array.isArray(schemas) ? schemas.filter(isSchema) : []);
const isSchema = (value: unknown): value is TSchema => typeof value === 'object' && value !== null;
