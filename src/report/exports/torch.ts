/** Parameter groups for torch.optim.Muon, which repeats one triple a group. */
import type { ExportRule, PlanExport } from './planExport.ts';
import { docstring, pythonFile, REQUIRE_ALL, rulesTable, SPLIT, scheduleOf, schedulesTable } from './python.ts';

/** @param data whose schedules each repeat one triple */
export function torchFile(data: PlanExport): string {
  return pythonFile(
    docstring(
      data,
      'Parameter groups for torch.optim.Muon (2.9 or newer): Newton-Schulz steps for every layer.',
      [
        'torch.optim.Muon repeats one triple (a, b, c) ns_steps times a group, in bfloat16. "triple(s) xN" was designed so ' +
          'that N steps bring a singular value s of the momentum over its norm to the floor, and the larger ones close to 1.',
      ],
      [
        'muon, rest = parameter_groups(model.named_parameters())',
        'optimizers = [torch.optim.Muon(muon, lr=0.02), torch.optim.AdamW(rest, lr=3e-4)]',
      ],
    ),
    'import re',
    `${rulesTable(data.rules)}\n\n# Triple and number of steps.\n${schedulesTable(data.rules, tripleAndSteps)}`,
    scheduleOf('(?:\\.weight)?'),
    REQUIRE_ALL,
    SPLIT,
    GROUPS,
  );
}

function tripleAndSteps({ coefficients }: ExportRule): string {
  return `((${(coefficients[0] ?? []).join(', ')}), ${coefficients.length})`;
}

const GROUPS = `
def parameter_groups(named_parameters, complete=True):
    """Groups for torch.optim.Muon, one a schedule, and the list of all other parameters.

    complete: raise if a rule names no parameter; False where a process holds only some of the layers.
    """
    planned, rest = _split(named_parameters, complete)
    groups = []
    for schedule, parameters in planned.items():
        triple, steps = SCHEDULES[schedule]
        groups.append({"params": parameters, "ns_coefficients": triple, "ns_steps": steps})
    return groups, rest`.trimStart();
