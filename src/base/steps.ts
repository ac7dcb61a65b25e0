/** Work in small steps: a generator that yields between them and returns the result, so that a page can draw meanwhile. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All steps in one go. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
