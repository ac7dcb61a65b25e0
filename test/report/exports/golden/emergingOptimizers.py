"""Muon of Emerging-Optimizers (0.3 or newer) with Newton-Schulz coefficients for every layer.

Written by muonscope for 1B parameters, 4 layers of width 24. Laws: an example. Criterion: output at
least 0.7 at the forecast singular value of quantile 0.5.

Its Muon takes one of eight coefficient presets for all parameters; the subclass below passes the
coefficients of each parameter group to its newton_schulz as "custom", as many steps as there are,
so nothing is cycled or repeated.

Note: A warning with a ''' in it.

Use:

    muon, rest = parameter_groups(model.named_parameters())
    optimizer = PlannedMuon(muon, lr=3e-4, fp32_matmul_prec="highest")
"""

import inspect
import re

from emerging_optimizers.orthogonalized_optimizers import muon_utils
from emerging_optimizers.orthogonalized_optimizers.muon import Muon, get_muon_scale_factor


# Parameter name without its suffix, first layer, last layer (both included), schedule. Edit the names to fit your model.
RULES = [
    (r"model\.layers\.{layer}\.self_attn\.q_proj", 0, 2, "polar-express x5"),  # attn.q
    (r"model\.layers\.{layer}\.self_attn\.q_proj", 3, 3, "cans x6"),  # attn.q
    (r"model\.layers\.{layer}\.mlp\.experts\.\d+\.down_proj", 0, 2, "jordan x5"),  # mlp.down of experts
    (r"model\.layers\.{layer}\.mlp\.experts\.\d+\.down_proj", 3, 3, "cubic5 x5"),  # mlp.down of experts
]

# Triples, one a step.
SCHEDULES = {
    "polar-express x5": [
        (8.123921201985716, -22.228392466916024, 15.66181494517025),
        (4.066395159942775, -2.8611540867551426, 0.5183995226694741),
        (3.9095949044379155, -2.823351735039516, 0.5250369769390025),
        (3.2855640171986153, -2.415301959635945, 0.48529406552790866),
        (2.300652019954817, -1.6689039845747493, 0.4188073119525673),
    ],
    "cans x6": [
        (8.4703, -25.1081, 18.6293),
        (4.1828, -3.1087, 0.5806),
        (3.9619, -2.9541, 0.563),
        (3.2866, -2.4647, 0.5074),
        (2.2737, -1.6447, 0.4162),
        (2.2737, -1.6447, 0.4162),
    ],
    "jordan x5": [
        (3.4445, -4.775, 2.0315),
        (3.4445, -4.775, 2.0315),
        (3.4445, -4.775, 2.0315),
        (3.4445, -4.775, 2.0315),
        (3.4445, -4.775, 2.0315),
    ],
    "cubic5 x5": [
        (3.3656576, -3.3420992, 0),
        (2.5744352, -1.4957376, 0),
        (2.5368962, -1.431257, 0),
        (2.4418906, -1.276404, 0),
        (2.2230472, -0.963065, 0),
    ],
}


# Wrappers put these before a name.
_PREFIX = r"(?:_orig_mod\.|module\.|params\.)*"
_SUFFIX = r"(?:\.weight)?"
_PATTERNS = [
    (re.compile("^" + _PREFIX + parameter.replace("{layer}", r"(?P<layer>\d+)") + _SUFFIX + "$"), first, last, schedule)
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
    return None


def _require_all(names):
    for pattern, first, last, _ in _PATTERNS:
        layers = {int(match["layer"]) for match in map(pattern.match, names) if match}
        missing = [layer for layer in range(first, last + 1) if layer not in layers]
        if missing:
            raise ValueError(
                f"no parameter is named {pattern.pattern} in layers {missing}; edit RULES, "
                "or pass complete=False where a process holds only some of the layers"
            )


def _split(named_parameters, complete):
    planned, rest, names = {}, [], []
    for name, parameter in named_parameters:
        names.append(name)
        schedule = schedule_of(name)
        (rest if schedule is None else planned.setdefault(schedule, [])).append(parameter)
    if complete:
        _require_all(names)
    return planned, rest


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
        return orthogonal * scale * self.extra_scale_factor
