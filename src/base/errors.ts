/**
 * The closed list of errors Muonscope throws on purpose.
 *
 * Every message reads *where: what was expected, what was got; what to do.* The command line turns each of
 * them into one sentence and exit code 2; anything else that escapes is a defect.
 */

/** Machine-readable kind of a {@link MuonscopeError}. */
export type ErrorTag = 'DomainError' | 'FormatError' | 'UsageError' | 'StudyError' | 'TrainingError' | 'EngineError';

/** Common ancestor: lets callers tell a foreseen failure from a defect with one `instanceof`. */
export class MuonscopeError extends Error {
  readonly tag: ErrorTag;

  constructor(tag: ErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.tag = tag;
    this.name = tag;
  }
}

/** A number outside the domain of a function: negative, NaN, infinite, wrong length. Fix the argument. */
export class DomainError extends MuonscopeError {
  constructor(message: string, options?: ErrorOptions) {
    super('DomainError', message, options);
  }
}

/** Bytes or text that are not what their format promises. `file` names the culprit where there is one. */
export class FormatError extends MuonscopeError {
  readonly file: string | undefined;

  constructor(message: string, file?: string, options?: ErrorOptions) {
    super('FormatError', message, options);
    this.file = file;
  }
}

/** A flag, name or combination the user asked for does not exist or makes no sense. */
export class UsageError extends MuonscopeError {
  constructor(message: string, options?: ErrorOptions) {
    super('UsageError', message, options);
  }
}

/** A study folder that cannot be used as asked: missing, another study's, locked, cut off, of a later version. */
export class StudyError extends MuonscopeError {
  readonly folder: string;

  constructor(message: string, folder: string, options?: ErrorOptions) {
    super('StudyError', message, options);
    this.folder = folder;
  }
}

/** Training cannot go on: loss or momentum is not finite. Everything up to `step` is kept. */
export class TrainingError extends MuonscopeError {
  readonly step: number;
  readonly parameter: string | undefined;

  constructor(message: string, step: number, parameter?: string, options?: ErrorOptions) {
    super('TrainingError', message, options);
    this.step = step;
    this.parameter = parameter;
  }
}

/** The matrix engine is missing, refused a graph or failed while running it. */
export class EngineError extends MuonscopeError {
  constructor(message: string, options?: ErrorOptions) {
    super('EngineError', message, options);
  }
}
