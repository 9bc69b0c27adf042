import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFlops,
  formatNumber,
  formatShare,
  formatShort,
  printable,
} from './format.js';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [2.34567, '2.346'],
    [-0.12361, '-0.1236'],
    [0.0034, '0.00340'],
    [123.456, '123.5'],
    [123456.7, '123457'],
    [5e-6, '5e-6'],
    [1.2345e-6, '1.23e-6'],
    [Number.NaN, '–'],
    [Number.NEGATIVE_INFINITY, '-∞'],
  ])('%s is %s', (value, text) => expect(formatNumber(value)).toBe(text));
});

describe('formatShort', () => {
  it.each([
    [0, '0'],
    [950, '950'],
    [999.7, '1.0k'],
    [1234, '1.2k'],
    [134_515_008, '135M'],
    [7.24e9, '7.2B'],
  ])('%s is %s', (value, text) => expect(formatShort(value)).toBe(text));
});

describe('formatFlops', () => {
  it.each([
    [0, '0 FLOP'],
    [999.6, '1.0 kFLOP'],
    [1.25e9, '1.3 GFLOP'],
    [3.44e13, '34.4 TFLOP'],
    [2e21, '2000 EFLOP'],
    [Number.NaN, '–'],
  ])('%s is %s', (value, text) => expect(formatFlops(value)).toBe(text));
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
    [2 ** 20 - 1, '1.0 MiB'],
    [-1, '–'],
  ])('%s is %s', (value, text) => expect(formatBytes(value)).toBe(text));
});

describe('formatDuration', () => {
  it.each([
    [0.84, '0.8 s'],
    [9.97, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3599.7, '1 h 00 min'],
    [7800, '2 h 10 min'],
    [86_399, '1 d 0 h'],
    [273_600, '3 d 4 h'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%s s is %s', (value, text) => expect(formatDuration(value)).toBe(text));
});

it('parts thousands and writes shares', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatShare(0.625)).toBe('62.5%');
  expect(formatShare(undefined)).toBe('–');
});

it('shows control characters instead of sending them to the terminal', () => {
  expect(printable('a\u001b[31mb\r\nc\td\n')).toBe('a␛[31mb\nc\td\n');
  expect(printable('\u009b1m \u202eabc \u007f')).toBe('\\u009b1m \\u202eabc \\u007f');
});
