import { describe, expect, it } from 'vitest';
import type { Delimiters, Encoding } from './delimiters.ts';
import { X12Segment } from './segment.ts';

const delimiters = (encoding: Encoding = 'utf-8'): Delimiters => ({ element: '*', component: '>', repetition: '^', terminator: '~', encoding });

function segment(text: string, encoding?: Encoding): X12Segment {
  const id = text.split('*')[0] ?? '';
  const end = 100 + text.length + 1;
  const frame = {
    id,
    window: `…${text}~`,
    from: 1,
    to: 1 + text.length,
    ordinal: 7,
    offset: 100,
    end,
    lead: 0,
    leadBefore: '',
    delimiters: delimiters(encoding),
    wrapped: /[\r\n]/.test(text),
    terminated: true,
  };
  return new X12Segment(frame);
}

describe('X12Segment', () => {
  it('counts elements from 1, trailing empty ones included', () => {
    const n1 = segment('N1*ST**92**');
    expect(n1.size).toBe(5);
    expect([1, 2, 3, 4, 5, 6].map((element) => n1.value(element))).toEqual(['ST', '', '92', '', '', '']);
    expect(segment('SE').size).toBe(0);
  });

  it('says where each element, component and repetition begins, and the end of the segment for what is absent', () => {
    const sv = segment('SV1*HC>99213^HC>X*40');
    expect(sv.offsetOf(1)).toBe(104);
    expect(sv.offsetOf(1, 2)).toBe(107);
    expect(sv.offsetOf(1, 2, 2)).toBe(116);
    expect(sv.offsetOf(2)).toBe(118);
    expect(sv.offsetOf(3)).toBe(120);
    expect(sv.offsetOf(1, 3)).toBe(120);
  });

  it('splits components and repetitions only when asked', () => {
    const sv = segment('SV1*HC>99213^HC>X*40**^');
    expect(sv.value(1)).toBe('HC>99213^HC>X');
    expect(sv.value(1, undefined, 2)).toBe('HC>X');
    expect(sv.value(1, 2)).toBe('99213');
    expect(sv.value(1, 2, 2)).toBe('X');
    expect(sv.value(1, 3, 2)).toBe('');
    expect([sv.components(1), sv.components(1, 2), sv.components(2), sv.components(3)]).toEqual([2, 2, 1, 0]);
    expect([sv.repetitions(1), sv.repetitions(2), sv.repetitions(3), sv.repetitions(4)]).toEqual([2, 1, 0, 2]);
  });

  it('keeps blanks as sent and takes line breaks of a wrapped file out', () => {
    expect(segment('ISA*  *AB ').value(2)).toBe('AB ');
    const wrapped = segment('PID*F****Blue wid\r\nget*X');
    expect(wrapped.value(5)).toBe('Blue widget');
    expect(wrapped.offsetOf(6)).toBe(100 + 'PID*F****Blue wid\r\nget*'.length);
  });

  it('never reads ISA11 and ISA16 as separators of themselves', () => {
    const isa = segment('ISA*^*>');
    expect([isa.value(1), isa.value(1, 1), isa.value(2, 1, 1), isa.components(2), isa.repetitions(1)]).toEqual(['^', '^', '>', 1, 1]);
  });

  it('decodes bytes over 0x7f as the encoding says, and only those', () => {
    const utf8 = Buffer.from('N1*ST*Müller', 'utf8').toString('latin1');
    expect(segment(utf8).value(2)).toBe('Müller');
    expect(segment(utf8).value(1)).toBe('ST');
    expect(segment('N1*ST*M\xfcller', 'latin1').value(2)).toBe('Müller');
    expect(segment('N1*ST*M\xfcller', 'ascii').value(2)).toBe('M\ufffdller');
    expect(segment('N1*ST*M\xfcller').value(2)).toBe('M\ufffdller');
  });
});
