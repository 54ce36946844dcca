/** 997 Functional Acknowledgment. */
import type { SetLines } from '../grammar.ts';

export const SET_997: SetLines = {
  id: '997',
  name: 'Functional Acknowledgment',
  outline: true,
  parts: ['AK1 M', { loop: 'AK2 999999', parts: [{ loop: 'AK3 999999', parts: ['AK4 99'] }, 'AK5 M'] }, 'AK9 M'],
};
