/** Values promised in a comment, e.g. `// [0.7121, 'you5 x5']`: literals whose numbers count to the digits shown. */
import ts from 'typescript';

/** A literal's syntax tree; numbers keep the digits they were written with. */
export type Promised = ts.Expression;

/** The literal that `comment` is, or undefined if it is prose. */
export function parsePromise(comment: string): Promised | undefined {
  const file = ts.createSourceFile('promise.ts', `(${comment})`, ts.ScriptTarget.Latest, true);
  const errors = (file as unknown as { parseDiagnostics: readonly unknown[] }).parseDiagnostics; // not in the typings
  const [statement, second] = file.statements;
  if (errors.length > 0 || second || !statement || !ts.isExpressionStatement(statement)) return undefined;
  const literal = ts.isParenthesizedExpression(statement.expression) ? statement.expression.expression : undefined;
  return literal && isLiteral(literal) ? literal : undefined;
}

/** Whether `value` is what `promised` says: same structure, numbers within half a unit of the last digit shown. */
export function isPromised(value: unknown, promised: Promised): boolean {
  const number = numberText(promised);
  if (number !== undefined)
    return typeof value === 'number' && Math.abs(value - Number(number)) <= halfLastDigit(number);
  if (ts.isStringLiteralLike(promised)) return value === promised.text;
  if (ts.isArrayLiteralExpression(promised)) {
    const items = ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
    const { elements } = promised;
    return (
      Array.isArray(items) && items.length === elements.length && elements.every((e, i) => isPromised(items[i], e))
    );
  }
  if (ts.isObjectLiteralExpression(promised)) return typeof value === 'object' && hasMembers(value, promised);
  return String(value) === promised.getText();
}

function hasMembers(value: object | null, promised: ts.ObjectLiteralExpression): boolean {
  if (value === null || Object.keys(value).length !== promised.properties.length) return false;
  return promised.properties.every((property) => {
    if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) return false;
    return isPromised((value as Record<string, unknown>)[property.name.text], property.initializer);
  });
}

const KEYWORDS = [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword];

function isLiteral(node: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isLiteral);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.every((property) => ts.isPropertyAssignment(property) && isLiteral(property.initializer));
  return numberText(node) !== undefined || ts.isStringLiteralLike(node) || KEYWORDS.includes(node.kind);
}

/** "-0.27" for a numeric literal with or without a sign. */
function numberText(node: ts.Expression): string | undefined {
  if (ts.isNumericLiteral(node)) return node.getText();
  const isNegative = ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken;
  return isNegative && ts.isNumericLiteral(node.operand) ? `-${node.operand.getText()}` : undefined;
}

/** Half a unit of the last digit of "0.7121" or "1.48e-3"; 0 for an integer, which must agree exactly. */
function halfLastDigit(text: string): number {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const decimals = mantissa.split('.')[1]?.length ?? 0;
  const isInteger = decimals === 0 && exponent === '0';
  return isInteger ? 0 : 0.5 * (1 + 1e-9) * 10 ** (Number(exponent) - decimals);
}
