/** Run as a process by killed.test.ts: node killedWriter.js FOLDER LAST_STEP */
import { trainTo } from './exampleTraining.ts';

const [folder, lastStep] = process.argv.slice(2) as [string, string];
trainTo(folder, Number(lastStep), (step) => {
  if (step % 3 === 0) process.stdout.write('.');
  const end = performance.now() + 1;
  while (performance.now() < end);
});
