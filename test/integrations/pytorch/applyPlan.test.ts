/** Plans that the command line makes, set in real optimizers by apply_plan, which then take a step. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { planSchema } from '../../../src/store/documentSchemas.ts';
import { muonscope } from '../../cli/muonscope.ts';
import { pythonsByVersion } from '../../python.ts';
import { scriptsOf } from './recorderRuns.ts';

const found = [...pythonsByVersion('__import__("numpy") and __import__("torch").__version__')];
const MINUTES = { timeout: 300_000 };
const LAYERS = 12;
const ROLES = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'];
const NAMES = Array.from({ length: LAYERS }, (_, layer) =>
  ROLES.map((role) => `blocks.${layer}.${role}.weight`),
).flat();

interface Outcome {
  readonly error?: string | null;
  readonly unchanged?: boolean;
  readonly warnings?: readonly string[];
  readonly report?: { readonly applied: Readonly<Record<string, string>>; readonly unplanned: readonly string[] };
  readonly settings?: Readonly<Record<string, { readonly steps: number | null }>>;
  readonly sameMomentum?: boolean;
}

interface Outcomes {
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly scheduled: string | null;
}

if (found.length === 0) test.skip('PyTorch with NumPy: apt-get install python3-numpy python3-torch');

describe.each(found)('in torch %s', (_, python) => {
  const scripts = scriptsOf(python);
  afterAll(scripts.close);
  const names = scripts.write('names.json', NAMES);
  const planned = (file: string, ...flags: readonly string[]): string => {
    const path = join(scripts.folder, file);
    writeFileSync(path, muonscope(scripts.folder, 'plan', '--params', '124M', ...flags, '--json').stdout);
    return path;
  };

  test(
    'a plan of Jordan steps in bf16 runs as it is where steps can be chosen, and is refused elsewhere',
    MINUTES,
    () => {
      const path = planned('jordan.json', '--precision', 'bf16', '--schedules', 'jordan');
      const plan = planSchema.parse(
        JSON.parse(
          muonscope(
            scripts.folder,
            'plan',
            '--params',
            '124M',
            '--precision',
            'bf16',
            '--schedules',
            'jordan',
            '--json',
          ).stdout,
        ),
      );
      const { outcomes, scheduled } = scripts.run<Outcomes>('plans.py', path, names);
      const stepsOf = new Map(
        plan.layers.map(({ role, layer, schedule }) => [
          `blocks.${layer}.${role}.weight`,
          schedule.coefficients.length,
        ]),
      );
      for (const [name, outcome] of Object.entries(outcomes)) {
        if (['SingleDeviceMuon', 'DionMuon', 'MuonAdamW'].includes(name)) {
          expect(outcome.error, name).toMatch(/cannot run this plan: .* Nothing was changed/);
          expect(outcome.unchanged, name).toBe(true);
          continue;
        }
        expect(outcome.error, name).toBeUndefined();
        expect(outcome.warnings, name).toEqual([]);
        expect(outcome.report?.unplanned, name).toEqual([]);
        expect(outcome.sameMomentum, name).toBe(true);
        for (const matrix of NAMES)
          expect(outcome.settings?.[matrix]?.steps, `${name} ${matrix}`).toBe(stepsOf.get(matrix));
      }
      expect(scheduled).toContain('make the scheduler after apply_plan');
    },
  );

  let good: string | undefined;
  test.each<readonly [name: string, said: RegExp]>([
    ['deeper model', /the plan has no row for attn\.q of layers 12, 13; .* Nothing was changed\. Plan for this model/],
    ['shallower model', /no parameter was found for attn\.q of layer 11; .* Nothing was changed/],
    ['other names', /found none among the 1 of Moonlight, the first of which is encoder\.mixer\.weight/],
    ['AdamW', /expected an optimizer that runs Muon .*, found none among the parameter groups of AdamW$/],
    ['two optimizers', /^TypeError: apply_plan: expected one optimizer, got 2; pass the one that runs Muon$/],
    ['no layers', /expected a plan with rows in `layers`, found none; write it again/],
    ['no role', /expected layers\[3\]\.role of the plan to be a name, got no such field/],
    ['no depth', /expected layers\[3\]\.depth of the plan to be a number above 0 and up to 1, got no such field/],
    ['no schedule', /expected layers\[3\]\.schedule\.name .* got no such field/],
    ['no parameter', /expected layers\[3\] of the plan, which has a layer, to have a parameter/],
    ['no schedule.name', /expected layers\[3\]\.schedule\.name /],
    ['no schedule.coefficients', /expected layers\[3\]\.schedule\.coefficients /],
    ['no schedule.entry', /expected layers\[3\]\.schedule\.entry\.normalisation /],
    ['no schedule.precision', /expected layers\[3\]\.schedule\.precision /],
    ['no schedule.entry.scale', /expected layers\[3\]\.schedule\.entry\.scale .* got no such field/],
    ['pair', /expected .*coefficients of the plan to be a list of triples of numbers, got \[\[1, 2\]\]/],
    ['scale of zero', /to be a number above 0, got 0/],
    ['no expression', /to be a regular expression with \{layer\} in it, got '\(\(\('/],
    ['not JSON', /broken\.json to be JSON, JSONDecodeError: .*; write it with muonscope plan --json$/],
    ['no file', /^FileNotFoundError: /],
    ['a list', /^TypeError: apply_plan: expected the path of a plan or the document as a dict, got list$/],
  ])('what does not fit is refused in one sentence when apply_plan is called: %s', MINUTES, (name, said) => {
    good ??= planned('good.json', '--precision', 'bf16', '--schedules', 'jordan');
    const { error, unchanged } = scripts.run<Readonly<Record<string, Outcome>>>('badPlans.py', good, names)[name]!;
    expect(error).toMatch(said);
    expect(error).not.toContain('\n');
    expect(unchanged).toBe(true);
  });

  test('a plan that none can run is refused, and the nearest is set when asked, with its losses', MINUTES, () => {
    const path = planned('default.json');
    for (const [name, { error, unchanged }] of Object.entries(
      scripts.run<Outcomes>('plans.py', path, names).outcomes,
    )) {
      expect(error, name).toContain('the plan is for float32 (72 matrices)');
      expect(unchanged, name).toBe(true);
    }
    const nearest = scripts.run<Outcomes>('plans.py', path, names, 'allow').outcomes;
    for (const [name, { report, warnings, sameMomentum }] of Object.entries(nearest)) {
      expect(Object.keys(report?.applied ?? {}).sort(), name).toEqual([...NAMES].sort());
      expect(warnings, name).toEqual([expect.stringMatching(/^apply_plan: it multiplies in bfloat16/)]);
      expect(sameMomentum, name).toBe(true);
    }
  });
});
