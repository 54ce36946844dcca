/** 860 Purchase Order Change, by the buyer. */
import type { SetLines } from '../grammar.ts';
import { ORDER_HEADER, ORDER_LINE } from './850.ts';

export const SET_860: SetLines = {
  id: '860',
  name: 'Purchase Order Change',
  counted: 'POC',
  hashed: 'POC03',
  outline: true,
  parts: ['BCH M', ...ORDER_HEADER, { loop: 'POC *', parts: ORDER_LINE }, { loop: 'CTT', parts: ['AMT *'] }],
};
