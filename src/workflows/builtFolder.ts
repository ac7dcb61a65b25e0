/** What `npm run build` lays beside the program. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** dist/NAME, also when run from the sources; null if it is not built. */
export function builtFolder(name: string): string | null {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return [join(here, name), join(here, '..', '..', 'dist', name)].find(existsSync) ?? null;
}
