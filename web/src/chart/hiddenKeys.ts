/** Keys of legends that the reader has hidden: part of the address, one list for all charts of a view. */
import { getContext, setContext } from 'svelte';

export interface HiddenKeys {
  readonly ids: readonly string[];
  toggle(id: string): void;
}

const NAME = 'hidden keys';

/** To be called while the shell is made. */
export function provideHiddenKeys(keys: HiddenKeys): void {
  setContext(NAME, keys);
}

/** To be called while a chart is made. */
export function hiddenKeys(): HiddenKeys {
  return getContext(NAME);
}
