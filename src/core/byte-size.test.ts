import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from './byte-size.ts';

describe('a size', () => {
  it('is a whole number with a unit of 1024', () => {
    expect(['1kB', '500MB', '200GB', '3TB'].map(parseSize)).toEqual([1024, 500 * 1024 ** 2, 200 * 1024 ** 3, 3 * 1024 ** 4]);
  });

  it.each(['', '200', '0GB', '1.5GB', '200 GB', '200gb', '200GiB', '-1MB', '99999999TB'])('is not "%s"', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('is shown in the largest unit that fits, and reads back where it is whole', () => {
    expect([0, 512, 1024 ** 2 - 1, 1.5 * 1024 ** 2, 200 * 1024 ** 3].map(formatSize)).toEqual(['0kB', '0.5kB', '1023kB', '1.5MB', '200GB']);
    expect(formatSize(parseSize('7GB') ?? 0)).toBe('7GB');
  });
});
