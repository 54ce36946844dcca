/** 999 Implementation Acknowledgment. */
import type { SetLines } from '../grammar.ts';

export const SET_999: SetLines = {
  id: '999',
  name: 'Implementation Acknowledgment',
  outline: true,
  parts: ['AK1 M', { loop: 'AK2 *', parts: [{ loop: 'IK3 *', parts: ['CTX 10', { loop: 'IK4 *', parts: ['CTX 10'] }] }, 'IK5 M'] }, 'AK9 M'],
};
