/** The rules of a plan as lines of a table: the same text on the terminal and on the page. */
import { grouped } from '../base/grouped.ts';
import type { Plan, PlanAlternative, PlanRule } from '../planner/plan.ts';
import { scheduleLabel } from './wording.ts';

/** A line of a block, and the rule of every matrix that shares it. */
export interface RuleLine {
  readonly cells: RuleCells;
  readonly rules: readonly PlanRule[];
}

/** Rules that are the same for several matrices, under all their names. */
export interface RuleBlock {
  /** "mlp.gate, mlp.up (experts, shared expert)". */
  readonly names: string;
  readonly lines: readonly RuleLine[];
}

export interface RuleCells {
  readonly layers: string;
  /** Smallest singular value planned for. */
  readonly sigma: string;
  readonly schedule: string;
  readonly products: string;
  readonly output: string;
  /** With a step less and a step more; the empty list where alternatives are not shown. */
  readonly alternatives: readonly string[];
  readonly law: string;
}

/** @param full whether alternatives are shown, and so tell rules apart */
export function ruleBlocks(rules: readonly PlanRule[], full: boolean): readonly RuleBlock[] {
  const ofMatrices = grouped(rules, matrixLabel).map((own) => ({ own, lines: own.map((rule) => cellsOf(rule, full)) }));
  return grouped(ofMatrices, ({ lines }) => JSON.stringify(lines)).map((alike) => ({
    names: namesOf(alike.map(({ own }) => own[0]!)),
    lines: alike[0]!.lines.map((cells, i) => ({ cells, rules: alike.map(({ own }) => own[i]!) })),
  }));
}

/** Why a rule was chosen: the reasons of its hardest layer. */
export function ruleReasons({ layers }: Plan, { role, part, hardest }: PlanRule): readonly string[] {
  const row = layers.find((one) => one.role === role && one.part === part && one.layer === hardest.layer);
  return row?.reasons ?? [];
}

/** "mlp.up experts". */
export function matrixLabel({ role, part }: Pick<PlanRule, 'role' | 'part'>): string {
  return part === undefined ? role : `${role} ${part}`;
}

/** "0-11"; "3" for one layer. */
export function layersLabel([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function namesOf(matrices: readonly PlanRule[]): string {
  const parts = grouped(matrices, ({ part = '' }) => part).map((alike) => ({
    part: alike[0]!.part ?? '',
    roles: alike.map(({ role }) => role).join(', '),
  }));
  return grouped(parts, ({ roles }) => roles)
    .map((alike) => {
      const named = alike.map(({ part }) => part || 'dense').join(', ');
      return named === 'dense' ? alike[0]!.roles : `${alike[0]!.roles} (${named})`;
    })
    .join('; ');
}

function cellsOf(rule: PlanRule, full: boolean): RuleCells {
  const { hardest } = rule;
  return {
    layers: layersLabel(rule.layers),
    sigma: hardest.sigma.toExponential(1),
    schedule: scheduleLabel(rule),
    products: String(rule.products),
    output: `${hardest.output.toFixed(2)}${rule.met ? '' : ' unmet'}`,
    alternatives: full ? [hardest.alternatives.fewer, hardest.alternatives.more].map(alternative) : [],
    law: rule.weak ? 'weak' : '',
  };
}

function alternative(found: PlanAlternative | null): string {
  return found === null ? '-' : `${found.name} ${found.output.toFixed(2)}`;
}
