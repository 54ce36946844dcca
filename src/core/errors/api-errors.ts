import type { ErrorTable } from './error-table.ts';

/** Faults of whoever calls the HTTP API, and of the keys that they call it with. */
export const API_ERRORS = {
  ERR_API_KEY: {
    retry: 'never',
    http: 401,
    summary: 'The request has no API key, or one that is not accepted.',
    remedy: 'Send Authorization: Bearer qsk_…; the log of the gateway says why a key was refused.',
  },
  ERR_API_SCOPE: {
    retry: 'never',
    http: 403,
    summary: 'The key does not have the scope that the request needs.',
    remedy: 'Make a key with that scope: quayside keys create.',
  },
  ERR_API_REQUEST: {
    retry: 'never',
    http: 400,
    summary: 'A parameter or the body of a request is unknown, missing or of the wrong kind.',
    remedy: 'See errors in the answer, and /openapi.json for what the route takes.',
  },
  ERR_API_CURSOR: {
    retry: 'never',
    http: 400,
    summary: 'A cursor was not made by this route.',
    remedy: 'Use next of the page before, unchanged, with the same filters.',
  },
  ERR_API_CURSOR_LOST: {
    retry: 'never',
    http: 410,
    summary: 'A cursor of the event feed is from before the database was restored or moved: what comes after it is no longer known.',
    remedy: 'Start again with since, a little before the last event that was taken; events that were taken have the same ids as before.',
  },
  ERR_API_ROUTE: {
    retry: 'never',
    http: 404,
    summary: 'The gateway has no such route.',
    remedy: 'See /openapi.json for all of them.',
  },
  ERR_API_METHOD: {
    retry: 'never',
    http: 405,
    summary: 'The route is not for this method.',
    remedy: 'Use one that the Allow header names.',
  },
  ERR_API_MEDIA_TYPE: {
    retry: 'never',
    http: 415,
    summary: 'The body of a request is not declared as JSON.',
    remedy: 'Send Content-Type: application/json.',
  },
  ERR_API_BODY_SIZE: {
    retry: 'never',
    http: 413,
    summary: 'The body of a request is larger than the route takes.',
    remedy: 'Send less; no route of the operator takes more than 1 MB.',
  },
  ERR_API_RATE: {
    retry: 'later',
    http: 429,
    summary: 'Too many requests with one key, or too many failed attempts from one address.',
    remedy: 'Wait as long as Retry-After says.',
  },
  ERR_KEY_LIMIT: {
    retry: 'never',
    http: 409,
    summary: 'Two live API keys have this name already.',
    remedy: 'Revoke the one that is no longer used: quayside keys revoke.',
  },
  ERR_KEY_STATE: {
    retry: 'never',
    http: 409,
    summary: 'The API key was revoked before.',
    remedy: 'Nothing: it is not accepted any more.',
  },
  ERR_ENDPOINT_STATE: {
    retry: 'never',
    http: 409,
    summary: 'The endpoint is already what it was to become: paused, or served.',
    remedy: 'Look at it: quayside endpoint list.',
  },
  ERR_AUDIT_CHAIN: {
    retry: 'never',
    http: 500,
    summary: 'A row of the audit was changed, put in or taken out by other means than the gateway.',
    remedy: 'Find out who can write to the database; compare the row with a backup.',
  },
} as const satisfies ErrorTable;
