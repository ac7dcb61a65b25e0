"""Muonscope recorder: singular values of what Newton-Schulz (NS) saw, from inside a PyTorch training loop.

    from muonscope_recorder import Recorder

    recorder = Recorder(optimizer, "spectra.jsonl", every=100, model=model)
    ...
    optimizer.step()
    recorder.step()  # behind optimizer.step(), before the gradients are cleared

Every line of spectra.jsonl is one matrix at one step, in the schema muonscope.spectrum/1: singular values of X / ||X||_F at
fixed quantiles, sigma[ceil(q r) - 1] of the descending spectrum, so that q = 0.9 is small. `muonscope ingest`, `laws` and the
page read it as it is. `apply_plan` goes the other way: it sets a plan's NS steps and coefficients in an optimizer.

What X is. With Nesterov momentum NS sees a blend of the buffer M and the gradient G, M already updated: stage "nesterov".
Without, it sees M: stage "buffer". Each class keeps other things behind; this is what p.grad holds after its step():

    class                                        buffer                    NS sees               p.grad afterwards
    torch.optim.Muon (2.9+)                      momentum_buffer, average  G.lerp(M, mu)         G
    KellerJordan/Muon, its four classes          momentum_buffer, average  G.lerp_(M, mu)        what NS saw
    Moonlight; MuonReference of microsoft/dion   momentum_buffer, sum      G + mu M              G
    Muon, NorMuon of microsoft/dion              momentum, sum             G + mu M, or M        G
    MuonAdamW, DistMuon of nanochat, one rank    stacked, average          G.lerp(M, mu)         G
    the same on several ranks                    stacked, average          the same, G averaged  this rank's own gradient
    nanochat's first Muon, DistMuon              momentum_buffer, average  G.lerp_(M, mu)        what NS saw

A class is recognised by the keys of its parameter groups. Which of these p.grad holds is not believed but seen: two buffers of
consecutive steps tell G, and p.grad is compared with what follows from it, in the first steps (`_Probe`). So a copy of one of
these classes that somebody changed is recorded as it is. If p.grad was cleared, the buffer is recorded, with stage "buffer". If it
holds a rank's own gradient, the blend is computed from two buffers: M + mu (M - M'), M' the one of the step before.

X is taken before it is rounded to bfloat16 for NS; `dtype` is that of the buffer. nanochat since 2026 equalises the norms of
the rows between momentum and NS: pass before_ns=equal_rows to see what NS sees there.

When. The matrices take turns, so that no step measures more than number / every of them: each is seen every `every` steps, at
a step of its own, which its line says, and all of them by step `every`. Nothing is kept from step to step, but for two sums over
each buffer whose turn is next, and the buffer M' where it is needed.

How. "exact": float64 Gram matrix, then its eigenvalues. "moments": traces of powers of Gram matrices, then the distribution of
largest entropy that has them; only matrix products, float32, with errors that each line states (`MOMENT_ERRORS`). "auto" is
exact on processors, and on other devices up to EXACT_UP_TO.

Ranks. Construct the recorder with the same path, and call step(), on every rank. Each matrix is measured once: where ranks hold
copies (DDP) they share the matrices out; where each holds its own (KellerJordan, nanochat) its owner measures; shards (FSDP2, DTensor)
are gathered on one rank, the ranks taking turns. With several ranks every one of them writes its own file, spectra.rank3.jsonl for the
fourth. No rank waits for others longer than WAIT_SECONDS, and none enters a collective that another has not reached. A process group that
comes up after the recorder was made is met at the next step().

A failure never reaches the training loop. It is a warning, once for each kind, and a gap in the file. So is a step() behind which the
momentum is what it was, since NS saw nothing: GradScaler skips optimizer steps, gradients accumulate. The recorder draws no
random numbers of the training and changes no tensor of it.

Needs Python 3.8 and torch 1.13 or newer (2.6 for DTensor), nothing else. https://arxiv.org/abs/2606.04058 is the paper behind the measurement.
"""

import collections
import contextlib
import fnmatch
import glob
import hashlib
import json
import math
import operator
import os
import re
import sys
import time
import warnings

import torch
import torch.distributed as dist

__all__ = ["Recorder", "apply_plan", "equal_rows", "MOMENT_ERRORS", "EXACT_UP_TO"]
__version__ = "0.1.0"

SCHEMA = "muonscope.spectrum/1"
QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

# "auto" measures exactly up to this smaller side. eigvalsh in float64 is slow on GPUs and absent on Apple's; a processor has
# nothing faster. Chosen, not measured: about where an eigenvalue pass on such a device is expected to take 0.1 s.
EXACT_UP_TO = {"cpu": math.inf, "cuda": 1024}
EXACT_UP_TO_ELSEWHERE = 512
# Smaller matrices are always measured exactly: the moments of few values say little, and nothing is saved.
MOMENTS_FROM = 64

# Relative error of "moments" at each of QUANTILES, which 95 of 100 values do not exceed: 384 matrices, buffers and blends of the
# blocks of GPTs of width 128, 256 and 512 at steps 30 to 400 of training with Muon, against "exact". docs/recorder.md has more.
MOMENT_ERRORS = (0.001, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.3, 0.7)

# Longest that a rank waits for the others at one step, and how many such waits in vain end it: what needs them is a gap from there
# on. Ranks come out of one optimizer step together, but for what their processors ran ahead of their devices.
WAIT_SECONDS, WAITS_IN_VAIN = 10, 2


class Recorder:
    """Records spectra of Muon's momentum; see the head of this file.

    optimizer    a Muon, or several optimizers; parameter groups that no Muon runs are left alone
    path         of the file; made with its folders when the first line is written, appended to if it is there
    every        optimizer steps between two lines of one matrix
    model        gives the names of the parameters and the size of the model; wrappers (DDP, compile) do no harm
    run          name of the run in every line; by default that of the file, or of its folder for spectra.jsonl
    matrices     which to record: patterns of parameter names such as "*.mlp.*" ("[3]" behind a name is the fourth of a
                 stack), or a function of the name. By default the six roles attn.q, attn.k, attn.v, attn.o, mlp.up,
                 mlp.down at the four depths nearest to N/4, N/2, 3N/4, N; where some of these are not found, as in a model
                 with fused projections, also what has no known role
    method       "auto", "exact" or "moments"
    start        optimizer steps done before; give it when a job goes on, so that its lines go on too
    params, non_embedding_params    sizes of the model, where they cannot be counted from `model` (pipeline stages)
    momentum_key    name of the buffer in the state of a class that is not known
    before_ns    function of the matrix (m, n) that is applied before it is measured, e.g. equal_rows

    Raises ValueError or TypeError for wrong use here, at construction; step() never raises.
    """

    def __init__(
        self,
        optimizer,
        path,
        every=100,
        model=None,
        *,
        run=None,
        matrices=None,
        method="auto",
        start=0,
        params=None,
        non_embedding_params=None,
        momentum_key=None,
        before_ns=None,
    ):
        self._optimizers = _optimizers("Recorder", optimizer)
        self._every = _whole_number("every", every, 1)
        self.steps = _whole_number("start", start, 0)
        if method not in ("auto", "exact", "moments"):
            raise ValueError(f'Recorder: expected method "auto", "exact" or "moments", got {method!r}')
        if before_ns is not None and not callable(before_ns):
            raise TypeError(f"Recorder: expected before_ns to be a function of a matrix, got {before_ns!r}")
        self._method, self._momentum_key, self._before_ns = method, momentum_key, before_ns
        self._wanted = _filter_of(matrices)
        self._names = _parameter_names("Recorder", self._optimizers, model)
        self._size = _model_size(model, params, non_embedding_params)
        self._matrices = self._find_matrices()
        if not self._matrices:
            raise ValueError(
                "Recorder: expected matrices that Muon updates, found none among the parameter groups of "
                f"{', '.join(type(o).__name__ for o in self._optimizers)}; pass the Muon optimizer and its whole model, patterns in "
                "`matrices` that match names of parameters, and momentum_key if the class is not known"
            )
        self._warned = set()
        self._path = _path_of(path)
        self._run = _run_name(run, self._path)
        self._join_ranks()
        self._probes = [_Probe(optimizer, fresh=self._is_fresh(optimizer)) for optimizer in self._optimizers]
        self._marks = {}  # name -> _mark_of its buffer at the step before its turn
        self._previous = {}  # name -> buffer of the step before, where the blend is computed from two

    def step(self):
        """Call once behind every optimizer.step(), on every rank, before the gradients are cleared."""
        self.steps += 1
        try:
            with torch.no_grad():
                self._advance()
        except Exception as error:  # nothing may reach the training loop
            self._warn("step", f"step {self.steps} was not recorded: {_words(error)}")

    def _join_ranks(self, late=False):
        """Who records with this one, and where; again where the process group comes up only now."""
        self._ranks = _Ranks(self._path, late)
        self._log = _Log(self._path, self._ranks, self._run, self.steps - late, self._warn)
        self._turns = None  # {phase: [(matrix, owner)]}, agreed on at the first step

    def _advance(self):
        if self._ranks.came_later():
            self._join_ranks(late=True)
        if self._turns is None:
            self._turns = {}  # whatever happens, ranks agree only once
            self._turns = self._agree()
        for optimizer, probe in zip(self._optimizers, self._probes):
            if not probe.done:
                self._look_at_gradients(optimizer, probe)
        for matrix, owner in self._turns.get(self._phase(self.steps), ()):
            try:
                self._take(matrix, owner)
            except Exception as error:  # the other matrices have their turn; on shards the other ranks wait for it
                self._warn("matrix", f"{matrix.name} was not recorded at step {self.steps}: {_words(error)}")
        for matrix, _ in self._turns.get(self._phase(self.steps + 1), ()):
            with contextlib.suppress(Exception):  # its turn will say
                self._keep_before(matrix)

    def _phase(self, step):
        return (step - 1) % self._every + 1

    def _agree(self):
        """{phase: [(matrix, owner)]} of the matrices that this rank measures or holds a shard of."""
        matrices = {matrix.name: matrix for matrix in self._matrices}
        offers = [matrix.offer(held=self._holds(matrix)) for matrix in matrices.values()]
        default = self._wanted is None
        shared = self._ranks.agree(
            _thinned(offers) if default else offers,
            lambda offers_of_ranks: _share_out(offers_of_ranks, default, self._every),
            self._warn,
        )
        turns = {}
        for turn in shared:
            matrix = matrices.get(turn["name"])
            if matrix is None or not (matrix.sharded or turn["owner"] == self._ranks.rank):
                continue
            matrix.layers = turn["layers"]
            turns.setdefault(turn["phase"], []).append((matrix, turn["owner"]))
        return turns

    def _find_matrices(self):
        """Every matrix of this rank's optimizers that may be recorded, in the order of the model."""
        found = []
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                layout = _layout_of(optimizer, group, self._momentum_key)
                for parameter in group["params"] if layout else ():
                    name = self._names.get(id(parameter))
                    if name is not None and _is_muons(optimizer, parameter):
                        found.extend(_matrices_of(optimizer, parameter, name, group, layout))
        order = {name: i for i, name in enumerate(self._names.values())}
        found.sort(key=lambda matrix: order[matrix.parameter_name])
        _place(found, list(order))
        return found if self._wanted is None else [matrix for matrix in found if self._wanted(matrix.name)]

    def _state(self, matrix):
        """The matrix's _State now; None where no Muon group of the optimizer has it any more."""
        for group in matrix.optimizer.param_groups:
            if any(parameter is matrix.parameter for parameter in group["params"]):
                layout = _layout_of(matrix.optimizer, group, self._momentum_key)
                return layout and _State(matrix, group, layout, self._ranks)
        return None

    def _holds(self, matrix):
        state = self._state(matrix)
        return state is not None and state.buffer is not None

    def _is_fresh(self, optimizer):
        """Whether the buffers of an optimizer are those before a first step: missing or zero."""
        states = [self._state(matrix) for matrix in self._matrices if matrix.optimizer is optimizer]
        return self.steps == 0 and not any(s.buffer is not None and torch.count_nonzero(s.buffer).item() for s in states)

    def _look_at_gradients(self, optimizer, probe):
        """Finds out what p.grad holds behind the steps of an optimizer, from its smallest matrix."""
        with_nesterov = []
        for matrix in self._matrices:
            state = self._state(matrix) if matrix.optimizer is optimizer else None
            if state is not None and state.nesterov:
                with_nesterov.append((matrix, state))
        if not with_nesterov:
            probe.settle(None)
            return
        there = [(m, state) for m, state in with_nesterov if (self._ranks.meet if m.sharded else state.buffer is not None)]
        if there:
            # Ranks with shards of the same parameters look at the same one, whatever else each of them holds.
            smallest = min(there, key=lambda pair: (not pair[0].sharded, pair[0].parameter.numel(), pair[0].name))
            probe.look(*smallest, self.steps, self._ranks)
        if probe.reason:
            self._warn("gradients", probe.reason)

    def _keep_before(self, matrix):
        """What the next step, its turn, is compared with; where its blend takes two buffers, the first of them."""
        state = self._state(matrix)
        if state is not None and state.buffer is not None:
            self._marks[matrix.name] = _mark_of(state.buffer)
            if self._probe_of(matrix).holds == "previous":
                self._previous[matrix.name] = state.buffer.clone()

    def _probe_of(self, matrix):
        return self._probes[self._optimizers.index(matrix.optimizer)]

    def _take(self, matrix, owner):
        """One matrix's turn. On shards every rank of their mesh comes here at the same step."""
        probe = self._probe_of(matrix)
        if not probe.done:
            return
        if matrix.sharded:
            self._take_shards(matrix, owner, probe)
        elif (self.steps, matrix.name) not in self._log.written:
            seen = self._seen_by_ns(matrix, probe)
            if seen is not None:
                x, stage = self._choose(seen, seen.entries)
                self._record(matrix, matrix.part_of(x), stage, seen.convention)

    def _take_shards(self, matrix, owner, probe):
        """Makes everything ready, and enters the collective once all ranks of the mesh have said that they are."""
        if not self._ranks.meet:
            return
        seen, problem = None, None
        try:
            seen = self._seen_by_ns(matrix, probe)
            shards = seen and _Shards(matrix.parameter, seen.buffer, owner, self._ranks.rank)
        except Exception as error:
            problem = error
        is_ready = problem is None and seen is not None
        told = self._ranks.exchange(f"{self.steps}/{matrix.name}", seen.entries if is_ready else None, _ranks_of(matrix.parameter))
        if problem is not None:
            raise problem
        if told is None:
            self._warn_absent()
        elif None not in told:
            x, stage = self._choose(seen, sum(told))
            whole = shards.gather(x)
            if owner == self._ranks.rank:
                self._record(matrix, matrix.part_of(whole), stage, seen.convention)

    def _choose(self, seen, entries):
        """(X, stage), with the entries of the gradient of all ranks."""
        if entries > 0:
            return (seen.buffer, "buffer") if seen.blend is None else (seen.blend, "nesterov")
        self._warn("gradients", 'p.grad was cleared before recorder.step(); the buffer is recorded, with stage "buffer"')
        return seen.buffer, "buffer"

    def _warn_absent(self):
        ending = "" if self._ranks.meet else "; shards are left out from here on"
        self._warn("absent", f"waited {WAIT_SECONDS} s at step {self.steps} for ranks that did not come; such lines are missing{ending}")

    def _seen_by_ns(self, matrix, probe):
        """What is there of the X of the step just done, see _Seen; None if nothing is."""
        state = self._state(matrix)
        if state is None or state.buffer is None:
            self._warn("momentum", f"{matrix.name} has no momentum at step {self.steps}; such lines are missing")
            return None
        buffer, gradient, mu = state.buffer, state.gradient, state.mu
        previous = self._previous.pop(matrix.name, None)
        if _is_unmoved(self._marks.pop(matrix.name, None), buffer):
            self._warn("unmoved", f"no optimizer step was taken before recorder.step() {self.steps}; such lines are missing")
            return None
        convention = probe.convention or state.layout.convention
        if not state.nesterov or probe.holds is None:
            return _Seen(buffer, None, math.inf, convention)
        if probe.holds == "previous":
            return None if previous is None else _Seen(buffer, buffer + mu * (buffer - previous), math.inf, convention)
        if gradient is None:
            return _Seen(buffer, None, -math.inf, convention)
        entries = int(torch.count_nonzero(gradient))  # none where zero_grad() clears as it did before torch 2
        if probe.holds == "blend":
            return _Seen(buffer, gradient, entries, convention)
        blend = gradient.add(buffer, alpha=mu) if convention == "sum" else torch.lerp(gradient, buffer, mu)
        return _Seen(buffer, blend, entries, convention)

    def _record(self, matrix, x, stage, convention):
        dtype = _DTYPES.get(x.dtype)
        if dtype is None:
            raise TypeError(f"expected momentum in float32, float64, bfloat16 or float16, got {x.dtype}")
        if self._before_ns is not None:
            x = self._before_ns(x)
        spectrum = _measure(x, self._method)
        if spectrum is None:
            self._warn("finite", f"{matrix.name} has entries at step {self.steps} that are not finite; such lines are missing")
            return
        self._log.append(
            {
                "schema": SCHEMA,
                "run": self._run,
                **self._size,
                "step": self.steps,
                "name": matrix.name,
                "role": matrix.role,
                "layer": matrix.layer,
                "layers": matrix.layers,
                "depth": (matrix.layer + 1) / matrix.layers,
                "stage": stage,
                "convention": convention,
                "dtype": dtype,
                "shape": list(x.shape),
                **spectrum,
                **({} if self._before_ns is None else {"beforeNs": getattr(self._before_ns, "__name__", "function")}),
            }
        )

    def _warn(self, kind, message):
        """Once for each kind. A filter that turns warnings into errors must not turn this one, nor a stderr that is closed."""
        if kind in self._warned:
            return
        self._warned.add(kind)
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"muonscope recorder: {message}", RuntimeWarning, stacklevel=2)


# Where an optimizer keeps its momentum


class _Layout:
    """Where the optimizer of a parameter group keeps its momentum.

    buffer, mu    keys of the buffer in the state, and of mu in the group
    convention    "average": M <- mu M + (1 - mu) G; "sum": M <- mu M + G
    nesterov      what a group does that has no key `nesterov`
    stacked       one buffer (k, m, n) a group, in the state of its first parameter: k is the number of parameters, or this
                  rank's share of them, in order
    flat_from     number of dimensions from which on NS sees a tensor as (first, rest); below, as a stack of matrices
    """

    def __init__(self, buffer, mu, convention, nesterov, stacked=False, flat_from=math.inf):
        self.buffer, self.mu, self.convention, self.nesterov = buffer, mu, convention, nesterov
        self.stacked, self.flat_from = stacked, flat_from


def _layout_of(optimizer, group, momentum_key=None):
    """The _Layout of a group, by its keys; None if no Muon runs it. From the sources that the head of this file names."""
    if momentum_key is not None:
        mu = "mu" if "mu" in group else "momentum"
        return _Layout(momentum_key, mu, "average", True) if mu in group else None
    if "mu" in group and "algorithm" in group:  # microsoft/dion: Muon, NorMuon
        flat_from = 3 if group.get("flatten") else math.inf
        return _Layout("momentum", "mu", "sum", False, flat_from=flat_from) if group["algorithm"] in ("muon", "normuon") else None
    if "momentum" not in group or group.get("kind", "muon") != "muon" or not group.get("use_muon", True):
        return None
    if "beta2" in group and "ns_steps" in group:  # nanochat
        return _Layout("momentum_buffer", "momentum", "average", True, stacked=True)
    if "adamw_betas" in group or "adjust_lr" in group:  # Moonlight; microsoft/dion: MuonReference
        return _Layout("momentum_buffer", "momentum", "sum", True, flat_from=3)
    if "ns_coefficients" in group or "muon" in type(optimizer).__name__.lower():  # torch.optim; KellerJordan, nanochat's first
        return _Layout("momentum_buffer", "momentum", "average", True, flat_from=4)
    return None


def _is_muons(optimizer, parameter):
    """Whether Muon updates a parameter of a Muon group: Moonlight and MuonReference say so in its state."""
    state = optimizer.state.get(parameter, {})
    return parameter.ndim >= 2 and state.get("use_muon", True) and state.get("algorithm", "muon") == "muon"


class _State:
    """A matrix's momentum at this moment: this rank's shards.

    buffer      M; None if it is not there, or with another rank
    gradient    what p.grad holds, in the dtype of the buffer; None if it was cleared
    """

    def __init__(self, matrix, group, layout, ranks):
        self.layout, self.mu = layout, float(group[layout.mu])
        self.nesterov = bool(group.get("nesterov", layout.nesterov)) and self.mu > 0
        self.buffer, self.gradient = _buffer_of(matrix, group, layout, ranks), None
        if self.buffer is not None and matrix.parameter.grad is not None:
            self.gradient = _local(matrix.parameter.grad).to(self.buffer.dtype).reshape(self.buffer.shape)


def _buffer_of(matrix, group, layout, ranks):
    keeper = group["params"][0] if layout.stacked else matrix.parameter
    buffer = matrix.optimizer.state.get(keeper, {}).get(layout.buffer)
    if buffer is None or not layout.stacked:
        return None if buffer is None else _local(buffer)
    place = [parameter is matrix.parameter for parameter in group["params"]].index(True) - ranks.rank * len(buffer)
    return buffer[place] if 0 <= place < len(buffer) else None


# This rank's part of what NS may have seen. buffer: M. blend: of it and the gradient, None where there is none. entries: of the gradient
# that are not zero; infinity where X does not rest on it, minus infinity where it is gone. convention: of the buffer.
_Seen = collections.namedtuple("_Seen", ("buffer", "blend", "entries", "convention"))


class _Probe:
    """What p.grad holds behind the steps of one optimizer, seen in its first steps on one matrix.

    holds         "gradient"; "blend", what NS saw; "previous", nothing of use, two buffers tell the blend; None, cleared
    convention    of the buffer, where it was seen
    """

    # The first has no buffer of the step before, unless the optimizer is fresh; zero initialisation makes the next ones empty.
    LOOKS = 10

    def __init__(self, optimizer, fresh):
        self.holds, self.convention, self.done, self.reason = None, None, False, ""
        self._optimizer, self._looks, self._last = optimizer, 0, None
        self._fresh = optimizer.state if fresh else None  # load_state_dict() puts another dictionary in its place

    def look(self, matrix, state, step, ranks):
        """Once a step. On shards every rank of their mesh comes here at the same steps."""
        if state.layout.stacked and ranks.world > 1:
            # From two buffers of 16 bits the blend would be rounding error where it matters.
            self.settle("previous" if torch.finfo(state.buffer.dtype).bits >= 32 else None)
            return
        last = self._last
        if last is None and self._fresh is self._optimizer.state and state.buffer is not None:
            last = torch.zeros_like(state.buffer)
        self._last, self._fresh = None if state.buffer is None else state.buffer.clone(), None
        misfits = None if last is None or state.gradient is None else _misfits(last, state)
        misfits = misfits if misfits is None else misfits.tolist()
        self._looks += 1
        if matrix.sharded:
            told = ranks.exchange(f"{step}/gradient of {matrix.name}", misfits, _ranks_of(matrix.parameter))
            if told is None:
                self.settle(None)
                self.reason = f'waited {WAIT_SECONDS} s for ranks that did not come; the buffer is recorded, with stage "buffer"'
                return
            misfits = None if None in told else [sum(squares) for squares in zip(*told)]
        found = None if misfits is None else _best_claim(misfits)
        if found is not None:
            self.settle(*found)
        elif self._looks == self.LOOKS or (state.gradient is None and not matrix.sharded):
            self.settle(None)
            name = type(matrix.optimizer).__name__
            found = f"p.grad does not fit the momentum of {name}, so it was zeroed, or the rule is not known"
            found = "p.grad was cleared before recorder.step()" if state.gradient is None else found
            self.reason = f'{found}; the buffer is recorded, with stage "buffer"'

    def settle(self, holds, convention=None):
        """convention: that of the buffer as it was seen; None leaves the layout's."""
        self.done, self.holds, self.convention = True, holds, convention


def _mark_of(buffer):
    """(where a buffer lies and how often it was written to, two sums over it): tells whether an optimizer step came between."""
    try:
        place = (buffer.data_ptr(), buffer._version)
    except RuntimeError:  # tensors of inference mode do not count
        place = None
    wide = buffer.float()
    return place, torch.stack([wide.sum(), wide.norm()])


def _is_unmoved(mark, buffer):
    """Whether a buffer is what it was at `mark`. A compiled step may not count what it writes, so that the sums decide."""
    if mark is None or buffer.numel() == 0:  # an empty shard does not tell
        return False
    place, sums = _mark_of(buffer)
    return place == mark[0] and torch.equal(sums, mark[1])


# (what p.grad holds, convention), and the misfit of that claim with D = M - mu M', which is (1 - mu) G or G.
_CLAIMS = (
    ("gradient", "average", lambda d, gradient, buffer, mu: d - (1 - mu) * gradient),
    ("gradient", "sum", lambda d, gradient, buffer, mu: d - gradient),
    ("blend", None, lambda d, gradient, buffer, mu: gradient - (d + mu * buffer)),
)


def _misfits(last, state):
    """Squared norms of M - M', of D and of each claim's misfit; float32 suffices: the claims differ by factors."""
    buffer, gradient = state.buffer.float(), state.gradient.float()
    d = buffer - state.mu * last.float()
    compared = [buffer - last.float(), d, *(claim(d, gradient, buffer, state.mu) for _, _, claim in _CLAIMS)]
    return torch.stack([difference.square().sum() for difference in compared])


def _best_claim(misfits):
    """The claim that fits D to a tenth and three times better than any other; None if none does, or no step was taken. Rounding a
    buffer to bfloat16 moves D by a twentieth at mu = 0.95."""
    moved, size, *squares = misfits
    if not (moved > 0 and 0 < size < math.inf):
        return None
    ranked = sorted((math.sqrt(square / size), i) for i, square in enumerate(squares))
    if not (ranked[0][0] < 0.1 and 3 * ranked[0][0] < ranked[1][0]):
        return None
    return _CLAIMS[ranked[0][1]][:2]


# Names, roles and depths


class _Matrix:
    """One matrix that Muon updates: a parameter, one of a stack, or some rows of one."""

    def __init__(self, optimizer, parameter, parameter_name, suffix="", index=None, rows=None, flat=False, sharded=False):
        self.optimizer, self.parameter, self.parameter_name = optimizer, parameter, parameter_name
        self.name = parameter_name + suffix
        self.index, self.rows, self.flat, self.sharded = index, rows, flat, sharded
        self.role, self.layer, self.layers = parameter_name, 0, 1  # until _place

    def part_of(self, tensor):
        """(m, n), of a tensor of the parameter's shape."""
        if self.flat:
            return tensor.flatten(1)
        if self.index is not None:
            return tensor.flatten(0, -3)[self.index]
        return tensor if self.rows is None else tensor[self.rows[0] : self.rows[1]]

    def offer(self, held):
        """What the ranks tell each other about it."""
        place = {"role": self.role, "layer": self.layer, "layers": self.layers}
        return {"name": self.name, **place, "sharded": self.sharded, "held": held}


def _matrices_of(optimizer, parameter, name, group, layout):
    """The matrices that NS sees in one parameter."""
    sharded, first, local = _shards_of(parameter)
    if parameter.ndim >= layout.flat_from:
        return [_Matrix(optimizer, parameter, name, flat=True, sharded=sharded)]
    if parameter.ndim > 2:
        # A stack that is sharded between its matrices: each rank has whole ones.
        whole_ones = sharded and first is not None
        count = local if whole_ones else math.prod(parameter.shape[:-2])
        return [
            _Matrix(optimizer, parameter, name, f"[{i + (first or 0)}]", index=i, sharded=sharded and not whole_ones)
            for i in range(count)
        ]
    blocks = _row_blocks(parameter, group)
    if blocks is None:
        return [_Matrix(optimizer, parameter, name, sharded=sharded)]
    of_attention = len(blocks) == 3 and re.search(r"qkv|attn|attention", name.lower())
    letters = [".q", ".k", ".v"] if of_attention else [f"[{i}]" for i in range(len(blocks))]
    ends = [sum(blocks[: i + 1]) for i in range(len(blocks))]
    return [
        _Matrix(optimizer, parameter, name, letter, rows=(end - size, end), sharded=sharded)
        for letter, size, end in zip(letters, blocks, ends)
    ]


def _row_blocks(parameter, group):
    """Sizes of the blocks of rows that microsoft/dion orthonormalises one by one; None if it takes the whole."""
    if group.get("split_sizes"):
        return list(group["split_sizes"])
    heads = group.get("num_heads") or 1
    return [parameter.shape[0] // heads] * heads if heads > 1 else None


# Leaf names of parameters, by role. Where a name says nothing alone, the modules it stands in decide.
_LEAVES = {
    "attn.q": ("q", "wq", "w_q", "q_proj", "c_q", "query", "to_q", "q_lin", "query_proj"),
    "attn.k": ("k", "wk", "w_k", "k_proj", "c_k", "key", "to_k", "k_lin", "key_proj"),
    "attn.v": ("v", "wv", "w_v", "v_proj", "c_v", "value", "to_v", "v_lin", "value_proj"),
    "attn.o": ("o", "wo", "w_o", "o_proj", "c_o", "out_proj", "to_out", "out_lin"),
    "mlp.gate": ("gate", "gate_proj", "w_gate", "wi_0"),
    "mlp.up": ("up", "up_proj", "w_up", "c_fc", "fc", "fc1", "fc_in", "dense_h_to_4h", "linear1", "lin1", "w3", "wi", "wi_1"),
    "mlp.down": ("down", "down_proj", "w_down", "fc2", "fc_out", "dense_4h_to_h", "linear2", "lin2", "w2"),
}
_ROLE_OF_LEAF = {leaf: role for role, leaves in _LEAVES.items() for leaf in leaves}
_SIX_ROLES = ("attn.q", "attn.k", "attn.v", "attn.o", "mlp.up", "mlp.down")
_DEPTHS = (0.25, 0.5, 0.75, 1.0)
_WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")


def _clean_name(name):
    """A parameter's name without what wrappers put into it."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _role_of(name, all_names):
    """attn.q, ... of a cleaned parameter name; the name with "*" for its layer where it has no known role."""
    path = re.sub(r"\.weight$", "", name).split(".")
    leaf, modules = path[-1], ".".join(path[:-1]).lower()
    in_attention = re.search(r"attn|attention", modules) is not None
    if leaf in ("c_proj", "proj", "dense"):
        if in_attention:
            return "attn.o"
        return "mlp.up" if modules.endswith("intermediate") else "mlp.down"
    if leaf == "wo" and re.search(r"mlp|ffn|feed_?forward|densereludense", modules):
        return "mlp.down"
    if leaf == "w1":
        return "mlp.gate" if re.sub(r"\bw1\b(?!.*\bw1\b)", "w3", name) in all_names else "mlp.up"
    if leaf in _ROLE_OF_LEAF and not (leaf == "gate" and "moe" in modules):  # that one is a router
        return _ROLE_OF_LEAF[leaf]
    return re.sub(r"(^|\.)\d+(?=\.|$)", r"\1*", name, count=1)


def _layer_of(name):
    """(what stands before it, number) of the first number in a name; (None, 0) where it has none."""
    match = re.search(r"^((?:.*?\.)?)(\d+)(?=\.|$)", name)
    return (match[1], int(match[2])) if match else (None, 0)


def _place(matrices, names):
    """Gives matrices their role, layer and number of layers. `names`: of all parameters of the model."""
    layers = {}
    for name in names:
        prefix, layer = _layer_of(name)
        layers[prefix] = max(layers.get(prefix, 1), layer + 1)
    all_names = set(names)
    for matrix in matrices:
        prefix, matrix.layer = _layer_of(matrix.parameter_name)
        matrix.layers = layers[prefix] if prefix is not None else 1
        matrix.role = _role_of(matrix.parameter_name, all_names)
        if matrix.rows is not None and matrix.name.endswith((".q", ".k", ".v")):
            matrix.role = "attn" + matrix.name[-2:]


def _parameter_names(where, optimizers, model):
    """{id(parameter): cleaned name}, in the order of the model; from the optimizers (torch 2.6+) without a model."""
    if model is not None:
        named = list(model.named_parameters())
    else:
        groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        named = [pair for group in groups for pair in zip(group.get("param_names", ()), group["params"])]
    if not named:
        raise ValueError(f"{where}: expected model=, whose names say what a matrix is, got {model!r}")
    clean = collections.Counter(_clean_name(name) for name, _ in named)
    return {id(parameter): _clean_name(name) if clean[_clean_name(name)] == 1 else name for name, parameter in named}


def _model_size(model, params, non_embedding_params):
    """{"params", "nonEmbeddingParams"}, the second without token and position embeddings and without the head."""
    if model is not None:
        named = dict(model.named_parameters())
        tables = [m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding) and m.weight is not None]
        rows = {table.shape[0] for table in tables}
        outside = {id(table) for table in tables}
        outside |= {id(p) for name, p in named.items() if p.ndim == 2 and p.shape[0] in rows and _layer_of(_clean_name(name))[0] is None}
        params = sum(p.numel() for p in named.values()) if params is None else params
        if non_embedding_params is None:
            non_embedding_params = sum(p.numel() for p in named.values() if id(p) not in outside)
    elif params is None or non_embedding_params is None:
        raise ValueError("Recorder: expected model=, or params= and non_embedding_params=, the size that every line states")
    non_embedding = _whole_number("non_embedding_params", non_embedding_params, 0)
    return {"params": _whole_number("params", params, 1), "nonEmbeddingParams": non_embedding}


# Which matrices, on which rank, when


def _share_out(offers_of_ranks, default, every):
    """[{name, layers, owner, phase}]: every chosen matrix once, owners evenly loaded, phases evenly spread.

    offers_of_ranks    what each rank may record, see _Matrix.offer
    default            choose the six roles at four depths; otherwise all
    """
    merged = {}
    for rank, offers in enumerate(offers_of_ranks):
        for offer in offers:
            entry = merged.setdefault(offer["name"], {**offer, "layers": 1, "ranks": [], "holders": []})
            entry["layers"] = max(entry["layers"], offer["layers"])
            entry["ranks"].append(rank)
            if offer["held"]:
                entry["holders"].append(rank)
    queues = [[] for _ in offers_of_ranks]
    for entry in _default_choice(list(merged.values())) if default else merged.values():
        owner = min(entry["holders"] or entry["ranks"], key=lambda rank: len(queues[rank]))
        queues[owner].append({"name": entry["name"], "layers": entry["layers"], "owner": owner})
    for queue in queues:
        for i, turn in enumerate(queue):
            turn["phase"] = -(-(i + 1) * every // len(queue))
    return [turn for queue in queues for turn in queue]


def _default_choice(offers):
    """The first matrix of each role at each of four depths; see Recorder."""
    places = {}
    for offer in offers:
        places.setdefault(offer["role"], set()).add((offer["layer"], offer["layers"]))
    roles = _SIX_ROLES if all(role in places for role in _SIX_ROLES) else set(places) - {"mlp.gate"}
    wanted = {(role, layer) for role in roles for layer in _layers_at_depths(places[role])}
    return [offer for offer in _thinned(offers) if (offer["role"], offer["layer"]) in wanted]


def _layers_at_depths(places):
    """Of the (layer, layers) that have a role, those nearest to a quarter, half, three quarters and the whole of the depth."""
    in_order = sorted(places)
    return {min(in_order, key=lambda place: abs((place[0] + 1) / place[1] - depth))[0] for depth in _DEPTHS}


def _thinned(offers):
    """The first offer of each role and layer: all that the default choice can take."""
    first = {}
    for offer in offers:
        first.setdefault((offer["role"], offer["layer"]), offer)
    return list(first.values())


def _filter_of(matrices):
    """A function of a name; None for the default choice."""
    if matrices is None or callable(matrices):
        return matrices
    patterns = [matrices] if isinstance(matrices, str) else matrices
    if not (isinstance(patterns, (list, tuple, set)) and all(isinstance(pattern, str) for pattern in patterns)):
        raise TypeError(f"Recorder: expected matrices to be patterns of names or a function of a name, got {matrices!r}")
    # A stack's "[3]" is no set of characters here.
    literal = [re.sub(r"\[(\d+)\]", r"[[]\1]", pattern) for pattern in patterns]
    return lambda name: any(fnmatch.fnmatchcase(name, pattern) for pattern in literal)


# Ranks and shards


class _Ranks:
    """This process among those that train together.

    The ranks meet over the key-value store of the process group, and enter a collective only when all of them are in front of it: one
    that never comes would be waited for as long as collectives wait, or would take the training's own collective for this one. Recorders
    of several ranks belong together by their path, and by how many of that path their rank stepped before, while every rank had one:
    one that is made on a rank alone does not count.

    meet    whether they do; what is sharded takes it
    late    whether the process group came up after the recorder was made: then nobody can know yet who else has one
    """

    def __init__(self, path, late=False):
        self.rank, self.world, self.meet, self._store = 0, 1, False, None
        self._late, self._in_vain, self._read = late, 0, {}  # {ranks: keys of their last exchange}
        if _world_size() > 1:
            self.rank, self.world = dist.get_rank(), dist.get_world_size()
            try:
                self._store = dist.distributed_c10d._get_default_store()
                self._place = f"muonscope/{hashlib.sha256(os.fsencode(os.path.normpath(path))).hexdigest()[:16]}"
                if self._store.add(f"{self._place}/made/{self.rank}", 1) == 1:
                    self._store.add(f"{self._place}/ranks", 1)
            except Exception:  # not a public function: a torch without it records on one rank
                self._store = None

    def came_later(self):
        """Whether there are other ranks now that were not there when this was made."""
        return self.world == 1 and _world_size() > 1

    def file(self, path):
        """spectra.jsonl -> spectra.rank3.jsonl, where there are several ranks."""
        stem, suffix = os.path.splitext(path)
        return path if self.world == 1 else f"{stem}.rank{self.rank}{suffix}"

    def agree(self, offers, decide, warn):
        """decide([offers of rank 0, of rank 1, ...]), the same on every rank. Behind an optimizer step that all ranks took."""
        if self.world == 1:
            return decide([offers])
        ranks = self._present()
        if ranks == self.world:
            self._prefix = f"{self._place}/{self._store.add(f'{self._place}/stepped/{self.rank}', 1)}"
            turns = self.exchange("turns", offers, range(self.world), lambda of_ranks: self._decision(of_ranks, decide, warn))
            if turns is not None:
                self.meet = True
                return turns
        found = f"found {ranks} of {self.world} ranks with a recorder of this path"
        found = f"waited {WAIT_SECONDS} s for recorder.step() on all {self.world} ranks" if ranks == self.world else found
        only = self._only_one()
        warn("ranks", f"{found}: rank {only} records what it holds whole, shards are left out; construct and step it on every rank")
        whole = [offer for offer in offers if not offer["sharded"] and only == self.rank]
        return decide([whole if rank == self.rank else [] for rank in range(self.world)])

    def _present(self):
        """How many ranks have a recorder of this path. Every rank constructed its own before the step that all of them have done,
        and who has not will not, unless the process group came later."""
        if self._store is None:
            return 1
        count = lambda: self._store.add(f"{self._place}/ranks", 0)
        if self._late:
            self._until(lambda: count() >= self.world)
        return count()

    def _only_one(self):
        """The rank that records alone where the ranks do not meet: the first of this path that had to, whatever it makes later, so
        that no two of them record the same."""
        return 0 if self._store is None else int(self._store.compare_set(f"{self._place}/alone", "", str(self.rank)))

    def _decision(self, of_ranks, decide, warn):
        """Always one: the others wait for it."""
        try:
            return decide(of_ranks)
        except Exception as error:
            warn("ranks", f"the ranks could not agree on who records what: {_words(error)}; nothing is recorded")
            return []

    def exchange(self, name, value, ranks, decide=list):
        """decide([value of each of `ranks`]), the same on all of them; None on all of them if one does not come in time.

        The first of them decides. Who has waited in vain decides that nothing comes of it; the store keeps what was first.
        """
        ranks, key = tuple(ranks), f"{self._prefix}/{name}"
        self._store.set(f"{key}/{self.rank}", json.dumps(value))
        self._store.add(f"{key}/come", 1)
        decision = None
        if self.rank != ranks[0]:
            self._until(lambda: self._store.compare_set(f"{key}/decision", "", ""))
        elif self._until(lambda: self._store.add(f"{key}/come", 0) == len(ranks)):
            decision = decide([json.loads(self._store.get(f"{key}/{rank}")) for rank in ranks])
        settled = self._settle(name, decision)
        self._in_vain = 0 if settled is not None else self._in_vain + 1
        self.meet = self.meet and self._in_vain < WAITS_IN_VAIN
        if settled is not None and self.rank == ranks[0]:
            self._forget(ranks, [f"{key}/{last}" for last in ("come", "decision", *ranks)])
        return settled

    def _settle(self, name, decision):
        """What was decided first."""
        return json.loads(self._store.compare_set(f"{self._prefix}/{name}/decision", "", json.dumps(decision)))

    @staticmethod
    def _until(is_there):
        """Looks until something is there, for WAIT_SECONDS; torch before 2.4 cannot wait for a key and go on if none comes."""
        end, pause = time.monotonic() + WAIT_SECONDS, 0.0005
        while True:
            found = is_there()
            if found or time.monotonic() > end:
                return found
            time.sleep(pause)
            pause = min(2 * pause, 0.05)

    def _forget(self, ranks, keys):
        """Takes the last exchange of these ranks out of the store: who is in this one has read it."""
        for key in self._read.get(ranks, ()):
            self._store.delete_key(key)
        self._read[ranks] = keys


def _world_size():
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def _is_dtensor(tensor):
    return hasattr(tensor, "placements") and hasattr(tensor, "to_local")


def _local(tensor):
    return tensor.to_local() if _is_dtensor(tensor) else tensor


def _split_dimensions(tensor):
    """[(dimension of the mesh, placement)] over which a DTensor is not whole."""
    mesh = tensor.device_mesh
    return [(i, p) for i, p in enumerate(tensor.placements) if mesh.size(i) > 1 and not p.is_replicate()]


def _shards_of(parameter):
    """(is it sharded, index of the first local matrix, local matrices); the last two for a stack with whole matrices a rank."""
    split = _split_dimensions(parameter) if _is_dtensor(parameter) else []
    if not split:
        return False, None, 0
    if parameter.ndim == 3 and len(split) == 1 and _is_plain_shard(split[0][1]) and split[0][1].dim == 0:
        chunk = -(-parameter.shape[0] // parameter.device_mesh.size(split[0][0]))
        return True, chunk * parameter.device_mesh.get_local_rank(split[0][0]), _local(parameter).shape[0]
    return True, None, 0


def _is_plain_shard(placement):
    return type(placement).__name__ == "Shard"


def _ranks_of(parameter):
    """Ranks of the mesh that a DTensor lies on."""
    return sorted(parameter.device_mesh.mesh.flatten().tolist())


class _Shards:
    """Room to gather shards on rank `owner`, made before the ranks meet, so that none fails between them.

    One sharded dimension, as in FSDP2 and HSDP: the shards are sent to the owner alone. Otherwise every rank sees the whole.

    like     a DTensor, placed as the shards are
    local    this rank's shard, in the dtype that is sent
    """

    def __init__(self, like, local, owner, rank):
        self._like, self._owner, self._rank, self._sent, self._parts = like, owner, rank, None, None
        split = _split_dimensions(like)
        self._is_simple = len(split) == 1 and _is_plain_shard(split[0][1])
        if not self._is_simple:
            return
        mesh_dimension, placement = split[0]
        self._group, self._dimension = like.device_mesh.get_group(mesh_dimension), placement.dim
        ranks = dist.get_process_group_ranks(self._group)
        if owner not in ranks:
            return  # another copy of the mesh has the owner
        # Chunks of ceil(size / ranks), the last ones shorter or empty: collectives take equal ones.
        shape = list(local.shape)
        shape[self._dimension] = -(-like.shape[self._dimension] // len(ranks))
        self._sent = local.new_zeros(shape)
        self._parts = [torch.empty_like(self._sent) for _ in ranks] if rank == owner else None

    def gather(self, local):
        """The whole tensor on the owner, None on the others. Collective among the ranks of the mesh."""
        like, dimension = self._like, self._dimension if self._is_simple else None
        if not self._is_simple:
            shape = {"shape": like.shape, "stride": like.stride()}
            from torch.distributed.tensor import DTensor  # where it is since torch 2.5

            whole = DTensor.from_local(local, like.device_mesh, like.placements, run_check=False, **shape).full_tensor()
            return whole if self._rank == self._owner else None
        if self._sent is None:
            return None
        self._sent.narrow(dimension, 0, local.shape[dimension]).copy_(local)
        dist.gather(self._sent, self._parts, dst=self._owner, group=self._group)
        return None if self._parts is None else torch.cat(self._parts, dimension).narrow(dimension, 0, like.shape[dimension])


# Spectra


_DTYPES = {
    torch.float32: "float32",
    torch.float64: "float64",
    torch.bfloat16: "bfloat16",
    torch.float16: "float16",
}
# Values below floor * spectral are not resolved. Eigenvalues of a float64 Gram matrix have an error of a few 1e-16 of the largest,
# and 2e-8 is above its root. The moments see down to 1e-6; float32 rounds a matrix by 1e-7 of its norm.
_EXACT = {"method": "gram-eigvalsh-f64", "floor": 2e-8}
_MOMENTS = {"method": "ns-moments-f32", "floor": 1e-6}


def equal_rows(x):
    """x (m, n) with every row scaled to the mean row norm: what nanochat's Muon does between momentum and NS."""
    wide = x.float()
    norms = wide.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return (wide * (wide.norm() / math.sqrt(x.shape[0]) / norms)).to(x.dtype)


def _measure(x, method):
    """The fields of a line that say what the singular values of x (m, n) are; None if an entry is not finite."""
    use = _exact_spectrum if _is_exact(x, method) else _moment_spectrum
    with _full_precision(x.device):
        return use(x)


def _is_exact(x, method):
    smaller = min(x.shape)
    if method != "auto" or smaller < MOMENTS_FROM:
        return method != "moments" or smaller < MOMENTS_FROM
    return smaller <= EXACT_UP_TO.get(x.device.type, EXACT_UP_TO_ELSEWHERE)


def _exact_spectrum(x):
    """Eigenvalues of the float64 Gram matrix of x (m, n): |sigma - exact| <= 2e-8 sigma_1."""
    x = (x.cpu() if x.device.type == "mps" else x).double()  # Apple's GPUs have no float64
    norm = x.norm().item()
    if not math.isfinite(norm):
        return None
    if norm == 0:
        return _summary(0.0, torch.zeros(min(x.shape), dtype=torch.float64), **_EXACT)
    x = x / norm
    gram = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x  # (r, r)
    squares = torch.linalg.eigvalsh(gram).cpu()  # ascending
    return _summary(norm, squares.clamp(0, 1).sqrt().flip(0), **_EXACT)


def _positions(r):
    """Positions ceil(q r) - 1 in the descending spectrum; a product within rounding of an integer counts as it."""
    return [max(math.ceil(q * r * (1 - 4 * sys.float_info.epsilon)), 1) - 1 for q in QUANTILES]


def _summary(norm, sigma, **how):
    """Fields of a line from all singular values of X / ||X||_F, descending, float64, on the processor."""
    spectral = sigma[0].item()
    shares = sigma / sigma.sum() if spectral > 0 else sigma
    entropy = -torch.special.xlogy(shares, shares).sum().item()
    return {
        "frobenius": _rounded(norm),
        "spectral": _rounded(spectral),
        "quantiles": list(QUANTILES),
        "values": [_rounded(sigma[position].item()) for position in _positions(len(sigma))],
        "smallest": _rounded(sigma[-1].item()),
        "stableRank": _rounded(1 / spectral**2) if spectral > 0 else 0.0,
        "effectiveRank": _rounded(math.exp(entropy)) if spectral > 0 else 0.0,
        "outlierShare": _rounded(spectral**2),
        **how,
    }


def _rounded(value):
    """Ten digits: two more than float64 arithmetic on a float32 matrix resolves."""
    return float(f"{value:.10g}")


# Spectra from moments
#
# 1. The BLOCK largest singular values by subspace iteration; their directions are taken out, so that one that holds most of the
#    norm does not hide the rest.
# 2. What is left, scaled to Frobenius norm 1, goes through a few NS steps X <- a X + b A X + c A^2 X, A = X X^T. Before each of
#    them tr A, tr A^2, tr A^3, tr A^4 are taken: sums of p(s)^2, ..., p(s)^8 over the singular values s, where p is the polynomial
#    of the steps so far. Each step lifts small values by about four, so these traces see one scale after the other.
# 3. The distribution on a logarithmic grid that has the largest entropy of all with these traces.
#
# What NS computes anyway would give the traces for nothing (arXiv:2609.33047); a recorder beside it takes its own products.

BLOCK, ROUNDS = 16, 6
LEVELS = (
    # Polar Express, arXiv:2505.16932, its first three steps at l = 1e-3 with cushion 0.0241; the third again from there on.
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
) + 6 * ((3.9486908534822946, -2.908902115962949, 0.5518191394370137),)
POWERS = 4
GRID, GRID_FROM = 800, 1e-7
TRACE_ERRORS = (0.3, 0.03, 3e-3, 1e-3)  # of a trace, relative; float32 has 1e-5, and fitting it brings the quantiles no closer


def _moment_spectrum(x):
    """An estimate from float32 products alone; see above, and MOMENT_ERRORS for how good it is."""
    x = x.float()
    x = x if x.shape[0] <= x.shape[1] else x.T
    scale = x.abs().max()
    x = x / scale.clamp_min(1e-30)
    norm = x.norm()
    x = x / norm.clamp_min(1e-30)
    top, rest = _without_top(x)
    rest_norm = rest.norm()
    traces = _traces(rest / rest_norm.clamp_min(1e-30))
    numbers = torch.cat([torch.stack([scale, norm, rest_norm]), top.flatten(), traces]).cpu().double()
    if not torch.isfinite(numbers).all():
        return None
    scale, norm, rest_norm = numbers[:3].tolist()
    if scale == 0:
        return {**_summary(0.0, torch.zeros(x.shape[0], dtype=torch.float64), **_MOMENTS), "relativeErrors": list(MOMENT_ERRORS)}
    top = torch.linalg.svdvals(numbers[3 : 3 + BLOCK**2].reshape(BLOCK, BLOCK))
    grid, counts = _largest_entropy(numbers[3 + BLOCK**2 :], x.shape[0] - BLOCK)
    rest = _spread(grid, counts, x.shape[0] - BLOCK)
    rest = (rest * (rest_norm / rest.norm())).clamp(max=top[0].item())
    sigma = torch.cat([top, rest]).sort(descending=True).values.clamp(0, 1)
    return {**_summary(scale * norm, sigma, **_MOMENTS), "relativeErrors": list(MOMENT_ERRORS)}


def _without_top(x):
    """(R, rest): singular values of R (BLOCK, BLOCK) are the largest of x (r, n), and rest is x without their directions."""
    generator = torch.Generator().manual_seed(0)  # not the training's
    v = torch.randn(x.shape[1], BLOCK, generator=generator).to(x.device)
    for _ in range(ROUNDS):
        u = _orthonormal(x @ v)[0]
        v, r = _orthonormal(x.T @ u)
    return r, x - (u @ r.T) @ v.T


def _orthonormal(y):
    if y.device.type == "mps":  # has no QR
        return tuple(part.to(y.device) for part in torch.linalg.qr(y.cpu()))
    return torch.linalg.qr(y)


def _traces(x):
    """tr A^j of A = X X^T, j = 1 .. POWERS, before each of LEVELS and behind the last: shape ((levels + 1) * POWERS,)."""
    traces = []
    for level in (*LEVELS, None):
        gram = x @ x.T  # (r, r)
        square = gram @ gram
        traces += [gram.diagonal().sum(), gram.square().sum(), (gram * square).sum(), square.square().sum()]
        if level is not None:
            a, b, c = level
            x = a * x + (b * gram + c * square) @ x
    return torch.stack(traces)


def _trace_functions(s):
    """p(s)^2j of each level and power, shape ((levels + 1) * POWERS, len(s))."""
    functions = []
    for level in (*LEVELS, None):
        functions += [s ** (2 * j) for j in range(1, POWERS + 1)]
        if level is not None:
            a, b, c = level
            s = a * s + b * s**3 + c * s**5
    return torch.stack(functions)


def _largest_entropy(traces, count):
    """(grid, counts): how many of `count` singular values lie at each grid point, ascending.

    Minimises the dual log Z(y) + y.t + |y|^2 / 2, Z the sum of exp(-F^T y) over the grid, both sides in units of the error of each
    trace, by Newton's method with step halving. TRACE_ERRORS lead from coarse to fine; the last that can be met counts, which for a
    spectrum of a few lumps is a coarse one.
    """
    grid = torch.logspace(math.log10(GRID_FROM), 0, GRID, dtype=torch.float64)
    means, values = traces / count, _trace_functions(grid)
    dual, weights, before = torch.zeros_like(means), None, 1.0
    for error in TRACE_ERRORS:
        errors = error * means.clamp_min(1e-30)
        # The same weights in the new units, to start from.
        dual, found, is_met = _minimum(dual * error / before, values / errors[:, None], means / errors)
        if weights is not None and not is_met:
            break
        weights, before = found, error
    return grid, weights * count


def _minimum(dual, functions, targets):
    """(y, weights, whether it is the minimum) of the dual; see _largest_entropy."""

    def value(y):
        exponents = -(functions.T @ y)
        return (torch.logsumexp(exponents, 0) + y @ targets + y @ y / 2).item(), torch.softmax(exponents, 0)

    current, weights = value(dual)
    for _ in range(50):
        centred = functions - (functions @ weights)[:, None]
        gradient = targets - functions @ weights + dual
        hessian = (centred * weights) @ centred.T + torch.eye(len(dual), dtype=torch.float64)
        step = torch.linalg.solve(hessian, -gradient)
        decrease = -(gradient @ step).item()
        if decrease < 1e-4:  # nats; going on fits the traces better and the quantiles no better
            return dual, weights, True
        length = 1.0
        while value(dual + length * step)[0] > current - 1e-4 * length * decrease:
            length /= 2
            if length < 1e-6:
                return dual, weights, False
        dual = dual + length * step
        current, weights = value(dual)
    return dual, weights, False


def _spread(grid, counts, count):
    """`count` singular values, descending, that lie as `counts` on the grid say."""
    from_top = counts.flip(0).cumsum(0) - counts.flip(0) / 2
    wanted = torch.arange(count, dtype=torch.float64) + 0.5
    place = torch.searchsorted(from_top, wanted).clamp(1, len(grid) - 1)
    left, right = from_top[place - 1], from_top[place]
    part = ((wanted - left) / (right - left).clamp_min(1e-300)).clamp(0, 1)
    logs = grid.log().flip(0)
    return (logs[place - 1] + part * (logs[place] - logs[place - 1])).exp()


@contextlib.contextmanager
def _full_precision(device):
    """Products as they are written, whatever the training loop has set: no autocast, no TF32 or bfloat16 in float32's place."""
    kept = [(setting, name, getattr(setting, name)) for setting, name in _PRODUCT_SETTINGS]
    legacy = None if kept else torch.get_float32_matmul_precision()
    try:
        for setting, name, _ in kept:
            setattr(setting, name, "ieee")
        if legacy is not None:
            torch.set_float32_matmul_precision("highest")
        with contextlib.ExitStack() as stack:
            if device.type in ("cpu", "cuda", "xpu"):
                stack.enter_context(torch.autocast(device.type, enabled=False))
            yield
    finally:
        for setting, name, value in kept:
            setattr(setting, name, value)
        if legacy is not None:
            torch.set_float32_matmul_precision(legacy)


def _has_precision(backend):
    try:
        return backend.matmul.fp32_precision is not None
    except (AttributeError, AssertionError):  # torch before 2.9
        return False


# A setting a backend since torch 2.9, which must not be mixed with the older one.
_PRODUCT_SETTINGS = [(b.matmul, "fp32_precision") for b in (torch.backends.cuda, torch.backends.mkldnn) if _has_precision(b)]


# The file


_LONGEST_LINE = 1 << 16  # bytes; lines have some 800


class _Log:
    """A file of JSON lines, appended to in whole lines.

    written    {(step, name)} of this run's lines behind `start`, of all ranks: a restarted job does not write them again
    """

    def __init__(self, path, ranks, run, start, warn):
        self.path, self._warn, self._is_ours = ranks.file(path), warn, True
        self.written = set()
        stem, suffix = os.path.splitext(path)
        for file in {path, self.path, *glob.glob(f"{glob.escape(stem)}.rank*{glob.escape(suffix)}")}:
            try:
                self._read(file, run, start)
            except (OSError, ValueError, RecursionError) as error:
                if file == self.path:
                    self._is_ours = False
                    warn("file", f"{file}: expected a file of {SCHEMA} lines or none, {_words(error)}; nothing is written to it")
        if self.written and start == 0:
            last = max(step for step, _ in self.written)
            warn("start", f"{path} has lines up to step {last}, which are kept; give start= when a job goes on")

    def _read(self, file, run, start):
        """Raises ValueError if the file is something else."""
        if not os.path.isfile(file):
            return
        whole = 0
        with open(file, "rb") as lines:
            for line in iter(lambda: lines.readline(_LONGEST_LINE), b""):
                if not line.endswith(b"\n"):
                    self._cut_off(file, whole, line)
                    return
                record = json.loads(line)
                if not isinstance(record, dict) or record.get("schema") != SCHEMA:
                    raise ValueError(f"got {line[:40]!r}")
                step, name = record.get("step"), record.get("name")
                if record.get("run") == run and isinstance(step, int) and step > start:
                    self.written.add((step, name))
                whole += len(line)

    def _cut_off(self, file, whole, line):
        """A line that a kill cut off is no record: out with it, if it is one of ours."""
        opening = json.dumps({"schema": SCHEMA})[:-1].encode()
        if not (line.startswith(opening) or opening.startswith(line)):
            raise ValueError(f"got {line[:40]!r}")
        if file == self.path:
            os.truncate(file, whole)

    def append(self, record):
        """One line, whole or not at all. A failure is a warning and a gap; the next line is tried again."""
        if not self._is_ours or (record["step"], record["name"]) in self.written:
            return
        line = (json.dumps(record, allow_nan=False) + "\n").encode()
        try:
            os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
            # Not to wait for a reader, if the path is a pipe.
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o666)
            try:
                self._append_whole(file, line)
            finally:
                os.close(file)
        except (OSError, ValueError) as error:  # the latter for a path that no file can have
            self._warn("file", f"{self.path} could not be written: {_words(error)}; lines are missing until it can")
        else:
            self.written.add((record["step"], record["name"]))

    @staticmethod
    def _append_whole(file, line):
        end = os.fstat(file).st_size
        try:
            done = 0
            while done < len(line):
                done += os.write(file, line[done:])
        except OSError:
            if done:
                os.ftruncate(file, end)
            raise


def _path_of(path):
    try:
        text = os.fsdecode(path)
    except TypeError:
        raise TypeError(f"Recorder: expected the path of a file, got {path!r}") from None
    if not text:
        raise ValueError("Recorder: expected the path of a file, got an empty one")
    return text


def _run_name(run, path):
    """`run`, or the name of the file; of its folder for spectra.jsonl, which every run may have. As folders of runs are named."""
    if run is not None:
        if not isinstance(run, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", run):
            raise ValueError(f"Recorder: expected a run of letters, digits, dot, dash and underscore, got {run!r}")
        return run
    folder, file = os.path.split(os.path.abspath(path))
    stem = os.path.splitext(file)[0]
    name = os.path.basename(folder) if stem == "spectra" else stem
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("._-") or "run"


# Plans


def apply_plan(optimizer, plan, model=None, allow_loss=False):
    """Sets the NS steps and coefficients of a plan, the output of `muonscope plan --json`, in an optimizer.

    torch.optim.Muon takes a triple (a, b, c) a parameter group and how often it is repeated; Moonlight, MuonReference of
    microsoft/dion and nanochat's first Muon how often Jordan's triple is; nanochat's later ones how many of their own list. The
    others (KellerJordan/Muon, microsoft/dion) run one schedule for all matrices; `muonscope plan --to dion` writes a file for
    the latter. All multiply in bfloat16.

    Groups are split where their matrices get different schedules; the state of every parameter stays. Call it before a learning
    rate scheduler is made, and before a checkpoint is loaded that was saved with the split groups.

    plan          path of the JSON, or the document as a dict
    model         gives the names of the parameters
    allow_loss    where the optimizer cannot run the plan, run the nearest it can, and warn; without it that is a ValueError and
                  nothing is changed. Nearest: the fewest steps that lift small singular values as far as the plan does

    Returns {"applied": {parameter name: schedule}, "unplanned": [names of matrices that no row of the plan stands for], "losses":
    [sentences], "groups": number of parameter groups}. Raises ValueError, TypeError or OSError, with nothing changed, for a plan that
    cannot be read, one of another model, and an optimizer that cannot run it.
    """
    several = _optimizers("apply_plan", optimizer)
    if len(several) > 1:
        raise TypeError(f"apply_plan: expected one optimizer, got {len(several)}; pass the one that runs Muon")
    (optimizer,) = several
    names = _parameter_names("apply_plan", [optimizer], model)
    matrices = _planned_matrices(optimizer, names)
    row_of, losses = _rows_of(_read_plan(plan), matrices)
    settings, runs, limits = {}, {}, {}
    for matrix in matrices:
        if matrix.name in row_of:
            settings[id(matrix.parameter)], runs[matrix.name], lost = _nearest(matrix, row_of[matrix.name])
            for limit, detail in lost:
                limits.setdefault(limit, collections.Counter())[detail] += 1
    for limit, details in limits.items():
        losses.append(f"{limit}: {', '.join(f'{detail} ({count} matrices)' for detail, count in details.items())}")
    if not runs:
        raise ValueError(f"apply_plan: {_no_rows(optimizer, matrices)}")
    if losses and not allow_loss:
        raise ValueError(
            f"apply_plan: {type(optimizer).__name__} cannot run this plan: {'; '.join(losses)}. Nothing was changed. Plan for this model and "
            "for what its optimizer can run, e.g. muonscope plan --precision bf16 --schedules jordan --json, or pass allow_loss=True"
        )
    _split_groups(optimizer, settings)
    if losses:
        warnings.warn(f"apply_plan: {'; '.join(losses)}", RuntimeWarning, stacklevel=2)
    unplanned = [matrix.name for matrix in matrices if matrix.name not in runs]
    return {"applied": runs, "unplanned": unplanned, "losses": losses, "groups": len(optimizer.param_groups)}


_JORDAN = (3.4445, -4.7750, 2.0315)


def _no_rows(optimizer, matrices):
    name = type(optimizer).__name__
    if not matrices:
        return f"expected an optimizer that runs Muon on matrices of the model, found none among the parameter groups of {name}"
    return (
        f"expected matrices that the plan has rows for, found none among the {len(matrices)} of {name}, the first of which is "
        f"{matrices[0].name} with the role {matrices[0].role}; pass the whole model as model=, and plan for this model"
    )


def _read_plan(plan):
    """Rows of a plan document, of which everything that is used here is there and what it should be."""
    if not isinstance(plan, (dict, str, os.PathLike)):
        raise TypeError(f"apply_plan: expected the path of a plan or the document as a dict, got {type(plan).__name__}")
    if not isinstance(plan, dict):
        file = os.fspath(plan)
        with open(file, encoding="utf-8") as text:
            try:
                plan = json.load(text)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"apply_plan: expected {file} to be JSON, {_words(error)}; write it with muonscope plan --json") from None
    if not isinstance(plan, dict) or plan.get("schema") != "muonscope.plan/1":
        raise ValueError("apply_plan: expected a document of the schema muonscope.plan/1; write one with muonscope plan --json")
    rows = plan.get("layers")
    if not isinstance(rows, list) or not rows:
        raise ValueError("apply_plan: expected a plan with rows in `layers`, found none; write it again with muonscope plan --json")
    for i, row in enumerate(rows):
        _check_row(row, f"layers[{i}]")
    return rows


def _check_row(row, where):
    for path, expected, is_right in _ROW_FIELDS:
        is_optional, keys = path.endswith("?"), path.rstrip("?").split(".")
        if is_optional and not (isinstance(row, dict) and keys[0] in row):
            continue
        value = row
        for key in keys:
            value = value.get(key, _MISSING) if isinstance(value, dict) else _MISSING
        if not is_right(value):
            got = "no such field" if value is _MISSING else repr(value)[:60]
            raise ValueError(
                f"apply_plan: expected {where}.{path.rstrip('?')} of the plan to be {expected}, got {got}; "
                "write it again with muonscope plan --json"
            )
    if "layer" in row and "parameter" not in row:
        raise ValueError(f"apply_plan: expected {where} of the plan, which has a layer, to have a parameter; write it again")


_MISSING = object()


def _is_text(value):
    return isinstance(value, str)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _are_triples(value):
    return isinstance(value, list) and value and all(isinstance(t, list) and len(t) == 3 and all(map(_is_number, t)) for t in value)


def _expression_of(parameter):
    """The names that a row's `parameter` stands for; see the plan's schema."""
    return re.compile(parameter.replace("{layer}", r"(?P<layer>\d+)") + r"(?:\.weight)?")


def _is_expression(value):
    try:
        return _is_text(value) and "layer" in _expression_of(value).groupindex
    except re.error:
        return False


# (path in a row, with "?" where it may be missing; what it has to be; whether it is)
_ROW_FIELDS = (
    ("role", "a name", _is_text),
    ("depth", "a number above 0 and up to 1", lambda value: _is_number(value) and 0 < value <= 1),
    ("schedule.name", "a name", _is_text),
    ("schedule.coefficients", "a list of triples of numbers", _are_triples),
    ("schedule.entry.normalisation", "a name", _is_text),
    ("schedule.entry.scale", "a number above 0", lambda value: _is_number(value) and value > 0),
    ("schedule.precision", "a name", _is_text),
    ("layer?", "a whole number from 0", lambda value: isinstance(value, int) and value >= 0),
    ("parameter?", "a regular expression with {layer} in it", _is_expression),
    ("remedy.name?", "a name", _is_text),
)


def _planned_matrices(optimizer, names):
    """One _Matrix for each parameter that Muon updates: groups hold whole parameters."""
    matrices = [
        _Matrix(optimizer, parameter, names[id(parameter)])
        for group in optimizer.param_groups
        if _layout_of(optimizer, group) is not None
        for parameter in group["params"]
        if id(parameter) in names and _is_muons(optimizer, parameter)
    ]
    _place(matrices, list(names.values()))
    return matrices


def _rows_of(rows, matrices):
    """({name of a matrix: its row}, [a sentence for what of the plan has no matrix, and for what it plans elsewhere but not here]).

    By the patterns of parameter names in the rows of layers, if any of them fits; by role and layer if not. Rows that stand for a
    range of depths are found by role and depth, as the planner counts: the first at or beyond the depth of the layer, or the last.
    """
    patterns = {}
    for row in rows:
        if "layer" in row:
            patterns.setdefault(_expression_of(row["parameter"]), {})[row["layer"]] = row
    found = _rows_by_pattern(patterns, matrices) or _rows_by_role(rows, matrices)
    used = {id(row) for row in found.values()}
    unused = {}
    for row in rows:
        if id(row) not in used and row.get("matrices") != 0:
            unused.setdefault(f"{row['role']} {row.get('part', '')}".strip(), []).append(row.get("layer"))
    missing = {}  # role -> layers
    for matrix in matrices if found else ():
        if matrix.name not in found and any(row["role"] == matrix.role and "part" not in row for row in rows):
            missing.setdefault(matrix.role, []).append(matrix.layer)
    losses = [_unmatched_words("no parameter was found for", role, layers) for role, layers in unused.items()]
    return found, losses + [_unmatched_words("the plan has no row for", role, layers) for role, layers in missing.items()]


def _unmatched_words(what, role, layers):
    where = "" if None in layers else f" of layer{'s' if len(layers) > 1 else ''} {', '.join(map(str, layers[:3]))}"
    return f"{what} {role}{where}{', ...' if len(layers) > 3 else ''}"


def _rows_by_pattern(patterns, matrices):
    found = {}
    for expression, row_of_layer in patterns.items():
        for matrix in matrices:
            match = expression.fullmatch(matrix.name)
            row = match and row_of_layer.get(int(match["layer"]))
            if row:
                found[matrix.name] = row
    return found


def _rows_by_role(rows, matrices):
    found = {}
    for matrix in matrices:
        of_role = [row for row in rows if row["role"] == matrix.role and "part" not in row]
        of_layer = [row for row in of_role if row.get("layer") == matrix.layer]
        depth = (matrix.layer + 1) / matrix.layers
        ranges = sorted((row for row in of_role if "layer" not in row), key=lambda row: row["depth"])
        beyond = [row for row in ranges if row["depth"] >= depth - 1e-9]
        for row in (of_layer or beyond or ranges[-1:])[:1]:
            found[matrix.name] = row
    return found


def _nearest(matrix, row):
    """(settings of its parameter group, what it then runs, [(limit of the optimizer, what it costs this matrix)])."""
    group = next(g for g in matrix.optimizer.param_groups if any(p is matrix.parameter for p in g["params"]))
    schedule = row["schedule"]
    wanted, entry = [tuple(step) for step in schedule["coefficients"]], schedule["entry"]
    losses = []
    if schedule["precision"] != "bf16":
        losses.append(("it multiplies in bfloat16", f"the plan is for {schedule['precision']}"))
    if "remedy" in row:
        losses.append(("it knows no remedy for rounding", f"the plan has {row['remedy']['name']}"))
    knob = _knob_of(matrix.optimizer, group)
    settings, runs = knob.exactly(wanted, entry)
    if settings is None:
        settings, runs = knob.about(math.prod(a for a, _, _ in wanted) / entry["scale"])
        losses.append((knob.limit, f"{runs} in place of {schedule['name']}"))
    return settings, runs, losses


class _Knob:
    """What a parameter group lets one choose of NS.

    limit      of the optimizer, a sentence about it
    name       of what it runs
    triples    function of a number of steps: their triples
    steps      numbers of steps there are; only one: nothing can be chosen
    scales     factors on the norm that it may have
    free       whether the triple can be chosen, one for all steps
    """

    def __init__(self, limit, name, triples, steps, scales=(1,), free=False):
        self.limit, self.name, self.triples, self.steps, self.scales, self.free = limit, name, triples, steps, scales, free

    def exactly(self, wanted, entry):
        """(settings, what it runs) for these triples; (None, None) where it cannot run them."""
        has_entry = entry["normalisation"] == "frobenius" and any(abs(entry["scale"] - scale) < 1e-9 for scale in self.scales)
        if has_entry and len(wanted) in self.steps:
            if _are_close(wanted, self.triples(len(wanted))):
                return self._running(len(wanted))
            if self.free and _are_close(wanted, wanted[:1] * len(wanted)):
                return {"ns_coefficients": wanted[0], "ns_steps": len(wanted)}, f"{wanted[0]} x{len(wanted)}"
        return None, None

    def about(self, slope):
        """The fewest steps with at least this slope at zero, or the most there are."""
        reaching = (n for n in self.steps if math.prod(a for a, _, _ in self.triples(n)) / self.scales[0] >= slope * (1 - 1e-6))
        return self._running(next(reaching, self.steps[-1]))

    def _running(self, count):
        settings = {"ns_steps": count} if len(self.steps) > 1 else {}
        if self.free:
            settings["ns_coefficients"] = self.triples(1)[0]
        return settings, f"{self.name} x{count}" if self.name else "what it was made with"


def _knob_of(optimizer, group):
    jordan = lambda count: [_JORDAN] * count
    if "ns_coefficients" in group:
        return _Knob("it repeats one triple behind the Frobenius norm", "jordan", jordan, range(1, 100), free=True)
    own = getattr(sys.modules.get(type(optimizer).__module__), "polar_express_coeffs", None)
    if "ns_steps" in group and _layout_of(optimizer, group).stacked and own:
        limit = f"it takes the first of the {len(own)} triples in its file"
        return _Knob(limit, "polar_express_coeffs", lambda count: own[:count], range(1, len(own) + 1), scales=(1.01, 1.02))
    if "ns_steps" in group and not _layout_of(optimizer, group).stacked:
        return _Knob("it repeats Jordan's triple", "jordan", jordan, range(1, 100))
    if "mu" in group or "ns_steps" in group:
        return _Knob("it runs one function for all matrices, chosen where it is made", "", lambda count: [(0, 0, 0)], range(1, 2))
    return _Knob("it runs Jordan's five steps for all matrices", "jordan", jordan, range(5, 6))


def _are_close(a, b):
    return len(a) == len(b) and all(abs(x - y) <= 1e-9 * max(1, abs(y)) for p, q in zip(a, b) for x, y in zip(p, q))


def _split_groups(optimizer, settings):
    """Gives parameters their settings, {id(parameter): {key: value}}, splitting groups whose parameters get different ones."""
    parts_of = [(group, _parts(group, settings)) for group in optimizer.param_groups]
    if any(len(parts) > 1 for _, parts in parts_of):
        _require_splittable(optimizer)
    for group, parts in parts_of:
        stacked = _layout_of(optimizer, group) and _layout_of(optimizer, group).stacked
        stacks = _stacks_of(optimizer, group) if stacked and len(parts) > 1 else {}
        params, names = group["params"], group.get("param_names")
        for k, (chosen, places) in enumerate(parts):
            members = [params[i] for i in places]
            if stacks:
                optimizer.state[members[0]] = {key: stack[places].clone() for key, stack in stacks.items()}
            if k == 0:
                group.update(chosen, params=members)
                if names is not None:
                    group["param_names"] = [names[i] for i in places]
                continue
            named = members if names is None else [(names[i], params[i]) for i in places]
            rest = {key: value for key, value in group.items() if key not in ("params", "param_names")}
            optimizer.add_param_group({**rest, **chosen, "params": named})


def _parts(group, settings):
    """[(settings, [places of its parameters])], in order of first appearance; parameters without settings first keep the group."""
    parts = {}
    for place, parameter in enumerate(group["params"]):
        chosen = settings.get(id(parameter), {})
        parts.setdefault(json.dumps(chosen, sort_keys=True), (chosen, []))[1].append(place)
    return sorted(parts.values(), key=lambda part: bool(part[0]))


def _stacks_of(optimizer, group):
    """State tensors of a group that keeps them for all its parameters at the first; taken out of the optimizer."""
    return optimizer.state.pop(group["params"][0], {})


def _require_splittable(optimizer):
    """Raises ValueError where splitting groups would lose something."""
    step = optimizer.step
    if hasattr(step, "_wrapped_by_lr_sched") or hasattr(step, "_with_counter"):
        raise ValueError(
            "apply_plan: expected to come before the learning rate scheduler, which counts the groups, got an optimizer that has one; "
            "make the scheduler after apply_plan"
        )
    several = dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
    owned = [
        _layout_of(optimizer, group).stacked or not all(optimizer.state.get(p) for p in group["params"])
        for group in optimizer.param_groups
        if _layout_of(optimizer, group) is not None and any(optimizer.state.get(p) for p in group["params"])
    ]
    if several and any(owned):
        raise ValueError(
            f"apply_plan: {type(optimizer).__name__} keeps its momentum where the place in the group says, and other ranks hold a part of it; "
            "call apply_plan before the first step"
        )


# Arguments and messages


def _optimizers(where, optimizer):
    """A list of optimizers, each behind what frameworks wrap it in."""
    several = list(optimizer) if isinstance(optimizer, (list, tuple)) else [optimizer]
    if not several:
        raise TypeError(f"{where}: expected a torch.optim.Optimizer or a list of them, got an empty one")
    unwrapped = []
    for one in several:
        while isinstance(getattr(one, "optimizer", None), torch.optim.Optimizer):
            one = one.optimizer
        if not isinstance(one, torch.optim.Optimizer):
            raise TypeError(f"{where}: expected a torch.optim.Optimizer or a list of them, got {type(one).__name__}")
        unwrapped.append(one)
    return unwrapped


def _whole_number(name, value, least):
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # NumPy's integers as well
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"Recorder: expected {name} to be a whole number from {least}, got {value!r}")
    return number


def _words(error):
    """An exception in one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
