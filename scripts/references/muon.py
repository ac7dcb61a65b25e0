"""One step of Muon on one matrix, in NumPy: the definition the reference fixtures are made with.

W (m, n) with m outputs and n inputs, gradient G, momentum M:

    sum:      M <- mu M + G              Nesterov: X = G + mu M             plain: X = M
    average:  M <- mu M + (1 - mu) G     Nesterov: X = (1 - mu) G + mu M    plain: X = M
    X0 = X / (scale ||X||_F + epsilon)
    X <- a X + b (X X^T) X + c (X X^T)^2 X     for each (a, b, c), on the transpose where m > n
    W <- (1 - lr wd) W - lr s X                s: update_scale

Source: Jordan 2024 (https://kellerjordan.github.io/posts/muon/); "rms" from Moonlight, arXiv:2502.16982.
"""
import numpy as np

SCHEDULES = {
    # Jordan 2024, five equal steps.
    "jordan x5": {
        "coefficients": [[3.4445, -4.7750, 2.0315]] * 5,
        "entry": {"normalisation": "frobenius", "scale": 1.0, "epsilon": 1e-7},
    },
    # You 2024, the five steps of arXiv:2606.04058.
    "you5 x5": {
        "coefficients": [
            [4.0848, -6.8946, 2.9270],
            [3.9505, -6.3029, 2.6377],
            [3.7418, -5.5913, 2.3037],
            [2.8769, -3.1427, 1.2046],
            [2.8366, -3.0525, 1.2012],
        ],
        "entry": {"normalisation": "frobenius", "scale": 1.0, "epsilon": 1e-7},
    },
    # Amsel et al. 2025, arXiv:2505.16932, first six of the published list; the entry's scale is not 1.
    "polar-express x6": {
        "coefficients": [
            [8.28721201814563, -23.595886519098837, 17.300387312530933],
            [4.107059111542203, -2.9478499167379106, 0.5448431082926601],
            [3.9486908534822946, -2.908902115962949, 0.5518191394370137],
            [3.3184196573706015, -2.488488024314874, 0.51004894012372],
            [2.300652019954817, -1.6689039845747493, 0.4188073119525673],
            [1.891301407787398, -1.2679958271945868, 0.37680408948524835],
        ],
        "entry": {"normalisation": "frobenius", "scale": 1.01, "epsilon": 1e-7},
    },
}


def update_momentum(momentum, gradient, mu, convention):
    """The new buffer M."""
    if convention == "sum":
        return mu * momentum + gradient
    if convention == "average":
        return mu * momentum + (1 - mu) * gradient
    raise ValueError(f"convention must be sum or average, got {convention}")


def newton_schulz_input(momentum, gradient, mu, convention, nesterov):
    """X: what Newton-Schulz receives, from the new buffer."""
    if not nesterov:
        return momentum
    return (gradient if convention == "sum" else (1 - mu) * gradient) + mu * momentum


def newton_schulz(matrix, schedule):
    """X after every step of `schedule`, shape of `matrix`."""
    entry = schedule["entry"]
    x = matrix / (entry["scale"] * np.sqrt(np.sum(matrix * matrix)) + entry["epsilon"])
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for a, b, c in schedule["coefficients"]:
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if tall else x


def update_scale(shape, kind):
    """s: "original" (Jordan 2024) or "rms" (Moonlight)."""
    rows, columns = shape
    if kind == "original":
        return max(1.0, rows / columns) ** 0.5
    if kind == "rms":
        return 0.2 * max(rows, columns) ** 0.5
    raise ValueError(f"update scale must be original or rms, got {kind}")


def muon_step(weight, momentum, gradient, muon, schedule, rate):
    """One step at learning rate `rate`. Returns (weight, momentum, update); its arguments are not changed."""
    momentum = update_momentum(momentum, gradient, muon["momentum"], muon["convention"])
    x = newton_schulz_input(momentum, gradient, muon["momentum"], muon["convention"], muon["nesterov"])
    update = update_scale(weight.shape, muon["updateScale"]) * newton_schulz(x, schedule)
    return weight * (1 - rate * muon["weightDecay"]) - rate * update, momentum, update
