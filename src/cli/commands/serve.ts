import { join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../../base/printable.ts';
import { shellWord } from '../../base/shellWord.ts';
import type { PageStudy } from '../../workflows/pageData.ts';
import { serveResult } from '../../workflows/serveResult.ts';
import { integerFlag } from '../flags.ts';
import { openBrowser } from '../openBrowser.ts';
import { interruptSignal, print, printJson, tell } from '../output.ts';

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly open?: true;
  readonly json?: true;
}

const EXAMPLES = `
Example:
  muonscope serve studies
  muonscope serve studies/quick --port 8080 --open`;

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('show studies in the browser, live while they run, until Ctrl-C')
    .argument('[dirs...]', 'studies, or folders that hold some (default: the current folder)')
    .option('--port <n>', 'to listen on; 0 for any that is free', integerFlag('--port', 0), 4242)
    .option('--host <address>', 'to listen on; others than 127.0.0.1 require a token', '127.0.0.1')
    .option('--token <text>', 'to require instead of one made up')
    .option('--open', 'open the address in the browser')
    .option('--json', 'print address and studies as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(runServe);
}

async function runServe(dirs: readonly string[], { port, host, token, open, json }: ServeFlags): Promise<void> {
  const { serveStudies } = await import('../../server/serve.ts');
  const folders = dirs.length === 0 ? ['.'] : dirs;
  const server = await serveStudies({ folders, host, port, ...(token === undefined ? {} : { token }) });
  const signal = interruptSignal(() => tell('Stopping ...'));
  if (json) printJson(serveResult(server.url, server.studies));
  else print(server.url);
  tellStudies(folders, server.studies);
  tell('Ctrl-C ends');
  if (open) void openBrowser(addressHere(server.url)).then((failure) => failure === null || tell(failure));
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await server.close();
}

/** An address that means every network of this machine, as a browser on it takes it. */
function addressHere(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function tellStudies(folders: readonly string[], studies: readonly PageStudy[]): void {
  for (const { name, runs, notes } of studies) {
    tell(`  ${printable(name)}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}`);
    for (const note of notes) tell(`    note: ${printable(note)}`);
  }
  if (studies.length > 0) return;
  tell(`  no study in ${printable(folders.join(', '))} yet; the page shows those that begin there, for example:`);
  tell(`  muonscope study --preset smoke --out ${shellWord(join(folders[0] ?? '.', 'smoke'))}`);
}
