/**
 * The recorder in real training loops, against NumPy's SVD of the tensors that NS was given. Runs in every torch that is
 * found: MUONSCOPE_PYTHON names Pythons, separated by colons; python3 is tried too. FSDP2 takes torch 2.6.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { quantilePositions } from '../../../src/linalg/spectrumSummary.ts';
import { RECORD_QUANTILES, type Spectrum } from '../../../src/spectra/spectrum.ts';
import { pythonsByVersion } from '../../python.ts';
import { differences, type Expected, linesOf, places, type Recorded, scriptsOf } from './recorderRuns.ts';

/** torch's version, where NumPy is there too. */
const TORCH = '__import__("numpy") and __import__("torch").__version__';
const found = [...pythonsByVersion(TORCH)].map(([torch, python]) => ({ torch, python }));
const MINUTES = { timeout: 300_000 };
/** Three roundings to float32: of two buffers and of their blend. */
const OF_TWO_BUFFERS = 3 * 2 ** -24;
/** 12 matrices, 7 steps, each every 3: four at each of the steps. */
const LINES = 28;

if (found.length === 0) test.skip('PyTorch with NumPy: apt-get install python3-numpy python3-torch');

describe.each(found)('in torch $torch', ({ torch, python }) => {
  const scripts = scriptsOf(python);
  afterAll(scripts.close);
  const isAtLeast = (version: number): boolean =>
    Number(torch.split('.')[0]) * 100 + Number(torch.split('.')[1]) >= version;

  test('every class of Muon, in float32 and bfloat16, is recorded as NS saw it', MINUTES, () => {
    const { cases } = scripts.run<{ cases: Record<string, Recorded> }>('classes.py', scripts.folder);
    expect(Object.keys(cases)).toHaveLength(isAtLeast(209) ? 24 : 20);
    for (const [name, { file, expected }] of Object.entries(cases)) {
      const lines = linesOf(file);
      expect(differences(lines, expected, name.startsWith('dion') ? 2 ** -24 : 0), name).toEqual([]);
      expect(new Set(places(lines)).size, name).toBe(LINES);
      const isBuffer = name.includes('without') || name.startsWith('dion Muon,');
      const isSum = name.startsWith('dion') || name.startsWith('Moonlight');
      for (const { stage, convention, dtype } of lines)
        expect([stage, convention, dtype], name).toEqual([
          isBuffer ? 'buffer' : 'nesterov',
          isSum ? 'sum' : 'average',
          name.split(', ')[1],
        ]);
    }
  });

  test('two ranks record every matrix once, each its share, and train on as one', MINUTES, () => {
    expectShared(ranks('COPIES'), 2);
  });

  if (isAtLeast(206)) {
    test('shards of FSDP2 are recorded whole, once, by ranks in turn', MINUTES, () => {
      expectShared(ranks('SHARDS'), 2);
    });

    test(
      'copies of shards, unequal, empty and two-dimensional shards and stacks are recorded whole, once',
      MINUTES,
      () => {
        const cases = ranks('MESHES');
        expect(Object.keys(cases)).toHaveLength(5);
        for (const [name, { files, expected, sameWeights }] of Object.entries(cases)) {
          const lines = files.flatMap(linesOf);
          expect(differences(lines, expected, 2 ** -24), name).toEqual([]);
          expect(new Set(places(lines)).size, name).toBe(lines.length);
          expect(new Set(lines.map((line) => line.name)), name).toEqual(new Set(expected.map((e) => e.name)));
          expect(sameWeights, name).toBe(true);
        }
      },
    );
  }

  const ONE_ALONE = /found 1 of 2 ranks with a recorder of this path/;
  const NEVER = /waited 0.5 s for recorder.step\(\) on all 2 ranks/;
  const GAP = /waited 0.5 s at step 4 for ranks that did not come; such lines are missing$/;
  const absences: readonly (readonly [
    absence: string,
    lines: readonly number[],
    warnings: readonly (RegExp | null)[],
  ])[] = [
    ['another before', [14, 14], [null, null]],
    ['the same path before', [14, 14], [null, null]],
    ['one alone', [28], [ONE_ALONE, null]],
    ['one never calls', [28], [NEVER, null]],
    ['shards, another before', [14, 14], [null, null]],
    ['shards, one alone', [], [ONE_ALONE, null]],
    ['shards, one never calls', [], [NEVER, null]],
    ['shards, one stops', [6, 6], [GAP, null]],
    ['shards, one pauses', [6, 6], [GAP, GAP]],
    ['shards, one fails', [13, 14], [null, /has no momentum at step 4/]],
  ];
  test.each(absences.filter(([absence]) => isAtLeast(209) || !absence.startsWith('shards')))(
    'a recorder missing on one of two ranks never holds training up for long: %s',
    MINUTES,
    (absence, lines, warnings) => {
      const { files, expected, sameWeights, ranks: said } = ranks('ABSENCES')[absence]!;
      expect(files.map((file) => linesOf(file).length)).toEqual(lines);
      expect(differences(files.flatMap(linesOf), expected)).toEqual([]);
      expect(sameWeights).toBe(true);
      for (const [rank, [{ warnings: found = [], longest = 0 } = {}]] of said.entries()) {
        const wanted = warnings[rank];
        expect(found).toEqual(wanted ? [expect.stringMatching(wanted)] : []);
        // Two waits of half a second in vain are all there can be; what else a step does takes milliseconds.
        expect(longest).toBeLessThan(2 * 0.5 + 2);
      }
    },
  );

  test('ranks whose process group comes up behind their recorders record every matrix once', MINUTES, () => {
    const { files, expected, ranks: said } = ranks('LATE')['group comes later']!;
    expect(files.map((file) => linesOf(file).length)).toEqual([14, 14]);
    expect(differences(files.flatMap(linesOf), expected)).toEqual([]);
    expect(said.flatMap(([rank]) => rank?.warnings)).toEqual([]);
  });

  test.each<readonly [failure: string, lines: number, warning: RegExp]>([
    ['unwritable path', 0, /could not be written/],
    ['pipe without reader', 0, /could not be written: OSError/],
    ['path that no file can have', 0, /could not be written: ValueError: embedded null byte/],
    ['steps skipped', 20, /no optimizer step was taken before recorder.step\(\) 4; such lines are missing/],
    ['full disk', 14, /could not be written: OSError: .*File too large/],
    ['momentum not finite', 26, /blocks.0.q.weight has entries at step 4 that are not finite/],
    ['parameter removed', 26, /blocks.1.up.weight has no momentum at step 3/],
    ['state missing', 26, /blocks.0.k.weight has no momentum at step 4/],
    ['measuring fails', 0, /MemoryError: no memory left/],
    ['warnings are errors', 0, /could not be written/],
    ['gradients cleared', LINES, /p.grad was cleared before recorder.step\(\); the buffer is recorded/],
    ['gradients zeroed', 24, /so it was zeroed, or the rule is not known; the buffer is recorded/],
    ['restarted without start', LINES, /has lines up to step 7, which are kept; give start=/],
  ])('training goes on with one warning: %s', MINUTES, (failure, count, warning) => {
    const { file, expected, warnings } = failures().cases[failure]!;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(warning);
    const lines = linesOf(file);
    expect(new Set(places(lines)).size).toBe(count);
    expect(lines).toHaveLength(count);
    expect(differences(lines, expected)).toEqual([]);
    if (failure.startsWith('gradients')) expect(lines.every(({ stage }) => stage === 'buffer')).toBe(true);
  });

  test('a file that holds something else is left as it is', MINUTES, () => {
    const { file, warnings } = failures().cases['file of something else']!;
    expect(readFileSync(file, 'utf8')).toBe('{"loss": 3.1}\n{"loss": 2.9}\n');
    expect(warnings).toEqual([expect.stringContaining('nothing is written to it')]);
  });

  test('a file of deeply nested JSON is left as it is', MINUTES, () => {
    const { file, warnings } = failures().cases['file of deep nesting']!;
    expect(readFileSync(file, 'utf8')).toBe(`${'['.repeat(60_000)}\n`);
    expect(warnings).toEqual([expect.stringContaining('nothing is written to it')]);
  });

  test.each<readonly [name: string, lines: number]>([
    ['path of bytes', LINES],
    ['names alike', 4],
    ['warnings cannot be shown', 0],
    // The first step has no buffer before it to be compared with.
    ['state loaded later', LINES - 4],
  ])('training goes on without a warning: %s', MINUTES, (name, count) => {
    const { file, expected, warnings } = failures().cases[name]!;
    const lines = linesOf(file);
    expect(warnings).toEqual([]);
    expect(new Set(places(lines)).size).toBe(count);
    expect(differences(lines, expected, 2 ** -24)).toEqual([]);
  });

  test('a killed and restarted job leaves whole lines, none twice', MINUTES, () => {
    const { file, expected, warnings } = failures().cases['killed and restarted']!;
    const lines = linesOf(file);
    expect(differences(lines, expected)).toEqual([]);
    expect(new Set(places(lines)).size).toBe(40);
    expect(lines).toHaveLength(40);
    expect(warnings).toEqual([]);
  });

  test('training with it gives the same weights and random state, bit for bit, under autocast too', MINUTES, () => {
    const { same, file } = failures().cases['nothing changes']!;
    expect(same).toBe(true);
    expect(linesOf(file).filter(({ method }) => method === 'ns-moments-f32').length).toBeGreaterThan(0);
  });

  test('wrong use is refused at construction, in one sentence', MINUTES, () => {
    const { refusals } = failures();
    expect(Object.values(refusals).every((said) => said !== null && !said.includes('\n'))).toBe(true);
    expect(refusals['no optimizer']).toBe(
      'TypeError: Recorder: expected a torch.optim.Optimizer or a list of them, got Gpt',
    );
    expect(refusals['no Muon']).toContain('found none among the parameter groups of SGD');
    expect(refusals.every).toBe('ValueError: Recorder: expected every to be a whole number from 1, got 0');
    expect(refusals['negative every']).toContain('got -1');
    expect(refusals['no path']).toBe('TypeError: Recorder: expected the path of a file, got None');
    expect(refusals.run).toContain("got '../up'");
  });

  test('parameter names of usual models give role and layer', MINUTES, () => {
    expect(choices().roles).toMatchObject({
      'transformer.h.3.attn.c_q.weight': ['attn.q', 3],
      'transformer.h.3.attn.c_proj.weight': ['attn.o', 3],
      'transformer.h.3.mlp.c_proj.weight': ['mlp.down', 3],
      'transformer.h.3.attn.c_attn.weight': ['transformer.h.*.attn.c_attn.weight', 3],
      'model.layers.11.self_attn.k_proj.weight': ['attn.k', 11],
      'model.layers.11.mlp.experts.7.down_proj.weight': ['mlp.down', 11],
      'layers.0.feed_forward.w1.weight': ['mlp.gate', 0],
      'blocks.0.ffn.w1.weight': ['mlp.up', 0],
      'model.layers.2.block_sparse_moe.gate.weight': ['model.layers.*.block_sparse_moe.gate.weight', 2],
      'encoder.layer.5.attention.output.dense.weight': ['attn.o', 5],
      'projector.weight': ['projector.weight', 0],
    });
  });

  test('by default six roles are recorded at four depths, and what is fused with them', MINUTES, () => {
    const { deep, fused, experts } = choices().default;
    const of = (file: string | undefined): readonly Spectrum[] => linesOf(file ?? '');
    const roles = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down'];
    expect(
      of(deep)
        .map(({ role, depth }) => `${role} ${depth}`)
        .sort(),
    ).toEqual(roles.flatMap((role) => [0.25, 0.5, 0.75, 1].map((depth) => `${role} ${depth}`)).sort());
    expect(new Set(of(fused).map(({ role }) => role))).toEqual(new Set(['attn.o', 'h.*.attn.c_attn.weight']));
    expect(
      of(experts)
        .map(({ role, depth }) => `${role} ${depth}`)
        .sort(),
    ).toEqual(roles.flatMap((role) => [0.5, 1].map((depth) => `${role} ${depth}`)).sort());
  });

  test('stacks, fused rows and convolutions are the matrices that NS sees', MINUTES, () => {
    for (const [name, { file, expected }] of Object.entries(choices().parts)) {
      const lines = linesOf(file);
      if (name !== 'heads') expect(differences(lines, expected, 2 ** -24), name).toEqual([]);
      const each = { experts: 3, 'experts, KellerJordan': 3, fused: 3, heads: 4 }[name] ?? 1;
      expect(
        lines.map(({ step }) => step),
        name,
      ).toEqual([1, 2].flatMap((step) => Array<number>(each).fill(step)));
    }
  });

  test('sizes are counted with and without embeddings and head', MINUTES, () => {
    expect(choices().sizes).toEqual({
      gpt: { params: 28672, nonEmbeddingParams: 24576 },
      tied: { params: 4 * 11 + 4 * 7 + 55, nonEmbeddingParams: 55 },
    });
  });

  test('quantiles are those of the TypeScript side', MINUTES, () => {
    for (const [r, positions] of Object.entries(choices().quantiles))
      expect(positions).toEqual(quantilePositions(RECORD_QUANTILES, Number(r)));
  });

  test('moments keep to their stated errors in 9 of 10 values, and below three times them', MINUTES, () => {
    const { results } = choices().moments;
    const ratios = results.flatMap(({ found: { values, relativeErrors }, exact }) =>
      values.map((value, i) => Math.abs(value / exact.values[i]! - 1) / relativeErrors[i]!),
    );
    expect(ratios).toHaveLength(13 * 9);
    expect(ratios.filter((ratio) => ratio <= 1).length / ratios.length).toBeGreaterThan(0.85);
    expect(Math.max(...ratios)).toBeLessThan(3);
  });

  test(
    'both methods take a zero, low-rank, equal, huge, tiny and small matrix, and neither one that is not finite',
    MINUTES,
    () => {
      const { edges } = choices().moments;
      for (const method of ['exact', 'moments'] as const) {
        expect(edges['not finite']?.[method]).toBeNull();
        expect(edges.zero?.[method]?.values).toEqual(RECORD_QUANTILES.map(() => 0));
        expect(edges['rank one']?.[method]?.spectral).toBeCloseTo(1, 6);
        expect(edges['rank one']?.[method]?.values[4]).toBeLessThan(1e-6);
        expect(edges.identity?.[method]?.spectral).toBeCloseTo(70 ** -0.5, 5);
        expect(edges.huge?.[method]?.frobenius).toBeCloseTo(edges.huge?.exact?.frobenius ?? 0, -26);
        expect(edges.small?.[method]?.method).toBe('gram-eigvalsh-f64');
      }
    },
  );

  function ranks(cases: string): Record<string, Shared> {
    return scripts.run<Record<string, Shared>>('ranks.py', scripts.folder, cases);
  }
  function failures(): Failures {
    return scripts.run<Failures>('failures.py', scripts.folder);
  }
  function choices(): Choices {
    return scripts.run<Choices>('choices.py', scripts.folder);
  }
});

interface Shared {
  readonly files: readonly string[];
  readonly expected: readonly Expected[];
  readonly sameWeights: boolean;
  /** Of each rank, where a case says something. */
  readonly ranks: readonly (readonly { readonly warnings: readonly string[]; readonly longest: number }[])[];
}

interface Failures {
  readonly cases: Readonly<
    Record<string, Recorded & { readonly warnings: readonly string[]; readonly same?: boolean }>
  >;
  readonly refusals: Readonly<Record<string, string | null>>;
}

type Measured = Pick<Spectrum, 'values' | 'spectral' | 'frobenius' | 'method'> & {
  readonly relativeErrors: readonly number[];
};

interface Choices {
  readonly roles: Readonly<Record<string, readonly [string, number]>>;
  readonly default: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, Recorded>>;
  readonly sizes: unknown;
  readonly quantiles: Readonly<Record<string, readonly number[]>>;
  readonly moments: {
    readonly results: readonly { readonly found: Measured; readonly exact: Expected }[];
    readonly edges: Readonly<Record<string, Readonly<Record<'exact' | 'moments', Measured | null>>>>;
  };
}

function expectShared(cases: Record<string, Shared>, world: number): void {
  for (const [name, { files, expected, sameWeights }] of Object.entries(cases)) {
    const ofRanks = files.map(linesOf);
    const lines = ofRanks.flat();
    expect(differences(lines, expected, OF_TWO_BUFFERS), name).toEqual([]);
    expect(new Set(places(lines)).size, name).toBe(lines.length);
    // nanochat's blend takes the buffer of the step before: its first step is a gap.
    expect(lines.length, name).toBe(name === 'nanochat MuonAdamW' ? LINES - 4 : LINES);
    expect(
      ofRanks.map((ofRank) => ofRank.length),
      name,
    ).toEqual(Array<number>(world).fill(lines.length / world));
    expect(
      lines.every(({ stage }) => stage === 'nesterov'),
      name,
    ).toBe(true);
    expect(sameWeights, name).toBe(true);
  }
}

test('the ladder in fixtures is what NumPy says of it', () => {
  const folder = fileURLToPath(new URL('../../../fixtures/recorder/', import.meta.url));
  type Row = Pick<Expected, 'step' | 'name' | 'frobenius' | 'values'> & { readonly run: string };
  const rows: readonly Row[] = JSON.parse(readFileSync(`${folder}numpy.json`, 'utf8'));
  const lines = [16, 24, 32].flatMap((width) => linesOf(`${folder}width${width}.jsonl`));
  const byPlace = new Map(lines.map((line) => [`${line.run} ${line.step} ${line.name}`, line]));
  expect(rows).toHaveLength(72);
  for (const { run, step, name, values } of rows) {
    const line = byPlace.get(`${run} ${step} ${name}`);
    for (const [i, value] of values.entries())
      expect(Math.abs((line?.values[i] ?? Number.NaN) - value), `${run} ${step} ${name}`).toBeLessThan(3e-8);
  }
});
