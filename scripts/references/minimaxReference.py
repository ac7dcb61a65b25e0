"""Writes fixtures/minimax/compositions.json: optimal compositions of odd polynomials, in 120-digit arithmetic.

Amsel, Persson, Musco, Gower 2025, arXiv:2505.16932, Alg. 1, as the paper states it: Remez' exchange by linear systems
for the quintics, the closed form for the cubics. Shares no formula with src/newtonSchulz/minimax.ts, which solves for
the critical points. Numbers are rounded to float64 at the end.

    python scripts/references/minimaxReference.py fixtures/minimax/compositions.json
"""
import sys

import mpmath as mp
from arrays import write_fixture

mp.mp.dps = 120
STEPS = 10
# From 1e-9 to 0.9, evenly in the logarithm.
LOWER_ENDS = [10 ** (-9 + (9 + float(mp.log10(0.9))) * i / 19) for i in range(20)]
TABLE = [1e-3, 2e-4, 5e-5, 1e-5]
CUSHION = 0.02407327424182761
SAFETY = mp.mpf("1.01")


def minimax_quintic(l, u):
    """(a, b, c) with the smallest largest |p - 1| on [l, u]."""
    q, r, before = (3 * l + u) / 4, (l + 3 * u) / 4, None
    while True:
        rows = [[x, x**3, x**5, sign] for x, sign in ((l, 1), (q, -1), (r, 1), (u, -1))]
        a, b, c, error = mp.lu_solve(mp.matrix(rows), mp.matrix([1, 1, 1, 1]))
        if before is not None and abs(before - error) < mp.mpf(10) ** -100:
            return a, b, c
        before = error
        root = mp.sqrt(9 * b * b - 20 * a * c)
        q, r = mp.sqrt((-3 * b - root) / (10 * c)), mp.sqrt((-3 * b + root) / (10 * c))


def minimax_cubic(l, u):
    alpha = mp.sqrt(3 / (u * u + l * u + l * l))
    beta = 4 / (2 + l * u * (l + u) * alpha**3)
    return 3 * alpha * beta / 2, -(alpha**3) * beta / 2, mp.mpf(0)


def evaluate(step, s):
    a, b, c = step
    return a * s + b * s**3 + c * s**5


def shrunk(step, factor):
    a, b, c = step
    return a / factor, b / factor**3, c / factor**5


def compose(lower, kinds, cushion=0.0, interval_safety=mp.mpf(1)):
    """Steps for [lower, 1], and the lower end after each of them."""
    l, u = mp.mpf(lower), mp.mpf(1)
    steps, guaranteed = [], []
    for k, kind in enumerate(kinds):
        start = max(l, mp.mpf(cushion) * u)
        step = minimax_quintic(start, u) if kind == "quintic" else minimax_cubic(start, u)
        if start > l:
            scale = 2 / (evaluate(step, l) + evaluate(step, u))
            step = tuple(scale * x for x in step)
        if k < len(kinds) - 1:
            step = shrunk(step, interval_safety)
        steps.append(step)
        l = evaluate(step, l)
        u = 2 - l
        guaranteed.append(l)
        if u - l < mp.mpf(10) ** -20:
            break  # the linear systems become singular; every later step is (15/8, -10/8, 3/8)
    return steps, guaranteed


def rounded(steps):
    return [[float(x) for x in step] for step in steps]


def record(lower, kinds, **options):
    steps, guaranteed = compose(lower, kinds, **options)
    return {"lower": lower, "kinds": kinds[: len(steps)], "coefficients": rounded(steps), "guaranteed": [float(x) for x in guaranteed]}


def folded_afterwards(steps):
    return [shrunk(step, SAFETY) for step in steps[:-1]] + [steps[-1]]


def main(path):
    quintics, cubics = ["quintic"] * STEPS, ["cubic"] * STEPS
    mixed = ["quintic", "cubic", "cubic", "quintic", "cubic", "quintic"]
    printed, _ = compose(1e-3, quintics[:8], cushion=CUSHION)
    along, _ = compose(1e-3, quintics[:8], cushion=CUSHION, interval_safety=SAFETY)
    write_fixture(
        path,
        {
            "digits": mp.mp.dps,
            "quintics": [record(l, quintics) for l in LOWER_ENDS + TABLE],
            "cubics": [record(l, cubics) for l in LOWER_ENDS],
            "mixed": [record(l, mixed) for l in LOWER_ENDS],
            "polarExpress": {
                "lower": 1e-3,
                "cushion": CUSHION,
                "safety": float(SAFETY),
                "withoutSafety": rounded(printed),
                "foldedIntoCoefficients": rounded(folded_afterwards(printed)),
                "foldedIntoInterval": rounded(along),
            },
        },
    )


if __name__ == "__main__":
    main(sys.argv[1])
