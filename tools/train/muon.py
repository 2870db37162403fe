"""Muon: momentum whose update is orthogonalised, for the weights that are matrices (Jordan et al., 2024)."""

import torch
from torch import Tensor


def orthogonalise(g: Tensor, iterations: int = 5) -> Tensor:
    """Pushes the singular values of each matrix towards 1 by a quintic Newton–Schulz iteration."""
    tall = g.shape[-2] > g.shape[-1]
    x = g.mT if tall else g
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """A group may say `parts`: its matrices are stacks of that many (q, k and v; gate and up), treated one by one."""

    def __init__(self, groups: list[dict], lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "parts": 1})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            lr, beta = group["lr"], group["momentum"]
            for p in group["params"]:
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - beta)
                look_ahead = p.grad.lerp(m, beta).unflatten(0, (group["parts"], -1))
                rows, columns = look_ahead.shape[-2:]
                update = orthogonalise(look_ahead) * max(1.0, rows / columns) ** 0.5
                p.mul_(1 - lr * group["weight_decay"]).add_(update.flatten(0, 1), alpha=-lr)
