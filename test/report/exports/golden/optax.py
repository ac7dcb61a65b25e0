"""A gradient transformation for optax (tested with 0.2.8): Newton-Schulz coefficients for every layer.

Written by muonscope for 1B parameters, 4 layers of width 24. Laws: an example. Criterion: output at
least 0.7 at the forecast singular value of quantile 0.5.

optax.contrib.muon takes a triple (a, b, c) a step. Parameters are named by their path in the tree,
keys joined by dots. An array that stacks the matrices of many layers cannot be planned layer by
layer and is refused.

Note: A warning with a ''' in it.

Use:

    optimizer = muon(0.02, other=optax.adamw(3e-4))
    state = optimizer.init(params)
"""

import re

import jax
import optax


# Parameter name without its suffix, first layer, last layer (both included), schedule. Edit the names to fit your model.
RULES = [
    (r"model\.layers[._]{layer}\.self_attn\.q_proj", 0, 2, "polar-express x5"),  # attn.q
    (r"model\.layers[._]{layer}\.self_attn\.q_proj", 3, 3, "cans x6"),  # attn.q
    (r"model\.layers[._]{layer}\.mlp\.experts\.\d+\.down_proj", 0, 2, "jordan x5"),  # mlp.down of experts
    (r"model\.layers[._]{layer}\.mlp\.experts\.\d+\.down_proj", 3, 3, "you6 x6"),  # mlp.down of experts
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
    "you6 x6": [
        (3.8623046875, -8.111328125, 4.890625),
        (3.6474609375, -6.5244140625, 3.3818359375),
        (3.7099609375, -6.3466796875, 3.1357421875),
        (3.9248046875, -6.2353515625, 2.837890625),
        (2.6142578125, -2.9580078125, 1.134765625),
        (2.12109375, -1.7900390625, 0.666015625),
    ],
}

OTHER = "other"


# Wrappers put these before a name.
_PREFIX = r"(?:_orig_mod\.|module\.|params\.)*"
_SUFFIX = r"(?:\.(?:kernel|weight|w))?"
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
    """optax.contrib.muon with the planned coefficients; `other` takes the parameters that no rule names.

    complete: raise if a rule names no parameter. options go to optax.contrib.muon.
    """
    transforms = {OTHER: other}
    for schedule, coefficients in SCHEDULES.items():
        steps = {"ns_coeffs": tuple(coefficients), "ns_steps": len(coefficients)}
        transforms[schedule] = optax.contrib.muon(learning_rate, **steps, **options)
    return optax.partition(transforms, lambda params: labels(params, complete))
