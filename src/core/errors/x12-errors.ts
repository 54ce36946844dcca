import type { ErrorTable } from './error-table.ts';

export const X12_ERRORS = {} as const satisfies ErrorTable;
