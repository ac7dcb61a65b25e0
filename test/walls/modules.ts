/** What a source file imports and which parts of the world it touches, read from its syntax tree. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

/** type: erased when compiled; value: loaded with the file; dynamic: `import()` or a worker's URL, loaded on demand. */
export type ImportKind = 'type' | 'value' | 'dynamic';

export interface ImportFact {
  readonly kind: ImportKind;
  /** As written. */
  readonly specifier: string;
  /** Path from the repository's root for a relative import, the specifier itself for a package. */
  readonly target: string;
  readonly line: number;
}

/** One use of a global that reaches outside the program, e.g. "Math.random". */
export interface WorldFact {
  readonly access: string;
  readonly line: number;
}

export interface ModuleFacts {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly imports: readonly ImportFact[];
  readonly world: readonly WorldFact[];
  /** Whether the file holds nothing but `export ... from`. */
  readonly isBarrel: boolean;
}

/** Globals that reach files, network, clock, chance or console. Under Date and Math only the members named do. */
const WORLD_GLOBALS = ['console', 'performance', 'fetch', 'process', 'Buffer', 'crypto'];
const WORLD_MEMBERS = ['Date.now', 'Math.random'];

/** Facts of every .ts file below `folder`, sorted by path. */
export function readModules(root: string, folder: string): ModuleFacts[] {
  const paths = readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  return paths.sort().map((path) => moduleFacts(path, readFileSync(`${root}/${path}`, 'utf8')));
}

/** @param path from the repository's root; decides what relative imports mean */
export function moduleFacts(path: string, text: string): ModuleFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: ImportFact[] = [];
  const world: WorldFact[] = [];
  const declared = declaredNames(file);
  const visit = (node: ts.Node): void => {
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const found = importOf(node);
    if (found) imports.push({ ...found, target: resolveTarget(path, found.specifier), line });
    const access = worldAccess(node);
    if (access && !declared.has(access)) world.push({ access, line });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, imports, world, isBarrel: file.statements.length > 0 && file.statements.every(isReexport) };
}

function resolveTarget(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
}

function importOf(node: ts.Node): { kind: ImportKind; specifier: string } | undefined {
  if (ts.isImportDeclaration(node))
    return { kind: importsOnlyTypes(node.importClause) ? 'type' : 'value', specifier: textOf(node.moduleSpecifier) };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier)
    return { kind: exportsOnlyTypes(node) ? 'type' : 'value', specifier: textOf(node.moduleSpecifier) };
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return { kind: 'type', specifier: textOf(node.argument.literal) };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return { kind: 'dynamic', specifier: textOf(node.arguments[0]) };
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL' && /\.ts['"]$/.test(textWithQuotes(node)))
    return { kind: 'dynamic', specifier: textOf(node.arguments?.[0]) };
  return undefined;
}

function textWithQuotes(node: ts.NewExpression): string {
  return node.arguments?.[0]?.getText() ?? '';
}

/** The text of a string literal; anything else shows as its source, which no table allows. */
function textOf(node: ts.Node | undefined): string {
  if (!node) return '';
  return ts.isStringLiteralLike(node) ? node.text : node.getText();
}

function importsOnlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return !clause.name && !!named && ts.isNamedImports(named) && allTypes(named.elements);
}

function exportsOnlyTypes(node: ts.ExportDeclaration): boolean {
  return (
    node.isTypeOnly ||
    (!!node.exportClause && ts.isNamedExports(node.exportClause) && allTypes(node.exportClause.elements))
  );
}

function allTypes(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[]): boolean {
  return elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

function isReexport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

/** Names the file itself declares, imports or takes as parameters: those are not the globals. */
function declaredNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (declares && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function worldAccess(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return 'new Date()';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText().replace(/^globalThis\./, '');
    if (WORLD_MEMBERS.includes(text)) return text;
    if (node.expression.getText() === 'globalThis' && WORLD_GLOBALS.includes(node.name.text)) return node.name.text;
  }
  if (ts.isIdentifier(node) && WORLD_GLOBALS.includes(node.text) && isReference(node)) return node.text;
  return undefined;
}

/** Whether the identifier stands for a variable, not for a member, key, declared name or type. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return false;
  const isName = 'name' in parent && parent.name === node;
  const isSourceName = 'propertyName' in parent && parent.propertyName === node;
  return !isName && !isSourceName;
}
