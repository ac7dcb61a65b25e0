/**
 * Plans that follow their question as it changes many times a second.
 *
 * A plan that was begun is finished and shown before the newest question is taken up, so that a slider in motion always
 * shows plans and never an old one after a newer; questions in between are dropped. Once the question rests, reasons and
 * alternatives are worked out, and dropped at the next move. All of it in slices of some milliseconds.
 */
import { untrack } from 'svelte';
import type { Steps } from '../../../../src/base/steps.ts';
import type { QuantileSpectrum } from '../../../../src/newtonSchulz/quantileSpectrum.ts';
import type { NsPrecision } from '../../../../src/newtonSchulz/schedule.ts';
import { candidateSchedules } from '../../../../src/planner/candidates.ts';
import type { ModelForecast } from '../../../../src/planner/modelForecast.ts';
import type { Plan } from '../../../../src/planner/plan.ts';
import { explainInSteps, type PlanChoices, planInSteps } from '../../../../src/planner/planModel.ts';
import { createRounding } from '../../../../src/planner/rounding.ts';
import { forecastFor, type PlanQuestion } from './planning.ts';
import { runInSlices } from './slices.ts';

/** All that a plan depends on. */
export interface Asked {
  readonly question: PlanQuestion;
  readonly precision: NsPrecision;
  /** Tokens of a training step; 0 if they do not matter. */
  readonly tokens: number;
}

export interface Planner {
  /** Of the newest question that is answered; null if there is none, or it failed. */
  readonly plan: Plan | null;
  /** Whether `plan` is of the newest question. */
  readonly isCurrent: boolean;
  /** Whether reasons and alternatives are worked out. */
  readonly isExplained: boolean;
  readonly failure: string;
}

/** A plan with what explaining it takes. */
interface Planned {
  readonly forecast: ModelForecast;
  readonly choices: PlanChoices;
  readonly plan: Plan;
}

interface Answer {
  readonly asked: Asked;
  readonly planned: Planned | null;
  readonly failure: string;
  readonly isExplained: boolean;
}

/** Milliseconds without a move after which a plan is explained. */
const REST = 180;

/** Call it while a component is set up. @param asked null while there is nothing to plan */
export function createPlanner(asked: () => Asked | null): Planner {
  let answer = $state.raw<Answer | null>(null);
  let newest: Asked | null = null;
  let stopPlanning: (() => void) | null = null; // null while no plan is under way
  let stopExplaining = (): void => {};
  const steps = createPlanSteps();

  const settle = (of: Asked, planned: Planned | null, error: unknown): void => {
    stopPlanning = null;
    const failure = planned !== null ? '' : error instanceof Error ? error.message : String(error);
    answer = { asked: of, planned, failure, isExplained: false };
    if (newest !== null && newest !== of) begin(newest);
    else if (planned !== null) explainLater(of, planned);
  };
  const begin = (of: Asked): void => {
    let isSettled = false;
    const once = (planned: Planned | null, error: unknown): void => {
      isSettled = true;
      settle(of, planned, error);
    };
    const stop = runInSlices(
      steps(of),
      (planned) => once(planned, null),
      (error) => once(null, error),
    );
    if (!isSettled) stopPlanning = stop;
  };
  const explainLater = (of: Asked, { forecast, choices, plan }: Planned): void => {
    const timer = setTimeout(() => {
      stopExplaining = runInSlices(
        explainInSteps(forecast, plan, choices),
        (explained) => {
          answer = { asked: of, planned: { forecast, choices, plan: explained }, failure: '', isExplained: true };
        },
        (error) => settle(of, null, error),
      );
    }, REST);
    stopExplaining = () => clearTimeout(timer);
  };

  const wanted = $derived(asked());
  $effect(() => {
    newest = wanted;
    stopExplaining();
    untrack(() => {
      if (newest !== null && stopPlanning === null) begin(newest);
    });
  });
  $effect(() => () => {
    newest = null;
    stopPlanning?.();
    stopExplaining();
  });
  return {
    get plan() {
      return wanted === null ? null : (answer?.planned?.plan ?? null);
    },
    get isCurrent() {
      return answer !== null && answer.asked === wanted;
    },
    get isExplained() {
      return answer?.isExplained === true && answer.asked === wanted;
    },
    get failure() {
      return answer !== null && answer.asked === wanted ? answer.failure : '';
    },
  };
}

/** Plans of one question after another; what a move leaves as it was is kept. */
function createPlanSteps(): (asked: Asked) => Steps<Planned> {
  const kept = new Map<NsPrecision, Required<Pick<PlanChoices, 'rounding' | 'schedules'>>>();
  const spectra = new Map<string, QuantileSpectrum>();
  let last: { readonly asked: Asked; readonly forecast: ModelForecast } | null = null;
  return function* (asked) {
    const { question, precision, tokens } = asked;
    if (last === null || !isSame(last.asked, asked, ['laws', 'model', 'params'])) spectra.clear();
    const forecast =
      last !== null && isSame(last.asked, asked, ['laws', 'model', 'params', 'quantile', 'confidence'])
        ? { ...last.forecast, criterion: { ...last.forecast.criterion, floor: question.floor } }
        : forecastFor(question, precision, spectra);
    last = { asked, forecast };
    const known = kept.get(precision) ?? {
      rounding: createRounding(precision),
      schedules: candidateSchedules(precision),
    };
    kept.set(precision, known);
    yield;
    const choices = { ...known, explained: false, ...(tokens > 0 ? { tokensPerStep: tokens } : {}) };
    return { forecast, choices, plan: yield* planInSteps(forecast, choices) };
  };
}

/** Whether two questions agree in precision and these. */
function isSame(a: Asked, b: Asked, names: readonly (keyof PlanQuestion)[]): boolean {
  return a.precision === b.precision && names.every((name) => a.question[name] === b.question[name]);
}
