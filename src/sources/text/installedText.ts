/**
 * The default text: the `.md` and `.d.ts` files of the installed dependencies. The lockfile pins them, so the same
 * checkout has the same text on every machine.
 *
 * 1. Take the packages the lockfile names, in the order of their paths, without the optional ones, which depend on
 *    the platform. An installed package has no lockfile: take what stands in node_modules, without packages made
 *    for one platform.
 * 2. Take their files sorted by path; leave out links, repeated contents and what is not UTF-8.
 * 3. Stop before the file that would exceed the cap.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../../base/errors.ts';
import { byCodeUnit, readInput, type TextFile, walk } from './textFiles.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** Enough for the ladders of a laptop; keeps reading and hashing under a second. */
export const INSTALLED_TEXT_CAP = 24_000_000;

/**
 * Reads the default text.
 *
 * @param packageRoot folder of muonscope's package.json
 * @returns files in corpus order; paths begin with "node_modules/"
 * @throws UsageError if what is installed is not what the lockfile pins
 */
export function readInstalledText(packageRoot: string, cap: number = INSTALLED_TEXT_CAP): readonly TextFile[] {
  const lockfile = join(packageRoot, 'package-lock.json');
  const { root, packages } = existsSync(lockfile)
    ? { root: packageRoot, packages: pinnedPackages(packageRoot, lockfile) }
    : installedPackages(packageRoot);
  const paths = packages.flatMap((name) => walk(join(root, name), isTextOfPackage)).map((path) => slashes(path));
  const start = slashes(join(root, '.')).replace(/\/$/, '').length + 1;
  const seen = new Set<string>();
  const files: TextFile[] = [];
  let total = 0;
  for (const path of paths.sort(byCodeUnit)) {
    const bytes = readInput(path);
    const hash = createHash('sha256').update(bytes).digest('hex');
    if (bytes.length === 0 || seen.has(hash) || firstInvalidUtf8(bytes) !== null) continue;
    if (total + bytes.length > cap) break;
    seen.add(hash);
    total += bytes.length;
    files.push({ path: path.slice(start), bytes });
  }
  return files;
}

/** Folder of muonscope's own package.json, found upwards from this module, bundled or not. */
export function findPackageRoot(start: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path) && field(parseJson(path), 'name') === 'muonscope') return folder;
    if (folder === dirname(folder))
      throw new UsageError(`text: expected muonscope's package above ${start}, found none; name a text with --text`);
  }
}

function isTextOfPackage(name: string): boolean {
  return name.endsWith('.md') || name.endsWith('.d.ts');
}

/** Paths below the package of what the lockfile pins, each checked to be installed in that version. */
function pinnedPackages(packageRoot: string, lockfile: string): readonly string[] {
  const packages = field(parseJson(lockfile), 'packages');
  const entries = Object.entries(typeof packages === 'object' && packages !== null ? packages : {}).filter(
    ([path, entry]) => path.startsWith('node_modules/') && field(entry, 'optional') !== true && !field(entry, 'link'),
  );
  for (const [path, entry] of entries) {
    const manifest = join(packageRoot, path, 'package.json');
    const version = existsSync(manifest) ? field(parseJson(manifest), 'version') : 'none';
    if (version !== field(entry, 'version'))
      throw new UsageError(
        `text: expected ${path} in version ${field(entry, 'version')} as package-lock.json pins it, got ${version}; run npm ci or name a text with --text`,
      );
  }
  return entries.map(([path]) => path);
}

/** Packages beside or below an installed muonscope. */
function installedPackages(packageRoot: string): { root: string; packages: readonly string[] } {
  const scope = dirname(packageRoot);
  const root = existsSync(join(packageRoot, 'node_modules'))
    ? packageRoot
    : basename(scope) === 'node_modules'
      ? dirname(scope)
      : null;
  if (root === null)
    throw new UsageError(
      `text: expected installed dependencies of ${packageRoot}, found none; name a text with --text`,
    );
  return { root, packages: packagesBelow(root, 'node_modules').filter((path) => !isForOnePlatform(join(root, path))) };
}

/** Package folders below `folder`, scopes and nested node_modules included, as paths from `root`. */
function packagesBelow(root: string, folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => `${folder}/${name}`)
    .flatMap((path) =>
      basename(path).startsWith('@')
        ? packagesBelow(root, path)
        : [path, ...packagesBelow(root, `${path}/node_modules`)],
    );
}

function isForOnePlatform(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) && field(parseJson(manifest), 'cpu') !== undefined;
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`text: expected JSON in ${path}, got something else; run npm ci or name a text with --text`, {
      cause: error,
    });
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}
