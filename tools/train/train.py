"""Trains a small recurrent-depth model on decimal sums and writes it in the published Hugging Face layout.

    python train.py --minutes 70 --compile --bfloat16 --out ../../weights/raven-sums --state state.pt

The recurrence of every update is drawn from the paper's log-normal Poisson; gradients go through the last few steps
only. The wall clock drives the learning rate (warm-up, constant, linear decay at the end), so a run ends when
it was told to. What it needs to go on (`--resume`) and a usable checkpoint are written every few minutes.
"""

import argparse
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import checkpoint
import sums
from evaluate import table
from model import Raven, Shape
from muon import Muon


def recurrence(rng: np.random.Generator, mean: float, sigma: float, low: int, high: int) -> int:
    """1 + Poisson(log-normal) with the given mean before the bounds: heavy-tailed, rarely shallow."""
    rate = math.exp(rng.normal(math.log(mean) - sigma**2 / 2, sigma))
    return min(max(1 + rng.poisson(rate), low), high)


def schedule(progress: float, decay: float, warm_up: float = 0.01) -> float:
    """The learning rate's factor after a share (0 … 1) of the time."""
    return min(1.0, progress / warm_up, max(0.0, (1 - progress) / decay))


def optimisers(model: Raven, lr: float, matrix_lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, AdamW for embeddings, norms and biases."""
    parts = {"Wqkv": 3, "fc": 2}
    matrices, rest = {1: [], 2: [], 3: []}, []
    for name, p in model.named_parameters():
        inside = p.dim() == 2 and "wte" not in name
        (matrices[parts.get(name.split(".")[-2], 1)] if inside and matrix_lr else rest).append(p)
    groups = [{"params": params, "parts": n} for n, params in matrices.items() if params]
    adam = torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
    return [adam, Muon(groups, lr=matrix_lr, weight_decay=0.01)] if groups else [adam]


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=70, help="wall-clock budget, time before a --resume included")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--out", type=Path, help="folder of the Hugging Face files")
    p.add_argument("--state", type=Path, default=Path("state.pt"), help="all that --resume needs")
    p.add_argument("--resume", action="store_true")
    p.add_argument("--save-every", type=float, default=4, help="minutes")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--n-embd", type=int, default=128)
    p.add_argument("--n-heads", type=int, default=4)
    p.add_argument("--ffn", type=int, default=384)
    p.add_argument("--core", type=int, default=1, help="blocks of the core")
    p.add_argument("--retrofit", action="store_true", help="blocks, norms and head of a Llama that was given a recurrence")
    p.add_argument("--kinds", type=lambda text: text.split(","), default=list(sums.KINDS), help="of sums, such as 2x1,2x2")
    p.add_argument("--batch", type=int, default=192)
    p.add_argument("--lr", type=float, default=1.2e-3, help="AdamW")
    p.add_argument("--matrix-lr", type=float, default=0.012, help="Muon; 0 gives the matrices to AdamW too")
    p.add_argument("--decay", type=float, default=0.64, help="share of the time over which the rates fall to zero")
    p.add_argument("--mean-recurrence", type=float, default=12)
    p.add_argument("--sigma", type=float, default=0.5)
    p.add_argument("--min-recurrence", type=int, default=4)
    p.add_argument("--max-recurrence", type=int, default=24)
    p.add_argument("--gradient-steps", type=int, default=6)
    p.add_argument("--zero-start", type=float, default=0.25, help="share of sequences whose initial state is zero")
    p.add_argument("--ramp", type=float, default=0.15, help="share of the time after which the hard kinds dominate")
    p.add_argument("--full", type=float, default=0.25, help="least share of sums whose numbers are all of full length")
    p.add_argument("--default-steps", type=int, default=16, help="mean_recurrence of the exported config")
    p.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    p.add_argument("--bfloat16", action="store_true", help="matrix products in bfloat16, weights in float32")
    return p.parse_args()


class Training:
    """What changes while training, and how: the model, its optimisers, the sources of chance, the clock."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        shape = Shape(
            args.n_embd,
            args.n_heads,
            args.ffn,
            core=args.core,
            mean_recurrence=args.default_steps,
            retrofit=args.retrofit,
        )
        torch.manual_seed(args.seed)
        self.model = Raven(shape)
        self.optims = optimisers(self.model, args.lr, args.matrix_lr)
        self.full_rates = [[group["lr"] for group in optim.param_groups] for optim in self.optims]
        self.updates, self.loss, before = 0, None, 0.0
        if args.resume:
            state = torch.load(args.state, weights_only=True)
            self.model.load_state_dict(state["model"])
            for optim, saved in zip(self.optims, state["optims"]):
                optim.load_state_dict(saved)
            self.updates, before = state["update"], state["elapsed"]
        seed = args.seed + self.updates
        torch.manual_seed(seed)
        self.rng, self.steps_rng = random.Random(seed), np.random.default_rng(seed)
        self.trained = compiled(self.model) if args.compile else self.model
        self.start = time.time() - before

    @property
    def elapsed(self) -> float:
        return time.time() - self.start

    def update(self) -> None:
        args, progress = self.args, self.elapsed / (self.args.minutes * 60)
        for optim, rates in zip(self.optims, self.full_rates):
            for group, rate in zip(optim.param_groups, rates):
                group["lr"] = rate * schedule(progress, args.decay)
        kinds = self.rng.choices(args.kinds, sums.mixture(progress, args.ramp, args.kinds), k=args.batch)
        inputs, targets = sums.batch([sums.draw(kind, self.rng, full=args.full) for kind in kinds])
        steps = recurrence(self.steps_rng, args.mean_recurrence, args.sigma, args.min_recurrence, args.max_recurrence)
        init_scale = (torch.rand(len(kinds), 1, 1) >= args.zero_start).float()

        with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
            logits = self.trained(inputs, steps, args.gradient_steps, init_scale)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=sums.IGNORED)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optim in self.optims:
            optim.step()
            optim.zero_grad(set_to_none=True)
        self.updates += 1
        self.loss = loss.item() if self.loss is None else 0.98 * self.loss + 0.02 * loss.item()

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optims": [optim.state_dict() for optim in self.optims],
            "update": self.updates,
            "elapsed": self.elapsed,
        }
        checkpoint.write_atomically(self.args.state, lambda path: torch.save(state, path))
        if self.args.out:
            checkpoint.export(self.model, self.args.out)


def compiled(model: Raven) -> Raven:
    """A twin that shares the weights and whose three stages are compiled; the original stays as it is, for evaluation."""
    twin = Raven(model.shape)
    twin.transformer, twin.lm_head = model.transformer, model.lm_head
    for stage in ("embed", "step", "read_out"):
        setattr(twin, stage, torch.compile(getattr(twin, stage), dynamic=False))
    return twin


def main() -> None:
    args = arguments()
    torch.set_num_threads(args.threads)
    run = Training(args)
    print(f"{sum(p.numel() for p in run.model.parameters()):,} parameters", flush=True)
    saved = shown = time.time()
    while run.elapsed < args.minutes * 60:
        run.update()
        if time.time() - shown > 20:
            shown = time.time()
            print(f"{run.elapsed / 60:6.1f} min  update {run.updates:6d}  loss {run.loss:.4f}", flush=True)
        if time.time() - saved > args.save_every * 60:
            saved = time.time()
            run.save()
            print(table(run.model, per_kind=100, steps=(1, 4, args.default_steps)), flush=True)
    run.save()
    print(f"{run.updates} updates in {run.elapsed / 60:.1f} minutes")
    print(table(run.model, per_kind=300))


if __name__ == "__main__":
    main()
