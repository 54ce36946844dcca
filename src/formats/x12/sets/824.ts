/** 824 Application Advice. */
import type { SetLines } from '../grammar.ts';

export const SET_824: SetLines = {
  id: '824',
  name: 'Application Advice',
  outline: true,
  parts: [
    'BGN M',
    { loop: 'N1 *', parts: ['N2 2', 'N3 2', 'N4', 'REF 12', 'PER 3'] },
    {
      loop: 'OTI *',
      parts: [
        'REF 12',
        'DTM 2',
        'PER 3',
        'AMT 10',
        'QTY 10',
        'NM1 9',
        { loop: 'TED *', parts: ['CTX *', 'NTE 100', 'RED 100'] },
        { loop: 'LM *', parts: ['LQ 100'] },
      ],
    },
  ],
};
