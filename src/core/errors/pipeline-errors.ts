import type { ErrorTable } from './error-table.ts';

/** Faults between a stored message and its canonical events that are neither the format's nor the mapping's. */
export const PIPELINE_ERRORS = {
  ERR_FORMAT_UNKNOWN: {
    retry: 'never',
    http: 422,
    summary: 'The first bytes of a message belong to no format that the gateway reads.',
    remedy: 'Look at the bytes with quayside messages raw; ask the partner what was sent.',
  },
  ERR_PARTNER_IDENTITY: {
    retry: 'never',
    http: 422,
    summary: 'The sender in the envelope is not the partner whose channel brought the document. It is quarantined.',
    remedy: 'Add the identity to the partner file if it is really theirs, then release the document: quayside quarantine list.',
  },
  ERR_INTERCHANGE_CONFLICT: {
    retry: 'never',
    http: 409,
    summary: 'An interchange has the control number of an earlier one and other bytes. Its documents are quarantined.',
    remedy:
      'Ask the partner whether it sent something new under an old number, then release or reject the documents: quayside quarantine list. For a partner that never counts: controlNumbers in its partner file.',
  },
  ERR_DOCUMENT_CONFLICT: {
    retry: 'never',
    http: 409,
    summary: 'A document claims to be an original, but its number was sent before with other content. It is held for a person.',
    remedy: 'Compare the two with quayside quarantine show, ask the partner, then release it as the next revision or reject it.',
  },
  ERR_DOCUMENT_STATE: {
    retry: 'never',
    http: 409,
    summary: 'The document is not in a state that allows this action.',
    remedy: 'Look at it: quayside messages show, quayside quarantine show.',
  },
  ERR_MAPPING_MISSING: {
    retry: 'never',
    http: 422,
    summary: 'A partner sent a kind of document for which its partner file names no mapping, or one that does not load.',
    remedy: 'Name a mapping under documents in the partner file, then replay the document.',
  },
} as const satisfies ErrorTable;
