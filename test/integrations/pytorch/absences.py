"""Trainings in which a recorder is not on every rank, or not called there; see ranks.py. WAIT_SECONDS is made short."""

import time
import warnings

import torch
from muons import SingleDeviceMuon
from training import Watch, batch, hidden_and_rest, recorder, tiny_gpt

recorder.WAIT_SECONDS = 0.5
STEPS = 7


def absences(copies_of, shards_of):
    """{case: run(path, rank)}; `copies_of` and `shards_of` make a model of the tiny GPT that its ranks train together."""
    cases = {
        "another before": training(copies_of, before=lambda path: path.replace(".jsonl", "-alone.jsonl")),
        "the same path before": training(copies_of, before=lambda path: path),
        "one alone": training(copies_of, makes=lambda rank: rank == 0),
        "one never calls": training(copies_of, calls=lambda rank, step: rank == 0),
    }
    if shards_of is None:
        return cases
    return {
        **cases,
        "shards, another before": training(shards_of, before=lambda path: path.replace(".jsonl", "-alone.jsonl")),
        "shards, one alone": training(shards_of, makes=lambda rank: rank == 0),
        "shards, one never calls": training(shards_of, calls=lambda rank, step: rank == 0),
        "shards, one stops": training(shards_of, calls=lambda rank, step: rank == 0 or step <= 3),
        "shards, one pauses": training(shards_of, calls=lambda rank, step: rank == 0 or step != 4),
        "shards, one fails": training(shards_of, spoil=lambda optimizer, rank, step: rank == 1 and step == 4 and forget(optimizer)),
    }


def forget(optimizer):
    """The state of a parameter, on this rank alone, as where a checkpoint was loaded badly."""
    optimizer.state[optimizer.param_groups[0]["params"][0]].clear()


def training(made_of, before=None, makes=lambda rank: True, calls=lambda rank, step: True, spoil=None, after=None):
    """run(path, rank) -> (expected, model, {warnings, longest}): seconds of the longest recorder.step().

    after(model), behind the construction of the recorder, gives the loss where `made_of` gives none
    """

    def run(path, rank):
        model = tiny_gpt()
        loss_of = made_of(model)
        hidden = hidden_and_rest(model)[0]
        optimizer = torch.optim.Muon(hidden) if hasattr(hidden[0], "placements") else SingleDeviceMuon(hidden)
        watch, made, seconds = Watch(optimizer, model), [], [0.0]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if before is not None and rank == 0:
                recorder.Recorder(optimizer, before(path), every=3, model=model)
            if makes(rank):
                made.append(recorder.Recorder(optimizer, path, every=3, model=model))
            loss_of = loss_of or after(model)
            for watch.step in range(1, STEPS + 1):
                loss_of(*batch(watch.step, rank)).backward()
                optimizer.step()
                if spoil is not None:
                    spoil(optimizer, rank, watch.step)
                for recording in made if calls(rank, watch.step) else ():
                    begin = time.monotonic()
                    recording.step()
                    seconds.append(time.monotonic() - begin)
                for p in model.parameters():
                    p.grad = None
        said = [str(w.message) for w in caught if "muonscope" in str(w.message)]
        return watch.expected(), model, {"warnings": said, "longest": max(seconds)}

    return run
