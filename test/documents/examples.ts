/** Runs a TypeScript example from a page and compares what its comments promise with what its lines give. */
import ts from 'typescript';
import { isPromised, parsePromise } from './promises.ts';

/** Modules an example may import, by specifier. */
export type Modules = Readonly<Record<string, object>>;

export interface ExampleResult {
  /** Lines whose comment promised a value. */
  readonly checked: number;
  /** One sentence for each promise that was not kept. */
  readonly broken: readonly string[];
}

/**
 * Runs `source` and checks every line of the form `expression; // value` or `const x = expression; // value`.
 *
 * A comment is a promise when it is a literal: number, string, boolean, null, array or object of these. Numbers
 * agree when they agree to the digits shown. Any other comment is prose and is left alone.
 */
export async function runExample(source: string, modules: Modules): Promise<ExampleResult> {
  const broken: string[] = [];
  let checked = 0;
  const keep = (value: unknown, comment: string, line: number): unknown => {
    checked++;
    const promise = parsePromise(comment);
    if (promise && !isPromised(value, promise))
      broken.push(`line ${line}: promised ${comment}, got ${JSON.stringify(value)}`);
    return value;
  };
  const load = (specifier: string): object => {
    const found = modules[specifier];
    if (!found) throw new Error(`example: imports ${specifier}; expected one of ${Object.keys(modules).join(', ')}`);
    return found;
  };
  await compile(source)(load, keep);
  return { checked, broken };
}

type Example = (load: (specifier: string) => object, keep: (...args: never[]) => unknown) => Promise<void>;

/** The example as an async function: imports become calls of `load`, promised expressions calls of `keep`. */
function compile(source: string): Example {
  const file = ts.createSourceFile('example.ts', source, ts.ScriptTarget.Latest, true);
  const statements = file.statements.map((statement) => rewrite(statement, file)).join('\n');
  const script = ts.transpileModule(`async function example(load, keep) {\n${statements}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return new Function(`${script.outputText}; return example;`)() as Example;
}

function rewrite(statement: ts.Statement, file: ts.SourceFile): string {
  if (ts.isImportDeclaration(statement)) return rewriteImport(statement);
  const comment = trailingComment(statement, file);
  const expression = promisedExpression(statement);
  if (comment === undefined || !expression || !parsePromise(comment)) return statement.getText();
  const line = file.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
  const kept = `keep(${expression.getText()}, ${JSON.stringify(comment)}, ${line})`;
  const start = statement.getStart();
  const text = statement.getText();
  return text.slice(0, expression.getStart() - start) + kept + text.slice(expression.getEnd() - start);
}

function rewriteImport(statement: ts.ImportDeclaration): string {
  const named = statement.importClause?.namedBindings;
  if (statement.importClause?.isTypeOnly || !named || !ts.isNamedImports(named)) return '';
  const names = named.elements
    .filter((element) => !element.isTypeOnly)
    .map(({ name, propertyName }) => (propertyName ? `${propertyName.getText()}: ${name.text}` : name.text));
  return `const { ${names.join(', ')} } = load(${statement.moduleSpecifier.getText()});`;
}

function promisedExpression(statement: ts.Statement): ts.Expression | undefined {
  if (ts.isExpressionStatement(statement)) return statement.expression;
  if (!ts.isVariableStatement(statement)) return undefined;
  const [declaration, second] = statement.declarationList.declarations;
  return second ? undefined : declaration?.initializer;
}

function trailingComment(statement: ts.Statement, file: ts.SourceFile): string | undefined {
  const [range] = ts.getTrailingCommentRanges(file.text, statement.getEnd()) ?? [];
  return range && file.text.slice(range.pos + 2, range.end).trim();
}
