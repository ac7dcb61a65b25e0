/** Designs against 120-digit arithmetic that shares no formula with them: fixtures/minimax/compositions.json. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogueEntry } from '../../src/newtonSchulz/catalogue.ts';
import { designComposition, type StepKind } from '../../src/newtonSchulz/design.ts';
import { outputRange } from '../../src/newtonSchulz/response.ts';
import type { NsCoefficients } from '../../src/newtonSchulz/schedule.ts';

interface Composition {
  readonly lower: number;
  readonly kinds: readonly StepKind[];
  readonly coefficients: readonly NsCoefficients[];
  /** Lower end after each step. */
  readonly guaranteed: readonly number[];
}

interface Reference {
  readonly quintics: readonly Composition[];
  readonly cubics: readonly Composition[];
  readonly mixed: readonly Composition[];
  readonly polarExpress: {
    readonly lower: number;
    readonly cushion: number;
    readonly safety: number;
    readonly withoutSafety: readonly NsCoefficients[];
    readonly foldedIntoCoefficients: readonly NsCoefficients[];
    readonly foldedIntoInterval: readonly NsCoefficients[];
  };
}

const reference: Reference = JSON.parse(
  readFileSync(new URL('../../fixtures/minimax/compositions.json', import.meta.url), 'utf8'),
);

/** A step's coefficients carry the rounding of the lower end, a few units a step, about ten times enlarged. */
const TOLERANCE = 10 * 10 * 2 ** -52;

function expectSame(found: readonly NsCoefficients[], wanted: readonly NsCoefficients[], tolerance = TOLERANCE): void {
  expect(found).toHaveLength(wanted.length);
  for (const [k, step] of wanted.entries())
    for (const [i, x] of step.entries())
      expect(Math.abs(found[k]![i]! - x)).toBeLessThanOrEqual(tolerance * Math.abs(x));
}

describe.each(['quintics', 'cubics', 'mixed'] as const)('composition of %s', (family) => {
  const lowest = Math.min(...reference[family].map(({ lower }) => lower));

  test('is compared down to 1e-9', () => {
    expect(lowest).toBeCloseTo(1e-9, 20);
  });

  test.each(reference[family])('for [$lower, 1] has the coefficients of 120-digit arithmetic', (wanted) => {
    expectSame(designComposition(wanted.lower, wanted.kinds).coefficients, wanted.coefficients);
  });

  test.each(reference[family])('for [$lower, 1] guarantees what it finds, after every number of steps', (wanted) => {
    for (const [k, guaranteed] of wanted.guaranteed.entries()) {
      const { kinds, lower } = wanted;
      const [low] = outputRange(designComposition(lower, kinds.slice(0, k + 1)), [lower, lower]);
      expect(Math.abs(low / guaranteed - 1)).toBeLessThan(TOLERANCE);
    }
  });
});

describe('Polar Express', () => {
  const { lower, cushion, safety, ...lists } = reference.polarExpress;
  const quintics = Array<StepKind>(8).fill('quintic');

  test('without safety is the list that the paper prints, but for the last digits of its seventh step', () => {
    const designed = designComposition(lower, quintics, { cushion }).coefficients;
    expectSame(designed, lists.withoutSafety);
    const { published } = catalogueEntry('polar-express');
    for (const k of [0, 1, 2, 3, 4, 5, 7]) expectSame([designed[k]!], [published[k]!]);
    // Solved for at l / u = 0.999, where the linear system of Remez' exchange keeps ten digits of float64.
    expectSame([designed[6]!], [published[6]!], 3e-11);
  });

  test.each([
    ['coefficients', lists.foldedIntoCoefficients],
    ['interval', lists.foldedIntoInterval],
  ] as const)('with safety folded into the %s is what 120-digit arithmetic finds', (safetyFoldedInto, wanted) => {
    expectSame(designComposition(lower, quintics, { cushion, safety, safetyFoldedInto }).coefficients, wanted);
  });
});
