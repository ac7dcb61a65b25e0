/** A subclass of Emerging-Optimizers' Muon whose parameter groups carry their own coefficients. */
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

export function emergingOptimizersFile(data: PlanExport): string {
  const precision = data.precision === 'bf16' ? 'medium' : data.precision === 'tf32' ? 'high' : 'highest';
  return pythonFile(
    docstring(
      data,
      'Muon of Emerging-Optimizers (0.3 or newer) with Newton-Schulz coefficients for every layer.',
      [
        'Its Muon takes one of eight coefficient presets for all parameters; the subclass below passes the coefficients ' +
          'of each parameter group to its newton_schulz as "custom", as many steps as there are, so nothing is cycled or repeated.',
      ],
      [
        'muon, rest = parameter_groups(model.named_parameters())',
        `optimizer = PlannedMuon(muon, lr=3e-4, fp32_matmul_prec="${precision}")`,
      ],
    ),
    'import inspect\nimport re\n\nfrom emerging_optimizers.orthogonalized_optimizers import muon_utils\nfrom emerging_optimizers.orthogonalized_optimizers.muon import Muon, get_muon_scale_factor',
    `${rulesTable(data.rules)}\n\n# Triples, one a step.\n${schedulesTable(data.rules, coefficientList)}`,
    scheduleOf('(?:\\.weight)?'),
    REQUIRE_ALL,
    SPLIT,
    OPTIMIZER,
  );
}

const OPTIMIZER = `
def parameter_groups(named_parameters, complete=True):
    """Groups for PlannedMuon, one a schedule, and the list of all other parameters.

    complete: raise if a rule names no parameter; False where a process holds only some of the layers.
    """
    planned, rest = _split(named_parameters, complete)
    groups = [{"params": planned[name], "ns_coefficients": SCHEDULES[name]} for name in planned]
    return groups, rest


class PlannedMuon(Muon):
    """Muon whose groups say their coefficients: {"params": [...], "ns_coefficients": [(a, b, c), ...]}."""

    def __init__(self, params, *args, **options):
        super().__init__(params, *args, **options)
        defaults = inspect.signature(Muon.__init__).parameters
        for name in ("scale_mode", "extra_scale_factor", "use_syrk"):
            if not hasattr(self, name):  # 0.3 keeps them to itself
                setattr(self, name, options.get(name, defaults[name].default))
                if name == "use_syrk" and self.use_syrk:
                    raise ValueError("use_syrk needs a newer Emerging-Optimizers, which says whether it can be used")

    def orthogonalize(self, p, grad, *, ns_coefficients, **group):
        if grad.ndim != 2:
            raise ValueError(f"expected a matrix, got shape {tuple(grad.shape)}")
        orthogonal = muon_utils.newton_schulz(
            grad,
            steps=len(ns_coefficients),
            coefficient_type="custom",
            custom_coefficient_sets=list(ns_coefficients),
            use_syrk=self.use_syrk,
        )
        scale = get_muon_scale_factor(grad.size(-2), grad.size(-1), mode=self.scale_mode)
        return orthogonal * scale * self.extra_scale_factor`.trimStart();
