/**
 * Fuzzes every reader of checkpoints: node scripts/fuzz.mjs [SECONDS] [SEED]
 *
 * SECONDS a reader, 60 by default. SEED names the damages; another one a run unless given, and printed, so that a
 * failure can be had again.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [seconds = '60', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
if (!(Number(seconds) > 0) || !Number.isSafeInteger(Number(seed))) {
  console.error(`fuzz: expected seconds a reader and a whole number as seed, got ${seconds} and ${seed}`);
  process.exit(2);
}
console.log(`fuzz: ${seconds} s a reader, seed ${seed}`);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', '.fuzz.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, MUONSCOPE_FUZZ_SECONDS: seconds, MUONSCOPE_FUZZ_SEED: seed },
});
process.exit(status ?? 1);
