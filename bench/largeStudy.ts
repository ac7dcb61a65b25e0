/**
 * Writes a study of a million spectra and times how the server answers over it.
 * Bundle it with rolldown into dist/ and run it there with a folder, which is kept, to look at its page.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStudies } from '../src/server/serve.ts';
import { writeStudy } from '../test/server/smallStudy.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('give a folder to write the study into');
// 4 runs of 42 layers with 6 matrices each: 1,008 series, 993 steps of each: 1,000,944 records.
if (!existsSync(join(folder, 'study.json'))) writeStudy(folder, { runs: 4, layers: 42, steps: 993 });
const begun = performance.now();
const server = await serveStudies({ folders: [folder], host: '127.0.0.1', port: 0 });
const since = (): string => `${(performance.now() - begun).toFixed(0)} ms`;
const ask = async (path: string): Promise<number> => {
  const asked = performance.now();
  await (await fetch(new URL(path, server.url))).text();
  return performance.now() - asked;
};
const runs = server.studies[0]!;
const at = `/api/studies/${runs.id}/runs/run-0`;
await ask(`${at}/series`);
await ask(`${at}/history?series=0`);
process.stdout.write(`first answers after ${since()}\n`);
for (;;) {
  const { reading } = await (await fetch(new URL(`/api/studies/${runs.id}/runs/run-3/series`, server.url))).json();
  if (reading.size > 0 && reading.read === reading.size) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
process.stdout.write(`all read after ${since()}, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident\n`);
for (const path of ['series', 'history?series=5', 'trajectories?series=5&quantiles=0.01,0.1,0.5,0.9,0.99&columns=400'])
  process.stdout.write(`${path}: ${(await ask(`${at}/${path}`)).toFixed(0)} ms\n`);
await server.close();
