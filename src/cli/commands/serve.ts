import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { serveResult } from '../../workflows/serveResult.ts';
import { integerFlag } from '../flags.ts';
import { interruptSignal, print, printJson, tell } from '../output.ts';

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope serve studies
  muonscope serve studies/quick --port 8080`;

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('show studies in the browser, live while they run, until Ctrl-C')
    .argument('[dirs...]', 'studies, or folders that hold some (default: the current folder)')
    .option('--port <n>', 'to listen on; 0 for any that is free', integerFlag('--port', 0), 4242)
    .option('--host <address>', 'to listen on; others than 127.0.0.1 require a token', '127.0.0.1')
    .option('--token <text>', 'to require instead of one made up')
    .option('--json', 'print address and studies as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runServe);
}

async function runServe(dirs: readonly string[], { port, host, token, json }: ServeFlags): Promise<void> {
  const { serveStudies } = await import('../../server/serve.ts');
  const folders = dirs.length === 0 ? ['.'] : dirs;
  const server = await serveStudies({ folders, host, port, ...(token === undefined ? {} : { token }) });
  const signal = interruptSignal(() => tell('Stopping ...'));
  if (json) printJson(serveResult(server.url, server.studies));
  else {
    print(server.url);
    for (const { name, runs, notes } of server.studies) {
      tell(`  ${printable(name)}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`);
      for (const note of notes) tell(`    note: ${printable(note)}`);
    }
    tell('Ctrl-C ends');
  }
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
}
