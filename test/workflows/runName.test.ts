import { expect, it } from 'vitest';
import { RUN_NAME } from '../../src/store/schemas.ts';
import { runNameOf } from '../../src/workflows/runName.ts';

it.each([
  ['runs/gpt-124m/step_1000/optim.pt', 'gpt-124m'],
  ['gpt-124m_step_1000.pt', 'gpt-124m'],
  ['gpt-124m-step-1000.safetensors', 'gpt-124m'],
  ['out/d12/optim_000500_rank3.pt', 'd12'],
  ['out/d12/optim_000500_rank0.pt', 'd12'],
  ['checkpoints/llama/global_step500/zero_pp_rank_0_mp_rank_00_optim_states.pt', 'llama'],
  ['exp1/checkpoint-2000/optimizer.pt', 'exp1'],
  ['muon.pt', 'run'],
  ['./optimizer.pt', 'run'],
  ['https://host.example/models/tiny/step_5.pt?token=abc', 'tiny'],
  ['my run (2).npz', 'my-run-2'],
  ['spectra.jsonl', 'spectra'],
  ['C:\\runs\\gpt\\model_100.pt', 'gpt'],
  ['../..', 'run'],
])('the run of %s is %s', (path, name) => {
  expect(runNameOf(path)).toBe(name);
  expect(name).toMatch(RUN_NAME);
});
