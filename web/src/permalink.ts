/** The address of a view: #/spectra?study=quick&run=4x32. What it says is all a view needs to open again. */

/** Parameters of a view by name, as text; absent ones stand for the view's defaults. */
export type Params = Readonly<Record<string, string>>;

export interface Place {
  /** null for the first view. */
  readonly view: string | null;
  readonly params: Params;
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { view: path === '' ? null : path, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** Parameters in the order of their names, so that a view has one address. */
export function formatPlace({ view, params }: Place): string {
  const named = Object.entries(params)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const query = new URLSearchParams(named).toString();
  return `#/${view ?? ''}${query === '' ? '' : `?${query}`}`;
}

/** A parameter as one of the choices; the first if it is none of them. */
export function choiceParam<T extends string>(params: Params, name: string, choices: readonly [T, ...T[]]): T {
  return choices.find((choice) => choice === params[name]) ?? choices[0];
}

/** A parameter as a finite number. */
export function numberParam(params: Params, name: string, missing: number): number {
  const value = Number(params[name] ?? '');
  return params[name] !== undefined && params[name] !== '' && Number.isFinite(value) ? value : missing;
}

/** A parameter as a list of texts, separated by "~". */
export function listParam(params: Params, name: string): readonly string[] {
  const text = params[name] ?? '';
  return text === '' ? [] : text.split('~');
}
