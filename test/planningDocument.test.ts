/** docs/planning.md: its figures are those the charts draw, and its commands print what it shows. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { codeBlocks } from './documents/markdown.ts';
import { EXAMPLE_CONFIG, examplePlan, planningFigures } from './documents/planningFigures.ts';
import { temporaryFolder } from './store/exampleRecords.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/planning.md'), 'utf8');
const sessions = codeBlocks(page).filter(({ language }) => language === 'console');

describe('docs/planning.md', () => {
  test.each(Object.entries(planningFigures()))('%s is drawn as committed, and shown', async (name, svg) => {
    expect(page).toContain(`images/${name}`);
    await expect(svg).toMatchFileSnapshot(join(root, 'docs/images', name));
  });

  test('shows at least one command', () => {
    expect(sessions.length).toBeGreaterThan(0);
  });

  test.each(sessions)('the command at line $line prints what is shown', ({ text }) => {
    const [command = '', ...shown] = text.trimEnd().split('\n');
    const folder = temporaryFolder();
    cpSync(EXAMPLE_CONFIG, join(folder, 'llama70b.json'));
    writeFileSync(join(folder, 'saved.json'), JSON.stringify(examplePlan()));
    const flags = command.replace(/^\$ muonscope /, '').split(' ');
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli.mjs'), ...flags], {
      cwd: folder,
      encoding: 'utf8',
    });
    const printed = unwrapped(`${stdout}\n${stderr}`);
    for (const line of shown.filter((expected) => expected !== '...')) expect(printed).toContain(unwrapped(line));
  });
});

/** Where lines break depends on the terminal. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
