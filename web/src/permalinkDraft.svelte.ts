/** Choices that change many times a second, as a slider does: shown at once, written to the address when they rest. */
import type { Params } from './permalink.ts';

/** Milliseconds: browsers refuse addresses that change much faster for long. */
const REST = 250;

export interface Draft {
  /** The address with what is not yet written to it. */
  readonly params: Params;
  set(changed: Params): void;
}

/** Call it while a component is set up. */
export function createDraft(params: () => Params, write: (changed: Params) => void): Draft {
  let changes = $state.raw<Params>({});
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const rested = changes;
    changes = {};
    if (Object.keys(rested).length > 0) write(rested);
  };
  const shown = $derived({ ...params(), ...changes });
  $effect(() => () => clearTimeout(timer));
  return {
    get params() {
      return shown;
    },
    set: (changed) => {
      changes = { ...changes, ...changed };
      clearTimeout(timer);
      timer = setTimeout(flush, REST);
    },
  };
}
