/** The Node entry: the public entry, and what needs files, processes or threads of Node. */
export * from './index.ts';
export { type RandomOutcome, type RandomRequest, studyRandomMatrices } from './workflows/random.ts';
