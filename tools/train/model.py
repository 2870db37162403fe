"""The recurrent-depth transformer in PyTorch, with the published layout's tensor names and shapes.

A prelude embeds the tokens, a core is applied to a latent state as often as one likes, a coda reads the state out.
Training needs two things that inference does not: gradients through the last few steps only, and a start that is
sometimes noise, so that what the core converges to does not depend on where it began.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """What the model is made of; `prelude`, `core` and `coda` count blocks."""

    n_embd: int = 128
    n_heads: int = 4
    intermediate_size: int = 384
    prelude: int = 1
    core: int = 1
    coda: int = 1
    vocab_size: int = 264
    block_size: int = 256
    mean_recurrence: int = 16
    rope_base: float = 50000.0
    norm_eps: float = 1e-6
    retrofit: bool = False  # the block, norms and head of a Llama that was given a recurrence, instead of Huginn's

    @property
    def head_dim(self) -> int:
        return self.n_embd // self.n_heads

    @property
    def effective_depth(self) -> int:
        return self.prelude + self.core * self.mean_recurrence + self.coda

    @property
    def std(self) -> float:
        """The width-aware deviation that the initial weights and the initial latent state share."""
        return math.sqrt(2 / (5 * self.n_embd))


def truncated_normal(tensor: Tensor, std: float) -> Tensor:
    return nn.init.trunc_normal_(tensor, std=std, a=-3 * std, b=3 * std)


class RMSNorm(nn.Module):
    def __init__(self, dim: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.float(), x.shape[-1:], self.weight, self.eps)


def rotate(x: Tensor, rotation: Tensor, halves: bool) -> Tensor:
    """RoPE on adjacent pairs or on the two halves of a head, in float32."""
    cos, sin = rotation
    if halves:
        a, b = x.float().chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, a * sin + b * cos], -1)
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        d, self.heads, self.head_dim, self.halves = shape.n_embd, shape.n_heads, shape.head_dim, shape.retrofit
        self.Wqkv = nn.Linear(d, 3 * d, bias=False)
        self.qk_bias = None if shape.retrofit else nn.Parameter(torch.zeros(2, 1, self.heads, self.head_dim))
        self.proj = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor, rotation: Tensor) -> Tensor:  # (B, T, d), (2, T, D/2)
        T = x.shape[1]
        qkv = self.Wqkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # (3, B, H, T, D)
        qk = qkv[:2] if self.qk_bias is None else qkv[:2] + self.qk_bias.transpose(1, 2).unsqueeze(1)
        q, k = rotate(qk, rotation, self.halves)
        # written out, not fused: at this length it is what compiles to the fastest code
        scores = (q @ k.mT).float() * self.head_dim**-0.5
        later = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        y = scores.masked_fill(later, -math.inf).softmax(-1) @ qkv[2]
        return self.proj(y.transpose(1, 2).flatten(-2))


class GatedMLP(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.fc = nn.Linear(shape.n_embd, 2 * shape.intermediate_size, bias=False)
        self.proj = nn.Linear(shape.intermediate_size, shape.n_embd, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.fc(x).chunk(2, dim=-1)
        return self.proj(F.silu(gate) * up)


class SandwichBlock(nn.Module):
    """Norms before and after each half: what keeps a block stable when it is applied dozens of times."""

    def __init__(self, shape: Shape):
        super().__init__()
        d, eps = shape.n_embd, shape.norm_eps
        self.norm_1, self.norm_2 = RMSNorm(d, eps), RMSNorm(d, eps)
        self.norm_3, self.norm_4 = RMSNorm(d, eps), RMSNorm(d, eps)
        self.attn = Attention(shape)
        self.mlp = GatedMLP(shape)

    def forward(self, x: Tensor, rotation: Tensor) -> Tensor:
        x = self.norm_2(self.attn(self.norm_1(x), rotation) + x)
        return self.norm_4(self.mlp(self.norm_3(x)) + x)


class PreNormBlock(nn.Module):
    """A Llama block: norms before each half, and nothing after it."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.norm_1, self.norm_2 = (RMSNorm(shape.n_embd, shape.norm_eps) for _ in range(2))
        self.attn = Attention(shape)
        self.mlp = GatedMLP(shape)

    def forward(self, x: Tensor, rotation: Tensor) -> Tensor:
        x = x + self.attn(self.norm_1(x), rotation)
        return x + self.mlp(self.norm_2(x))


class Raven(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        block = PreNormBlock if shape.retrofit else SandwichBlock
        self.scale = 1.0 if shape.retrofit else math.sqrt(shape.n_embd)  # of embeddings and initial states

        def blocks(n: int) -> nn.ModuleList:
            return nn.ModuleList(block(shape) for _ in range(n))

        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(shape.vocab_size, shape.n_embd),
                "prelude": blocks(shape.prelude),
                "adapter": nn.Linear(2 * shape.n_embd, shape.n_embd, bias=False),
                "core_block": blocks(shape.core),
                "coda": blocks(shape.coda),
                "ln_f": RMSNorm(shape.n_embd, shape.norm_eps),
            }
        )
        self.lm_head = nn.Linear(shape.n_embd, shape.vocab_size, bias=False) if shape.retrofit else None
        frequencies = shape.rope_base ** (-torch.arange(0, shape.head_dim, 2).double() / shape.head_dim)
        angles = torch.arange(shape.block_size).double()[:, None] * frequencies
        self.register_buffer("rotation", torch.stack([angles.cos(), angles.sin()]).float(), persistent=False)
        self.initialise()

    def initialise(self) -> None:
        """Truncated normals; what writes into the residual stream starts smaller, by the depth it will be applied."""
        out = self.shape.std / math.sqrt(2 * self.shape.effective_depth)
        for name, weight in self.named_parameters():
            if name.endswith("mlp.fc.weight"):
                gate, up = weight.data.chunk(2)
                truncated_normal(gate, self.shape.std)
                truncated_normal(up, out)
            elif weight.dim() == 2:
                truncated_normal(weight.data, out if name.endswith("proj.weight") else self.shape.std)

    def initial_state(self, e: Tensor, init_scale: float | Tensor) -> Tensor:
        """The latent state before the first step; `init_scale` may differ from sequence to sequence."""
        noise = truncated_normal(torch.empty_like(e), 1.0)
        return noise * (self.shape.std * self.scale) * init_scale

    def embed(self, tokens: Tensor) -> Tensor:
        x = self.transformer.wte(tokens) * self.scale
        for block in self.transformer.prelude:
            x = block(x, self.rotation[:, : x.shape[1]])
        return x

    def step(self, s: Tensor, e: Tensor) -> Tensor:
        s = self.transformer.adapter(torch.cat([s, e], dim=-1))
        for block in self.transformer.core_block:
            s = block(s, self.rotation[:, : s.shape[1]])
        return s

    def read_out(self, s: Tensor) -> Tensor:
        h = self.transformer.ln_f(s) if self.lm_head is None else s
        for block in self.transformer.coda:
            h = block(h, self.rotation[:, : h.shape[1]])
        h = self.transformer.ln_f(h)
        return F.linear(h, self.transformer.wte.weight) if self.lm_head is None else self.lm_head(h)

    def forward(self, tokens: Tensor, steps: int, gradient_steps: int, init_scale: float | Tensor = 1.0) -> Tensor:
        """Logits after `steps`, of which only the last `gradient_steps` are differentiated."""
        e = self.embed(tokens)
        s = self.initial_state(e, init_scale)
        with torch.no_grad():
            for _ in range(steps - gradient_steps):
                s = self.step(s, e)
        for _ in range(min(steps, gradient_steps)):
            s = self.step(s, e)
        return self.read_out(s)
