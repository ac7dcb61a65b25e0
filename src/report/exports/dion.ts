/** One dion.Muon a schedule: microsoft/dion takes its Newton-Schulz as a function of the whole optimizer. */
import type { PlanExport } from './planExport.ts';
import {
  coefficientList,
  docstring,
  pythonFile,
  REQUIRE_ALL,
  rulesTable,
  SPLIT,
  scheduleOf,
  schedulesTable,
} from './python.ts';

const DTYPES = { float32: 'float32', tf32: 'float32', bf16: 'bfloat16', fp16: 'float16' } as const;

export function dionFile(data: PlanExport): string {
  return pythonFile(
    docstring(
      data,
      'Optimizers of microsoft/dion with Newton-Schulz coefficients for every layer.',
      [
        'dion.Muon takes its Newton-Schulz as one function an optimizer, so there is one optimizer a schedule. It hands ' +
          'the momentum over in bfloat16; the products below run in DTYPE.',
      ],
      [
        'muons, rest = optimizers(model.named_parameters(), lr=0.01, distributed_mesh=mesh)',
        'for optimizer in muons:\n        optimizer.step()',
      ],
    ),
    'import re\n\nimport torch',
    `${rulesTable(data.rules)}\n\n# Triples, one a step.\n${schedulesTable(data.rules, coefficientList)}\n\n# Of the matrix products.\nDTYPE = torch.${DTYPES[data.precision]}`,
    scheduleOf('(?:\\.weight)?'),
    REQUIRE_ALL,
    SPLIT,
    OPTIMIZERS,
  );
}

const OPTIMIZERS = `
def newton_schulz(coefficients):
    """The iteration with these triples, as dion calls it: func(X, epsilon); X is (..., m, n)."""

    def orthogonalize(X, epsilon=1e-7):
        Y = X.to(DTYPE)
        tall = Y.size(-2) > Y.size(-1)
        if tall:
            Y = Y.mT
        Y = Y / (Y.norm(dim=(-2, -1), keepdim=True) + epsilon)
        for a, b, c in coefficients:
            A = Y @ Y.mT
            B = b * A + c * (A @ A) if c != 0 else b * A
            Y = a * Y + B @ Y
        return (Y.mT if tall else Y).to(X.dtype)

    return orthogonalize


def optimizers(named_parameters, complete=True, **options):
    """One dion.Muon a schedule, and the list of all other parameters.

    complete: raise if a rule names no parameter; False where a process holds only some of the layers.
    options go to dion.Muon.
    """
    import dion

    planned, rest = _split(named_parameters, complete)
    muons = [
        dion.Muon(parameters, newton_schulz_func=newton_schulz(SCHEDULES[schedule]), **options)
        for schedule, parameters in planned.items()
    ]
    return muons, rest`.trimStart();
