import { describe, expect, test } from 'vitest';
import * as palette from '../../src/report/palette.ts';
import { INKS, spreadInks } from '../../src/report/palette.ts';
import { contrast } from './contrast.ts';

const { PAGE, TEXT, MUTED, BASELINE, QUANTILE_INKS, SIZE_INKS, CATEGORY_INKS, COST_INKS } = palette;

describe('palette', () => {
  test.each(['light', 'dark'] as const)('every line and point reaches a contrast of 3 against the %s page', (mode) => {
    for (const ink of [BASELINE, ...QUANTILE_INKS, ...SIZE_INKS, ...CATEGORY_INKS])
      expect(contrast(ink[mode], PAGE[mode]), ink[mode]).toBeGreaterThanOrEqual(3);
  });

  test.each(['light', 'dark'] as const)('text reaches 4.5 on the %s page and on every cell of the plan', (mode) => {
    for (const ground of [PAGE, ...COST_INKS])
      expect(contrast(TEXT[mode], ground[mode]), ground[mode]).toBeGreaterThanOrEqual(4.5);
    expect(contrast(MUTED[mode], PAGE[mode])).toBeGreaterThanOrEqual(4.5);
  });

  test('no light colour stands for two inks, since the dark style selects on it', () => {
    expect(new Set(INKS.map((ink) => ink.light)).size).toBe(INKS.length);
  });

  test('a spread ramp ends with its strongest ink and holds each once while there are enough', () => {
    expect(spreadInks(SIZE_INKS, 1)).toEqual([SIZE_INKS.at(-1)]);
    expect(spreadInks(SIZE_INKS, 2)).toEqual([SIZE_INKS[0], SIZE_INKS.at(-1)]);
    expect(new Set(spreadInks(SIZE_INKS, 7)).size).toBe(7);
    expect(spreadInks(SIZE_INKS, 0)).toEqual([]);
  });
});

describe('contrast', () => {
  test('is 21 between black and white and 1 for equal colours', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 10);
    expect(contrast('#56b4e9', '#56b4e9')).toBe(1);
  });
});
