import { describe, expect, test } from 'vitest';
import { count, decimals, intervalText, list, number, percent, sigmaText } from '../../src/report/wording.ts';

describe('wording', () => {
  test('counts agree with their noun', () => {
    expect([count(1, 'run'), count(0, 'run'), count(2, 'trajectory', 'trajectories')]).toEqual([
      '1 run',
      '0 runs',
      '2 trajectories',
    ]);
  });

  test('intervals have two decimals and a true minus sign', () => {
    expect(intervalText({ value: -0.271, low: -0.3, high: 0.125 })).toBe('−0.27 [−0.30, 0.13]');
  });

  test('singular values are all in exponent form', () => {
    expect(sigmaText({ value: 4.35e-3, low: 7e-4, high: 0.0123 })).toBe('4.35e−3 [7.00e−4, 1.23e−2]');
  });

  test('what is no number is a dash', () => {
    expect([number(null), decimals(Number.NaN), percent(Number.POSITIVE_INFINITY)]).toEqual(['–', '–', '– %']);
    expect(sigmaText({ value: 1e-3, low: 0, high: Number.POSITIVE_INFINITY })).toBe('1.00e−3 [0, –]');
  });

  test('percentages are whole from ten up and have a decimal below', () => {
    expect([percent(0.234), percent(0.0214), percent(-0.047), percent(0), percent(1)]).toEqual([
      '23 %',
      '2.1 %',
      '−4.7 %',
      '0 %',
      '100 %',
    ]);
  });

  test('lists end with "and"', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });
});
