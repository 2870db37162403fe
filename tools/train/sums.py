"""Decimal sums as a person writes them: `348+27+915=` is answered by `1290`, most significant digit first.

The first digit said depends on every carry, so the sum must be worked out before anything is written: this is what
makes thinking longer worth something. One problem in sixteen is reserved for evaluation, by a hash of its numbers that
does not depend on their order: a held-out sum was not trained on in any arrangement.
"""

import random
from typing import NamedTuple

import torch
from torch import Tensor

from tokens import BEGIN, END, PAD, encode

# count x digits of the largest number
KINDS = ("2x1", "2x2", "2x3", "2x4", "3x1", "3x2", "3x3")
# where training ends up: the hardest kinds get most of the time
WEIGHTS = dict(zip(KINDS, (0.01, 0.04, 0.10, 0.26, 0.03, 0.14, 0.42)))
IGNORED = -100
# positions of the longest sequence, without its last token: begin, 999+999+999=, 2997
WIDTH = 17


class Sum(NamedTuple):
    numbers: tuple[int, ...]

    @property
    def prompt(self) -> str:
        return "+".join(map(str, self.numbers)) + "="

    @property
    def answer(self) -> str:
        return str(sum(self.numbers))


def held_out(numbers: tuple[int, ...]) -> bool:
    """One in sixteen: the numbers in ascending order as base-10000 digits, mixed by the finaliser of SplitMix64."""
    mask = (1 << 64) - 1
    z = 0
    for n in sorted(numbers):
        z = (z * 10_000 + n + 1) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (z ^ (z >> 31)) % 16 == 0


def draw(kind: str, rng: random.Random, reserved: bool = False, full: float = 0.5) -> Sum:
    """A sum of that kind, from the training part or the reserved one. With probability `full` every number has all
    the digits of the kind; otherwise one has, and the others have any length up to it."""
    count, digits = map(int, kind.split("x"))
    while True:
        lengths = [digits] * count
        if rng.random() >= full:
            lengths = [rng.randint(1, digits) for _ in range(count)]
            lengths[rng.randrange(count)] = digits
        numbers = tuple(rng.randint(10 ** (n - 1) if n > 1 else 0, 10**n - 1) for n in lengths)
        if held_out(numbers) == reserved:
            return Sum(numbers)


def mixture(progress: float, ramp: float, kinds: list[str]) -> list[float]:
    """Weights of these kinds: equal at first, the final ones when `progress` (0 … 1) has passed `ramp`."""
    t, final = min(1.0, progress / ramp), sum(WEIGHTS[kind] for kind in kinds)
    return [(1 - t) / len(kinds) + t * WEIGHTS[kind] / final for kind in kinds]


def batch(sums: list[Sum]) -> tuple[Tensor, Tensor]:
    """Inputs and targets, padded on the right to one width; only the answer and the end token count."""
    rows = [([BEGIN, *encode(s.prompt)], [*encode(s.answer), END]) for s in sums]
    inputs = torch.tensor([(p + a[:-1]) + [PAD] * (WIDTH + 1 - len(p) - len(a)) for p, a in rows])
    targets = torch.tensor(
        [[IGNORED] * (len(p) - 1) + a + [IGNORED] * (WIDTH + 1 - len(p) - len(a)) for p, a in rows]
    )
    return inputs, targets


def exact(logits: Tensor, targets: Tensor) -> Tensor:
    """Which rows greedy decoding answers exactly. Teacher forcing decides it: up to the first wrong token the two see
    the same text."""
    return ((logits.argmax(-1) == targets) | (targets == IGNORED)).all(-1)
