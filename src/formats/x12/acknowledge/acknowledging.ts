/** How X12 answers X12: TA1, 997 and 999. */
import type { Acknowledging } from '../../../core/acknowledgment.ts';
import { owedFor, verdictOf } from './owed.ts';
import { writeAnswer } from './write-answer.ts';

export const acknowledging: Acknowledging = { owed: owedFor, verdict: verdictOf, write: writeAnswer };
