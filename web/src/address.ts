/** The address bar. Browsers limit how often it may change, so it follows a moment behind what is shown. */

const DELAY = 150;
let pending: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** @param hash as formatPlace makes it */
export function writeAddress(hash: string): void {
  pending = hash;
  clearTimeout(timer);
  timer = setTimeout(currentAddress, DELAY);
}

/** What was to be written no longer is: the reader has gone elsewhere. */
export function forgetAddress(): void {
  clearTimeout(timer);
  pending = null;
}

/** The address of what is shown now. */
export function currentAddress(): string {
  clearTimeout(timer);
  if (pending !== null) history.replaceState(null, '', pending);
  pending = null;
  return location.href;
}
