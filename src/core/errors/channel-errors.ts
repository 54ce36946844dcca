import type { ErrorTable } from './error-table.ts';

export const CHANNEL_ERRORS = {} as const satisfies ErrorTable;
