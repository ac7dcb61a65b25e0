import { describe, expect, test } from 'vitest';
import { planSize } from '../../src/planner/planModel.ts';
import { planSummary, shareSummary, shortfall } from '../../src/report/planSentences.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const laws = publishedLaws();

describe('a plan in sentences', () => {
  test('that meets its floor', () => {
    const plan = planSize(laws, 1e9, { tokensPerStep: 4e6 });
    expect(planSummary(plan)).toMatch(
      /^For 1B parameters \(width \d+, \d+ layers\) the plan gives every layer output at/,
    );
    expect(shortfall(plan)).toBe('');
    expect(shareSummary(plan)).toContain('In a step of 4M tokens');
  });

  test('that misses it, with remedies that do not suffice', () => {
    const plan = planSize(laws, 3e12, { floor: 0.95, precision: 'bf16' });
    expect(plan.met).toBe(false);
    expect(plan.layers.some(({ remedy }) => remedy !== undefined)).toBe(true);
    expect(planSummary(plan)).toMatch(
      /with a remedy against rounding on \d+ of \d+ rows; the rows show the best there is\.$/,
    );
    expect(shortfall(plan)).toMatch(/^\d+ of \d+ rows miss the floor 0\.95; the best reachable everywhere is /);
  });
});
