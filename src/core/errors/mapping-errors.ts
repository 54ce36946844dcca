import type { ErrorTable } from './error-table.ts';

/** Faults in mapping files, and faults that a mapping meets in a partner's document. */
export const MAPPING_ERRORS = {
  ERR_MAPPING_NAME: {
    retry: 'never',
    http: 422,
    summary: 'A mapping is not named after its path, or two files have the same name and major version.',
    remedy: 'mappings/acme/855.yaml is named acme/855; give each its own name.',
  },
  ERR_MAPPING_EXTENDS: {
    retry: 'never',
    http: 422,
    summary: 'The mapping that another extends does not exist, has another major version, has faults itself, or the chain is too long.',
    remedy: 'Name an existing mapping with its major version, such as std/x12-855@2.',
  },
  ERR_MAPPING_REDUNDANT: {
    retry: 'never',
    http: 422,
    summary: 'An override says what its base says already, or a drop removes nothing.',
    remedy: 'Remove the line.',
  },
  ERR_MAPPING_TARGET: {
    retry: 'never',
    http: 422,
    summary: 'A mapping sets a field that the canonical schema does not have, or a field of a list for which no rule says each.',
    remedy: 'Use the suggested path; the schema of the document lists all of them.',
  },
  ERR_MAPPING_SELECTOR: {
    retry: 'never',
    http: 422,
    summary: 'A selector or a condition is not well-formed.',
    remedy: 'Write it as partner guides print it: BAK03, REF(VN)02, N1(ST)/N401, PO1.VP.',
  },
  ERR_MAPPING_RULE: {
    retry: 'never',
    http: 422,
    summary: 'A rule uses keys that do not go together, or one that its target does not take.',
    remedy: 'See the message for what the rule may say.',
  },
  ERR_MAPPING_EXPRESSION: {
    retry: 'never',
    http: 422,
    summary:
      'The expression of a calc or a check is not well-formed, uses what is not exact or not bounded, or gives another type than its target takes.',
    remedy: 'Correct it at the place named; decimals are dec("1.5"), and each input says with as what it is.',
  },
  ERR_MAPPING_TABLE: {
    retry: 'never',
    http: 422,
    summary: 'A CSV table that a mapping needs is not well-formed: a column without a name, a key twice, a line with too few or too many values.',
    remedy: 'Correct it at the line and column named; the first line names the columns, the first column is the key.',
  },
  ERR_MAPPING_EXAMPLE: {
    retry: 'never',
    http: 422,
    summary: 'A rule does not make of an example what the example says.',
    remedy: 'Correct the rule, or the example.',
  },
  ERR_MAPPING_CHECKS: {
    retry: 'never',
    http: 422,
    summary: 'Two checks of a mapping have one name, or a check has the name of one of its base.',
    remedy: 'Give it a name of its own. A check of a base holds for all that extend it.',
  },
  ERR_MAPPING_CALC: {
    retry: 'never',
    http: 422,
    summary: 'An expression cannot be carried out on the values of a document, such as a division by zero.',
    remedy: 'Look at the values named; give an input a default, or say with when which documents the rule is for.',
  },
  ERR_MAPPING_CHECK: {
    retry: 'never',
    http: 422,
    summary: 'A check of the mapping does not hold: the document contradicts itself.',
    remedy:
      'Tell the partner. A partner whose documents are right all the same needs another base, as no partner can switch a check of its base off.',
  },
  ERR_MAPPING_UNSUPPORTED: {
    retry: 'never',
    http: 422,
    summary: 'A mapping file asks for something of the format that this version does not carry out, such as a lookup over HTTP.',
    remedy: 'Remove the key; nothing in a mapping file is ever ignored silently.',
  },
  ERR_MAPPING_VALUE: {
    retry: 'never',
    http: 422,
    summary: 'A constant, a default or the value of a code does not fit its target, or is a number or key that needs quotes.',
    remedy: 'Use an accepted value; put ids, codes and decimals in quotes.',
  },
  ERR_MAPPING_MISMATCH: {
    retry: 'never',
    http: 422,
    summary: 'A document is of a type or version that its mapping is not written for.',
    remedy: 'Name another mapping in the partner file, or add the version under source.versions.',
  },
  ERR_MAPPING_CODE: {
    retry: 'never',
    http: 422,
    summary: 'A document has a code that the mapping does not know. It is never guessed or passed through.',
    remedy: "Add the code to the partner's mapping, then replay the document.",
  },
  ERR_MAPPING_VERSION: {
    retry: 'never',
    http: 422,
    summary: 'A mapping has other rules than those that live documents were mapped with under the same version.',
    remedy:
      'Raise its version. The last good one stays in force until then; a document that became a dead letter of this is replayed afterwards. A change of a base changes all that extend it: raise theirs too.',
  },
  ERR_MAPPING_LOOKUP: {
    retry: 'never',
    http: 422,
    summary: 'A document has a value that a table of the mapping has no line for, or an empty answer. It is never guessed or passed through.',
    remedy: 'Add a line to the table named, or give the rule an otherwise; then replay the document.',
  },
  ERR_MAPPING_REQUIRED: {
    retry: 'never',
    http: 422,
    summary: 'A document lacks a value that the mapping or the canonical schema requires.',
    remedy: 'Tell the partner, or map the field from where this partner puts it.',
  },
  ERR_MAPPING_DATE: {
    retry: 'never',
    http: 422,
    summary: 'A date or time in a document is not one in the format that the rule expects.',
    remedy: 'Tell the partner, or give the rule the format that this partner sends.',
  },
  ERR_MAPPING_DECIMAL: {
    retry: 'never',
    http: 422,
    summary: 'A number in a document is not an exact decimal in the form that the rule expects.',
    remedy: 'Tell the partner, or change implied or group in the rule.',
  },
  ERR_MAPPING_CONVERT: {
    retry: 'never',
    http: 422,
    summary: 'A value in a document cannot be what its target is, such as a whole number or an SSCC.',
    remedy: 'Tell the partner, or map the field from where this partner puts it.',
  },
  ERR_MAPPING_PATTERN: {
    retry: 'never',
    http: 422,
    summary: 'The pattern of a rule finds nothing in a text of the document, and the rule has no default and no alternative.',
    remedy: 'Correct the pattern, or say with a default or an alternative what holds then.',
  },
  ERR_MAPPING_CHECK_DIGIT: {
    retry: 'never',
    http: 422,
    summary: 'The check digit of an SSCC is wrong. The value is kept as it was sent.',
    remedy: 'Tell the partner: the label may not scan.',
  },
  ERR_MAPPING_SCHEMA: {
    retry: 'never',
    http: 422,
    summary: 'The mapped document does not satisfy its canonical schema.',
    remedy: 'Correct the rule named, or tell the partner.',
  },
  ERR_MAPPING_LIMIT: {
    retry: 'never',
    http: 422,
    summary: 'Mapping a document took more steps, items or values than any honest document does.',
    remedy: 'Look at the document: quayside x12 inspect. Then split it, or correct the selector that walks too far.',
  },
} as const satisfies ErrorTable;
