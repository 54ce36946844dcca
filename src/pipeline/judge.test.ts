import { describe, expect, it } from 'vitest';
import type { Standing } from '../store/statements.ts';
import { judge, type Said } from './judge.ts';

const standing: Standing = { revision: 3, contentHash: 'said before', eventId: 'e3' };
const invoice: Said = { type: 'invoice', purpose: 'original', businessKey: 'invoice/1', contentHash: 'new', overruled: false };
const acknowledgment: Said = { ...invoice, type: 'order_acknowledgment', businessKey: 'order_acknowledgment/1/1' };
const PURPOSES = ['original', 'replace', 'change', 'cancel', 'duplicate', 'confirmation', ''];

describe('a document', () => {
  it.each(PURPOSES)('of which nothing is known is the first word, whatever it claims (%s)', (purpose) => {
    for (const said of [invoice, acknowledgment])
      expect(judge({ ...said, purpose }, undefined)).toMatchObject({
        kind: 'new',
        statement: { revision: 1, basis: 'first', supersedes: undefined },
      });
  });

  it.each(PURPOSES)('that says what was said last repeats it, whatever it claims (%s)', (purpose) => {
    for (const said of [invoice, acknowledgment])
      expect(judge({ ...said, purpose, contentHash: 'said before' }, standing)).toEqual({ kind: 'repeat', of: standing });
  });

  it.each(PURPOSES)('of an order that says something else is its next revision, whatever it claims (%s)', (purpose) => {
    const basis = ['replace', 'change', 'cancel'].includes(purpose) ? purpose : 'revision';
    expect(judge({ ...acknowledgment, purpose }, standing)).toMatchObject({ kind: 'new', statement: { revision: 4, basis, supersedes: 'e3' } });
  });

  it.each(['ship_notice', 'invoice'] as const)('of type %s that says something else supersedes only if it says so, or a person does', (type) => {
    for (const purpose of PURPOSES) {
      const said = { ...invoice, type, purpose };
      const supersedes = ['replace', 'change', 'cancel'].includes(purpose);
      expect(judge(said, standing).kind).toBe(supersedes ? 'new' : 'conflict');
      expect(judge({ ...said, overruled: true }, standing)).toMatchObject({
        kind: 'new',
        statement: { revision: 4, basis: supersedes ? purpose : 'released', supersedes: 'e3' },
      });
    }
  });
});
