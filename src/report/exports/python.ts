/** The parts that all exported Python files share. */
import { formatCount } from '../../base/numbers.ts';
import type { ExportRule, PlanExport } from './planExport.ts';

/** Columns of a line of prose. */
const WIDTH = 100;

/**
 * The opening docstring: what the file is, for which model, by which laws, what is lost, how it is used.
 *
 * @param subject first sentence
 * @param usage lines of code, indented by the caller's needs
 */
export function docstring(
  { plan, losses, writer }: PlanExport,
  subject: string,
  about: readonly string[],
  usage: readonly string[],
): string {
  const { target, criterion, source, warnings } = plan;
  const { quantile, floor, confidence } = criterion;
  const at = confidence === undefined ? 'forecast' : `low end (${confidence} confidence) of the forecast`;
  const paragraphs = [
    `Written by ${writer} for ${formatCount(target.params)} parameters, ${target.layers} layers of width ${target.width}. ` +
      `Laws: ${source}. Criterion: output at least ${floor} at the ${at} singular value of quantile ${quantile}` +
      `${plan.met ? '.' : ', which not every layer meets.'}`,
    ...about,
    ...losses.map((loss) => `LOSS: ${loss}`),
    ...warnings.map((warning) => `Note: ${warning}`),
  ];
  const text = [subject, ...paragraphs.map((paragraph) => wrapped(safe(paragraph)))].join('\n\n');
  return `"""${text}\n\nUse:\n\n${usage.map((line) => `    ${line}`.trimEnd()).join('\n')}\n"""`;
}

/** RULES: a tuple a rule, parameter, layers, schedule. */
export function rulesTable(rules: readonly ExportRule[]): string {
  const rows = rules.map(
    ({ parameter, layers: [first, last], schedule, matrix }) =>
      `    (r"${parameter}", ${first}, ${last}, ${quoted(schedule)}),  # ${safe(matrix)}`,
  );
  return [
    '# Parameter name without its suffix, first layer, last layer (both included), schedule. Edit the names to fit your model.',
    'RULES = [',
    ...rows,
    ']',
  ].join('\n');
}

/** SCHEDULES: the coefficients of each schedule that a rule names, as `entry` writes them. */
export function schedulesTable(rules: readonly ExportRule[], entry: (rule: ExportRule) => string): string {
  const schedules = new Map(rules.map((rule) => [rule.schedule, rule]));
  return [
    'SCHEDULES = {',
    ...[...schedules.values()].map((rule) => `    ${quoted(rule.schedule)}: ${entry(rule)},`),
    '}',
  ].join('\n');
}

/** [(a, b, c), ...], one step a line. */
export function coefficientList({ coefficients }: ExportRule): string {
  return `[\n${coefficients.map((step) => `        (${step.join(', ')}),`).join('\n')}\n    ]`;
}

/**
 * schedule_of(name): the schedule of a parameter; None where no rule names it. Raises for a layer that the plan does not
 * have.
 *
 * @param suffix regular expression of what may follow the name
 */
export function scheduleOf(suffix: string): string {
  return `
# Wrappers put these before a name.
_PREFIX = r"(?:_orig_mod\\.|module\\.|params\\.)*"
_SUFFIX = r"${suffix}"
_PATTERNS = [
    (re.compile("^" + _PREFIX + parameter.replace("{layer}", r"(?P<layer>\\d+)") + _SUFFIX + "$"), first, last, schedule)
    for parameter, first, last, schedule in RULES
]


def schedule_of(name):
    """The schedule of a parameter; None where no rule names it. Raises for a layer that the plan does not have."""
    named = False
    for pattern, first, last, schedule in _PATTERNS:
        match = pattern.match(name)
        if match is None:
            continue
        named = True
        if first <= int(match["layer"]) <= last:
            return schedule
    if named:
        raise ValueError(f"{name}: the plan has no such layer; plan again for this model")
    return None`.trimStart();
}

/** _require_all(names): raises if a rule names no parameter. */
export const REQUIRE_ALL: string = `
def _require_all(names):
    for pattern, first, last, _ in _PATTERNS:
        layers = {int(match["layer"]) for match in map(pattern.match, names) if match}
        missing = [layer for layer in range(first, last + 1) if layer not in layers]
        if missing:
            raise ValueError(
                f"no parameter is named {pattern.pattern} in layers {missing}; edit RULES, "
                "or pass complete=False where a process holds only some of the layers"
            )`.trimStart();

/** _split(named_parameters, complete): parameters by schedule, and the rest. */
export const SPLIT: string = `
def _split(named_parameters, complete):
    planned, rest, names = {}, [], []
    for name, parameter in named_parameters:
        names.append(name)
        schedule = schedule_of(name)
        (rest if schedule is None else planned.setdefault(schedule, [])).append(parameter)
    if complete:
        _require_all(names)
    return planned, rest`.trimStart();

/** A file: docstring and imports, then its parts two blank lines apart. */
export function pythonFile(docstring: string, imports: string, ...parts: readonly string[]): string {
  return `${[`${docstring}\n\n${imports}`, ...parts].join('\n\n\n')}\n`;
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Text that cannot end a docstring or a comment. */
function safe(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('"""', "'''");
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
