/** Patterns of parameter names on the command line: "*" stands for any text, everything else for itself. */

/**
 * Whether a name fits; a final ".weight" of the name may be left out of the pattern. Time grows with the product of the two
 * lengths at most.
 *
 * @example nameFits('*.c_attn', 'h.0.attn.c_attn.weight') // true
 */
export function nameFits(pattern: string, name: string): boolean {
  return fits(pattern, name) || (name.endsWith('.weight') && fits(pattern, name.slice(0, -'.weight'.length)));
}

function fits(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}
