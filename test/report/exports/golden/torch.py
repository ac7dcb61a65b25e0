"""Parameter groups for torch.optim.Muon (2.9 or newer): Newton-Schulz steps for every layer.

Written by muonscope for 1B parameters, 4 layers of width 24. Laws: an example. Criterion: output at
least 0.7 at the forecast singular value of quantile 0.5.

torch.optim.Muon repeats one triple (a, b, c) ns_steps times a group, in bfloat16. "triple(s) xN"
was designed so that N steps bring a singular value s of the momentum over its norm to the floor,
and the larger ones close to 1.

LOSS: torch repeats one triple (a, b, c) a parameter group.

Note: A warning with a ''' in it.

Use:

    muon, rest = parameter_groups(model.named_parameters())
    optimizers = [torch.optim.Muon(muon, lr=0.02), torch.optim.AdamW(rest, lr=3e-4)]
"""

import re


# Parameter name without its suffix, first layer, last layer (both included), schedule. Edit the names to fit your model.
RULES = [
    (r"model\.layers\.{layer}\.self_attn\.q_proj", 0, 2, "jordan x4"),  # attn.q
    (r"model\.layers\.{layer}\.self_attn\.q_proj", 3, 3, "triple(7.37e-4) x6"),  # attn.q
    (r"model\.layers\.{layer}\.mlp\.experts\.\d+\.down_proj", 0, 2, "jordan x5"),  # mlp.down of experts
    (r"model\.layers\.{layer}\.mlp\.experts\.\d+\.down_proj", 3, 3, "textbook x9"),  # mlp.down of experts
]

# Triple and number of steps.
SCHEDULES = {
    "jordan x4": ((3.4445, -4.775, 2.0315), 4),
    "triple(7.37e-4) x6": ((3.241987, -4.698391, 2.300941), 6),
    "jordan x5": ((3.4445, -4.775, 2.0315), 5),
    "textbook x9": ((2, -1.5, 0.5), 9),
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
    """Groups for torch.optim.Muon, one a schedule, and the list of all other parameters.

    complete: raise if a rule names no parameter; False where a process holds only some of the layers.
    """
    planned, rest = _split(named_parameters, complete)
    groups = []
    for schedule, parameters in planned.items():
        triple, steps = SCHEDULES[schedule]
        groups.append({"params": parameters, "ns_coefficients": triple, "ns_steps": steps})
    return groups, rest
