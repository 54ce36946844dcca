/**
 * Which acknowledgments an interchange is owed, and what a TA1 says of it. Nothing that acknowledges is acknowledged.
 */
import type { AnswerPolicy, GroupReading, InterchangeReading, InterchangeVerdict, Owed } from '../../../core/acknowledgment.ts';

/** R only where nothing of it was taken: what is refused is sent again, and what was taken must not come twice. */
export function verdictOf({ notes, groups }: InterchangeReading): InterchangeVerdict {
  const worst = notes.find(({ severity }) => severity === 'error') ?? notes[0];
  if (worst === undefined) return { verdict: 'A', code: '000' };
  const taken = groups.some(({ sets }) => sets.some(({ verdict }) => verdict !== 'R'));
  return { verdict: worst.severity === 'error' && !taken ? 'R' : 'E', code: worst.code };
}

export function owedFor(reading: InterchangeReading, policy: AnswerPolicy): Owed[] {
  const groups = reading.groups.filter(isAnswerable);
  // An interchange that only acknowledges, or has nothing but TA1s in it, is an answer itself.
  if (reading.groups.every(isAnswer) && (reading.groups.length > 0 || reading.answers.length > 0)) return [];
  const owed: Owed[] = [];
  if (wantsAnswer(reading, policy)) {
    owed.push({ kind: 'TA1', group: undefined });
    // It says R: there is no more to say.
    if (verdictOf(reading).verdict === 'R') return owed;
  }
  const { group: kind } = policy;
  if (kind !== 'none') for (const group of groups) owed.push({ kind: kindFor(group, kind), group: group.index });
  return owed;
}

function wantsAnswer(reading: InterchangeReading, { interchange }: AnswerPolicy): boolean {
  if (interchange === 'always') return true;
  if (interchange === 'requested') return reading.asksForAnswer;
  return interchange === 'onError' && verdictOf(reading).code !== '000';
}

const isAnswer = ({ functionalId }: GroupReading): boolean => functionalId === 'FA';

/** Without a control number or parties there is nothing to answer to, and nobody. */
const isAnswerable = (group: GroupReading): boolean => !isAnswer(group) && group.control !== '' && group.sender !== '' && group.receiver !== '';

/** There is no 999 before 005010. */
const kindFor = ({ version }: GroupReading, wanted: '997' | '999'): '997' | '999' => (wanted === '999' && version >= '005010' ? '999' : '997');
