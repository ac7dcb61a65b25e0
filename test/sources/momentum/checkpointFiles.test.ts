import { expect, test } from 'vitest';
import { groupCheckpoints, rankOfPath, stepOfPath } from '../../../src/sources/momentum/checkpointFiles.ts';

test.each([
  ['optim_000123_rank0.pt', 123],
  ['out/model_000123.pt', 123],
  ['run/checkpoint-500/optimizer.pt', 500],
  ['run/iter_0000123', 123],
  ['run/iter_0000123/mp_rank_00/model_optim_rng.pt', 123],
  ['runs/step1000/model_and_optim', 1000],
  ['x/global_step12/zero_pp_rank_3_mp_rank_00_optim_states.pt', 12],
  ['logs/x/state_step000123.pt', 123],
  ['epoch=3-step=120.ckpt', 120],
  ['ckpt_12.pt', 12],
  ['http://127.0.0.1:8080/run/step_5/a.pt?step_9', 5],
  ['ckpt.pt', null],
  ['model-00001-of-00004.safetensors', null],
  ['muon-model-7b/optimizer.pt', null],
  ['checkpoint-1.5B/optimizer.pt', null],
  ['step_77/a/b/c/optimizer.pt', null],
  ['misstep3.pt', null],
])('%s is of step %s', (path, step) => {
  expect(stepOfPath(path)).toBe(step);
});

test.each([
  ['optim_000123_rank7.pt', 7],
  ['zero_pp_rank_3_mp_rank_00_optim_states.pt', 3],
  ['rank-12/state.pt', null],
  ['state.rank_12.pt', 12],
  ['iter_0000100/mp_rank_02/model_optim_rng.pt', 2],
  ['frank3.pt', null],
])('%s is of rank %s', (path, rank) => {
  expect(rankOfPath(path)).toBe(rank);
});

test('rank files of a step are one checkpoint in the order of ranks, its model beside them', () => {
  const paths = [
    'b/optim_000200_rank1.pt',
    'b/optim_000200_rank0.pt',
    'b/model_000200.pt',
    'b/optim_000100_rank0.pt',
    'b/optim_000100_rank10.pt',
    'b/optim_000100_rank2.pt',
    'b/model_000300.pt',
    'b/optim_000100_rank0.pt',
  ];
  expect(groupCheckpoints(paths)).toEqual([
    {
      step: 100,
      paths: ['b/optim_000100_rank0.pt', 'b/optim_000100_rank2.pt', 'b/optim_000100_rank10.pt'],
      model: null,
    },
    { step: 200, paths: ['b/optim_000200_rank0.pt', 'b/optim_000200_rank1.pt'], model: 'b/model_000200.pt' },
    { step: 300, paths: ['b/model_000300.pt'], model: null },
  ]);
});

test('folders of one run are ordered by step, not by name; those without a step come first', () => {
  expect(groupCheckpoints(['r/checkpoint-1000', 'r/checkpoint-200', 'r/last.pt'])).toEqual([
    { step: null, paths: ['r/last.pt'], model: null },
    { step: 200, paths: ['r/checkpoint-200'], model: null },
    { step: 1000, paths: ['r/checkpoint-1000'], model: null },
  ]);
});

test("Megatron's folders of tensor-parallel ranks are one checkpoint", () => {
  const paths = ['iter_0000100/mp_rank_01/model_optim_rng.pt', 'iter_0000100/mp_rank_00/model_optim_rng.pt'];
  expect(groupCheckpoints(paths)).toEqual([{ step: 100, paths: [...paths].reverse(), model: null }]);
  expect(groupCheckpoints(['lora-rank8/a.pt', 'lora-rank16/a.pt'])).toHaveLength(2);
});

test("Hugging Face's model joins the optimizer of its folder, and another folder's does not", () => {
  expect(
    groupCheckpoints([
      'a/checkpoint-5/optimizer.pt',
      'a/checkpoint-5/model.safetensors',
      'b/checkpoint-5/optimizer.pt',
    ]),
  ).toEqual([
    { step: 5, paths: ['a/checkpoint-5/optimizer.pt'], model: 'a/checkpoint-5/model.safetensors' },
    { step: 5, paths: ['b/checkpoint-5/optimizer.pt'], model: null },
  ]);
});

test('nothing gives nothing', () => {
  expect(groupCheckpoints([])).toEqual([]);
});
