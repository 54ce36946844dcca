/** What an interchange is to those before it under its number. */
import { describe, expect, it } from 'vitest';
import type { InterchangeRow } from '../store/interchanges.ts';
import { judgeInterchange } from './admit-interchanges.ts';

const came = (change: Partial<InterchangeRow>): InterchangeRow => ({
  ...{ id: 'first', messageId: 'm', unit: 0, sha256: 'a', parties: 'us and them', control: '7', verdict: 'new', earlier: null, taken: true },
  ...change,
});
const now = (change: Partial<InterchangeRow> = {}) => ({ sha256: 'a', parties: 'us and them', control: '7', ...change });

describe('an interchange', () => {
  it.each<[string, Partial<InterchangeRow>[], Partial<InterchangeRow>, object]>([
    ['under a number that is new', [{}], { control: '8' }, { verdict: 'new', earlier: null }],
    ['between others, or in test', [{}], { parties: 'us and others' }, { verdict: 'new', earlier: null }],
    ['of the same bytes', [{}], {}, { verdict: 'retransmit', earlier: 'first' }],
    [
      'of the same bytes for the third time',
      [{}, { id: 'second', verdict: 'retransmit', earlier: 'first' }],
      {},
      { verdict: 'retransmit', earlier: 'first' },
    ],
    ['of other bytes', [{}], { sha256: 'b' }, { verdict: 'conflict', earlier: 'first' }],
    ['of other bytes where nothing was taken', [{ taken: false }], { sha256: 'b' }, { verdict: 'new', earlier: null }],
    ['of the same bytes of which nothing was taken', [{ taken: false }], {}, { verdict: 'retransmit', earlier: 'first' }],
    [
      'of the bytes that are in conflict already',
      [{}, { id: 'other', sha256: 'b', verdict: 'conflict' }],
      { sha256: 'b' },
      { verdict: 'retransmit', earlier: 'other' },
    ],
    ['like one that was corrected', [{ taken: false }, { id: 'second', sha256: 'b' }], { sha256: 'c' }, { verdict: 'conflict', earlier: 'second' }],
  ])('%s', (_what, known, change, expected) => {
    expect(judgeInterchange(now(change), known.map(came), 'quarantine')).toEqual(expected);
  });

  it('of a partner that never counts is new with other bytes, and still a repetition with the same', () => {
    expect(judgeInterchange(now({ sha256: 'b' }), [came({})], 'allow')).toEqual({ verdict: 'new', earlier: null });
    expect(judgeInterchange(now(), [came({})], 'allow')).toMatchObject({ verdict: 'retransmit' });
  });
});
