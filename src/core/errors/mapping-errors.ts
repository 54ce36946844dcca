import type { ErrorTable } from './error-table.ts';

export const MAPPING_ERRORS = {} as const satisfies ErrorTable;
