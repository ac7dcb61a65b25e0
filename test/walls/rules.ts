/** The rules of the house over {@link ModuleFacts}: each returns one sentence a violation, none if all is well. */
import type { ImportFact, ModuleFacts } from './modules.ts';
import {
  EMPTY_NAMES,
  ENTRY_RULES,
  FOLDER_RULES,
  NODE_PACKAGES,
  NOUN_FILES,
  WORLD_EXCEPTIONS,
  WORLD_PREFIXES,
} from './table.ts';

/** Imports between folders that the table does not allow. */
export function forbiddenImports(modules: readonly ModuleFacts[]): string[] {
  return modules.flatMap((module) =>
    module.imports
      .filter((found) => found.target.startsWith('src/') && !mayImport(module.path, found))
      .map((found) => `${at(module, found)}: ${allowance(module.path)}; it imports ${found.target}`),
  );
}

/** Folders of src/ that the table does not know. */
export function unknownFolders(modules: readonly ModuleFacts[]): string[] {
  const known = new Set(FOLDER_RULES.map((rule) => rule.folder));
  const unknown = modules.filter(({ path }) => !(path in ENTRY_RULES) && !known.has(folderOf(path)));
  return unknown.map(({ path }) => `${path}: its folder is not in the table of walls; add it or move the file`);
}

/** Noun files that import more than types of other nouns: importing them would load a whole stage. */
export function heavyNouns(modules: readonly ModuleFacts[]): string[] {
  return modules
    .filter(({ path }) => NOUN_FILES.includes(path))
    .flatMap((module) =>
      module.imports
        .filter(({ kind, target }) => kind !== 'type' || !NOUN_FILES.includes(target))
        .map((found) => `${at(module, found)}: a noun imports only types of nouns; it imports ${found.target}`),
    );
}

/** Relative imports that lead nowhere or do not end in .ts (or .json). */
export function brokenImports(modules: readonly ModuleFacts[], exists: (path: string) => boolean): string[] {
  return modules.flatMap((module) =>
    module.imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(({ target }) => !/\.(ts|json)$/.test(target) || !exists(target))
      .map((found) => `${at(module, found)}: expected the path of a .ts file, got ${found.specifier}`),
  );
}

/** Cycles among imports that are loaded with the file, each told once as a path. */
export function importCycles(modules: readonly ModuleFacts[]): string[] {
  const edges = new Map(modules.map((module) => [module.path, loaded(module)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (trail.includes(path) || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return cycles;
}

/** Files outside the folders of the world that touch it without being listed as an exception. */
export function worldAccesses(modules: readonly ModuleFacts[]): string[] {
  return accessesOutsideWorld(modules)
    .filter(({ path, access }) => !isException(path, access))
    .map(
      ({ path, line, access }) =>
        `${path}:${line}: ${access} reaches outside the program; only ${worldFolders()} may: ` +
        'take the value as an argument, or list an exception with its reason in test/walls/table.ts',
    );
}

/** Exceptions that no file needs. */
export function idleExceptions(modules: readonly ModuleFacts[]): string[] {
  const used = accessesOutsideWorld(modules);
  return WORLD_EXCEPTIONS.filter(
    ({ file, access }) => !used.some((found) => found.path === file && found.access === access),
  ).map(({ file, access }) => `test/walls/table.ts: ${file} no longer uses ${access}; remove the exception`);
}

/** Imports of Node or of Node's packages in what `entry` loads at once: it would not start in a browser. */
export function nodeImportsBehind(entry: string, modules: readonly ModuleFacts[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const seen = new Set<string>();
  const visit = (path: string): string[] => {
    const module = byPath.get(path);
    if (!module || seen.has(path)) return [];
    seen.add(path);
    const own = module.imports
      .filter(({ kind, target }) => kind === 'value' && (target.startsWith('node:') || isOneOf(target, NODE_PACKAGES)))
      .map(
        (found) =>
          `${at(module, found)}: ${entry} must run in a browser and loads this file; it imports ${found.target}`,
      );
    return [...own, ...loaded(module).flatMap(visit)];
  };
  return visit(entry);
}

/** Imports of packages that an installed muonscope would not find. */
export function undeclaredPackages(modules: readonly ModuleFacts[], dependencies: readonly string[]): string[] {
  return modules.flatMap((module) =>
    module.imports
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter(({ specifier }) => !isOneOf(specifier, dependencies))
      .map((found) => `${at(module, found)}: ${found.specifier} is not under "dependencies" in package.json`),
  );
}

/** index.ts below src/, and files that only pass on what others export. */
export function innerBarrels(modules: readonly ModuleFacts[]): string[] {
  return modules
    .filter(({ path }) => !(path in ENTRY_RULES))
    .filter(({ path, isBarrel }) => isBarrel || path.endsWith('/index.ts'))
    .map(({ path }) => `${path}: only the public entries collect exports; import from the file that declares the name`);
}

/** Files and folders whose name says nothing. */
export function emptyNames(paths: readonly string[]): string[] {
  const isEmpty = (part: string): boolean => EMPTY_NAMES.includes(part.split('.')[0]?.toLowerCase() ?? '');
  return paths
    .filter((path) => path.split('/').some(isEmpty))
    .map((path) => `${path}: name it after what it holds; ${EMPTY_NAMES.join(', ')} are not names`);
}

function mayImport(path: string, { target, kind }: ImportFact): boolean {
  const isNoun = NOUN_FILES.includes(target);
  const entry = ENTRY_RULES[path];
  if (entry) return entry.includes(folderOf(target)) || target in ENTRY_RULES || isNoun;
  if (NOUN_FILES.includes(path)) return isNoun;
  const rule = FOLDER_RULES.find(({ folder }) => folder === folderOf(path));
  if (!rule || target in ENTRY_RULES) return false;
  const folder = folderOf(target);
  if (folder === rule.folder || rule.mayImport.includes(folder)) return true;
  return isNoun && (rule.nouns || (kind === 'type' && position(folder) < position(rule.folder)));
}

/** Place in the line. */
function position(folder: string): number {
  return FOLDER_RULES.findIndex((rule) => rule.folder === folder);
}

function allowance(path: string): string {
  if (NOUN_FILES.includes(path)) return 'a noun may import only nouns';
  const rule = FOLDER_RULES.find(({ folder }) => folder === folderOf(path));
  const allowed = ENTRY_RULES[path] ?? rule?.mayImport ?? [];
  const nouns = rule?.nouns ? ' and the nouns' : '';
  return `${rule?.folder ?? path} may import ${allowed.join(', ') || 'nothing'}${nouns}`;
}

function accessesOutsideWorld(modules: readonly ModuleFacts[]): { path: string; line: number; access: string }[] {
  const open = new Set(FOLDER_RULES.filter((rule) => rule.world).map((rule) => rule.folder));
  const closed = modules.filter(
    ({ path }) => !open.has(folderOf(path)) && !WORLD_PREFIXES.some((prefix) => path.startsWith(prefix)),
  );
  return closed.flatMap(({ path, imports, world }) => [
    ...imports
      .filter(({ kind, target }) => kind !== 'type' && target.startsWith('node:'))
      .map(({ target, line }) => ({ path, line, access: target })),
    ...world.map(({ access, line }) => ({ path, line, access })),
  ]);
}

function worldFolders(): string {
  const folders = FOLDER_RULES.filter((rule) => rule.world).map((rule) => `src/${rule.folder}`);
  return [...folders, ...WORLD_PREFIXES].join(', ');
}

function isException(path: string, access: string): boolean {
  return WORLD_EXCEPTIONS.some((exception) => exception.file === path && exception.access === access);
}

function loaded(module: ModuleFacts): string[] {
  return module.imports.filter(({ kind }) => kind === 'value').map(({ target }) => target);
}

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** Whether `specifier` names one of `packages` or a path inside it. */
function isOneOf(specifier: string, packages: readonly string[]): boolean {
  return packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

function at(module: ModuleFacts, found: ImportFact): string {
  return `${module.path}:${found.line}`;
}
