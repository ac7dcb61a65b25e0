/**
 * Type-checks the folders that tsconfig.strict.json includes under its stricter options.
 *
 * tsc would apply them to every file that these import as well, numeric loops included, which the house rules exempt; so
 * only what is found inside the folders counts.
 */
import ts from 'typescript';

const read = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.strict.json',
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
    },
  },
);
const program = ts.createProgram(read.fileNames, read.options);
const inside = new Set(read.fileNames);
const found = [
  ...program.getOptionsDiagnostics(),
  ...program
    .getSourceFiles()
    .filter(({ fileName }) => inside.has(fileName))
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
];
if (found.length > 0) {
  const host = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getNewLine: () => '\n',
  };
  console.error(ts.formatDiagnosticsWithColorAndContext(found, host));
  process.exit(1);
}
