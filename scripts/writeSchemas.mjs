/** Writes schemas/*.json from the zod schemas: node scripts/writeSchemas.mjs */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = new URL('..', import.meta.url);
const { module } = await runnerImport(fileURLToPath(new URL('src/store/publishedSchemas.ts', root)), {
  configFile: false,
  logLevel: 'error',
});
const folder = new URL('schemas/', root);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(module.publishedSchemas())) writeFileSync(new URL(name, folder), text);
