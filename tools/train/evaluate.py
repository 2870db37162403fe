"""Exact answers on held-out sums, by kind and number of steps.

    python evaluate.py ../../weights/raven-sums [--init-scale 0]
    python evaluate.py ../../weights/raven-sums --per-kind 110 --write-eval ../../weights/raven-sums/eval.jsonl
"""

import argparse
import json
import random
from pathlib import Path

import torch

import checkpoint
import sums
from model import Raven

STEPS = (1, 2, 4, 8, 16, 32, 64)


def reserved(per_kind: int, seed: int = 7) -> list[tuple[str, sums.Sum]]:
    """Distinct held-out sums of every kind. Small kinds have fewer than asked for; those are taken whole."""
    rng, chosen = random.Random(seed), []
    for kind in sums.KINDS:
        tries = (sums.draw(kind, rng, reserved=True) for _ in range(20 * per_kind))
        chosen += [(kind, s) for s in list(dict.fromkeys(tries))[:per_kind]]
    return chosen


@torch.inference_mode()
def accuracy(model: Raven, problems: list[sums.Sum], steps: int, init_scale: float = 1.0) -> float:
    right = 0
    for i in range(0, len(problems), 256):
        inputs, targets = sums.batch(problems[i : i + 256])
        right += int(sums.exact(model(inputs, steps, 0, init_scale), targets).sum())
    return right / len(problems)


def table(model: Raven, per_kind: int, steps: tuple[int, ...] = STEPS, init_scale: float = 1.0) -> str:
    """A Markdown table of percentages: a line a kind, a column a number of steps."""
    problems = reserved(per_kind)
    lines = ["| kind | problems | " + " | ".join(map(str, steps)) + " |", "| --- |" + " ---: |" * (len(steps) + 1)]
    for kind in sums.KINDS:
        some = [s for k, s in problems if k == kind]
        cells = [f"{100 * accuracy(model, some, r, init_scale):.1f}" for r in steps]
        lines.append(f"| {kind} | {len(some)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model", type=Path)
    p.add_argument("--per-kind", type=int, default=1000)
    p.add_argument("--init-scale", type=float, default=1.0)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--write-eval", type=Path, help="write held-out problems, a JSON object a line, and stop")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    if args.write_eval:
        lines = [
            json.dumps({"prompt": s.prompt, "answer": s.answer, "kind": kind})
            for kind, s in reserved(args.per_kind)
        ]
        args.write_eval.write_text("\n".join(lines) + "\n")
        return
    print(table(checkpoint.load(args.model), args.per_kind, init_scale=args.init_scale))


if __name__ == "__main__":
    main()
