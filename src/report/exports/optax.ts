/** A gradient transformation for optax: one optax.contrib.muon a schedule, parameters told apart by their path. */
import type { PlanExport } from './planExport.ts';
import {
  coefficientList,
  docstring,
  pythonFile,
  REQUIRE_ALL,
  rulesTable,
  scheduleOf,
  schedulesTable,
} from './python.ts';

export function optaxFile(data: PlanExport): string {
  const rules = data.rules.map((rule) => ({ ...rule, parameter: rule.parameter.replace('\\.{layer}', '[._]{layer}') }));
  return pythonFile(
    docstring(
      data,
      'A gradient transformation for optax (tested with 0.2.8): Newton-Schulz coefficients for every layer.',
      [
        'optax.contrib.muon takes a triple (a, b, c) a step. Parameters are named by their path in the tree, keys joined ' +
          'by dots. An array that stacks the matrices of many layers cannot be planned layer by layer and is refused.',
      ],
      ['optimizer = muon(0.02, other=optax.adamw(3e-4))', 'state = optimizer.init(params)'],
    ),
    'import re\n\nimport jax\nimport optax',
    `${rulesTable(rules)}\n\n# Triples, one a step.\n${schedulesTable(rules, coefficientList)}\n\nOTHER = "other"`,
    scheduleOf('(?:\\.(?:kernel|weight|w))?'),
    REQUIRE_ALL,
    TRANSFORMATION,
  );
}

const TRANSFORMATION = `
def _name(path):
    return ".".join(str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path)


def labels(params, complete=True):
    """The schedule of each leaf, or OTHER."""

    def label(path, leaf):
        schedule = schedule_of(_name(path))
        if schedule is not None and leaf.ndim != 2:
            raise ValueError(f"{_name(path)}: expected a matrix, got shape {leaf.shape}")
        return OTHER if schedule is None else schedule

    if complete:
        _require_all([_name(path) for path, _ in jax.tree_util.tree_leaves_with_path(params)])
    return jax.tree_util.tree_map_with_path(label, params)


def muon(learning_rate, other, complete=True, **options):
    """optax.contrib.muon with the planned coefficients; \`other\` takes the parameters that no rule names.

    complete: raise if a rule names no parameter. options go to optax.contrib.muon.
    """
    transforms = {OTHER: other}
    for schedule, coefficients in SCHEDULES.items():
        steps = {"ns_coeffs": tuple(coefficients), "ns_steps": len(coefficients)}
        transforms[schedule] = optax.contrib.muon(learning_rate, **steps, **options)
    return optax.partition(transforms, lambda params: labels(params, complete))`.trimStart();
