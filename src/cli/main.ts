#!/usr/bin/env node
/** The command line: one file a command in commands/, no arithmetic here. */
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { softwareVersions } from '../workflows/machine.ts';
import { addAudit } from './commands/audit.ts';
import { addDynamics } from './commands/dynamics.ts';
import { addExport } from './commands/export.ts';
import { addIngest } from './commands/ingest.ts';
import { addLaws } from './commands/laws.ts';
import { addNs } from './commands/ns.ts';
import { addPlan } from './commands/plan.ts';
import { addRandom } from './commands/random.ts';
import { addReport } from './commands/report.ts';
import { addScan } from './commands/scan.ts';
import { addServe } from './commands/serve.ts';
import { addStudy } from './commands/study.ts';
import { addTrain } from './commands/train.ts';
import { addWatch } from './commands/watch.ts';
import { describeFailure, describeRefusal, exitOnBrokenPipe } from './failure.ts';

// Later versions compile relaxed SIMD without being told; the kernels take a quarter less time with it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const program = new Command('muonscope')
  .description(
    "Measures the singular-value spectrum of Muon's momentum, learns how it scales with model size, and plans the cheapest Newton-Schulz configuration for every layer.",
  )
  .version(softwareVersions().muonscope ?? 'unknown')
  .showSuggestionAfterError()
  .addHelpText('after', '\nExample:\n  muonscope study --preset smoke\n  muonscope plan --params 300B');

for (const add of [
  addStudy,
  addTrain,
  addScan,
  addAudit,
  addWatch,
  addIngest,
  addLaws,
  addPlan,
  addReport,
  addServe,
  addNs,
  addRandom,
  addDynamics,
  addExport,
])
  add(program);
for (const command of [program, ...program.commands, ...program.commands.flatMap((c) => c.commands)])
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(describeRefusal(text, fullName(command))),
  });

/** "muonscope ns show" */
function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

for (const stream of [process.stdout, process.stderr]) exitOnBrokenPipe(stream, process.exit);
try {
  await program.parseAsync();
} catch (error) {
  const { text, exitCode } = describeFailure(error);
  process.stderr.write(text);
  process.exitCode = exitCode;
}
