/** 865 Purchase Order Change Acknowledgment, or a change that the seller asks for. */
import type { SetLines } from '../grammar.ts';
import { ORDER_HEADER, ORDER_LINE } from './850.ts';

export const SET_865: SetLines = {
  id: '865',
  name: 'Purchase Order Change Acknowledgment',
  counted: 'POC',
  hashed: 'POC03',
  outline: true,
  parts: [
    'BCA M',
    ...ORDER_HEADER,
    { loop: 'POC *', parts: [{ loop: 'ACK 104', parts: ['DTM *'] }, ...ORDER_LINE] },
    { loop: 'CTT', parts: ['AMT *'] },
  ],
};
