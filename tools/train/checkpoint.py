"""Hugging Face files: `config.json`, `model.safetensors` (float32, `lm_head` only where it is not tied), the tokenizer."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_file, save_file

import tokens
from model import Raven, Shape


def config(shape: Shape) -> dict:
    more = {"rope_theta": shape.rope_base, "init_values": {"std": shape.std, "embed_scale": 1.0}}
    return {
        "n_embd": shape.n_embd,
        "n_heads": shape.n_heads,
        "n_layers": shape.prelude + shape.core + shape.coda,
        "block_size": shape.block_size,
        "vocab_size": shape.vocab_size,
        "padding_multiple": 1,
        "tie_embeddings": not shape.retrofit,
        "intermediate_size": shape.intermediate_size,
        "bias": False,
        "architecture_class_name": "RecurrentGPT",
        "block_class_name": "SandwichBlock",
        "norm_class_name": "RMSNorm_llama",
        "norm_eps": shape.norm_eps,
        "mlp_class_name": "GatedMLP",
        "nonlin_name": "SiLU",
        "init_strategy": "takase",
        "init_orthogonal": False,
        "state_init": "like-init",
        "injection_type": "linear",
        "n_layers_in_recurrent_block": shape.core,
        "mean_recurrence": shape.mean_recurrence,
        "sampling_scheme": "poisson-lognormal-filling",
        "mean_backprop_depth": 6,
        "n_layers_in_prelude": shape.prelude,
        "n_layers_in_coda": shape.coda,
        "qk_bias": not shape.retrofit,
        "activation_checkpoint_impl": "per-iteration",
        "rope_base": shape.rope_base,
        "num_key_value_heads": shape.n_heads,
        "num_attention_heads": shape.n_heads,
        "head_dim": shape.head_dim,
        "torch_dtype": "float32",
        "model_type": "huginn_raven",
        "architectures": ["RavenForCausalLM"],
        "padded_vocab_size": shape.vocab_size,
        "test_time_noise": 0,
        "test_time_noise_type": "fixed",
        "bos_token_id": tokens.BEGIN,
        "eos_token_id": tokens.END,
        "pad_token_id": tokens.PAD,
        **(more if shape.retrofit else {}),
    }


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Readers see the old file or the new one, never half of one."""
    part = path.with_name(path.name + ".part")
    write(part)
    part.chmod(0o644)  # safetensors makes its files private
    os.replace(part, path)


def export(model: Raven, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.detach().float().contiguous() for name, tensor in model.state_dict().items()}
    documents = {
        "config.json": config(model.shape),
        "tokenizer.json": tokens.tokenizer_json(),
        "tokenizer_config.json": tokens.tokenizer_config(model.shape.block_size),
    }
    for name, document in documents.items():
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_atomically(folder / name, lambda path, text=text: path.write_text(text))
    write_atomically(folder / "model.safetensors", lambda path: save_file(state, path, metadata={"format": "pt"}))


def load(folder: Path) -> Raven:
    c = json.loads((folder / "config.json").read_text())
    shape = Shape(
        n_embd=c["n_embd"],
        n_heads=c["n_heads"],
        intermediate_size=c["intermediate_size"],
        prelude=c["n_layers_in_prelude"],
        core=c["n_layers_in_recurrent_block"],
        coda=c["n_layers_in_coda"],
        vocab_size=c["vocab_size"],
        block_size=c["block_size"],
        mean_recurrence=c["mean_recurrence"],
        rope_base=c["rope_base"],
        norm_eps=c["norm_eps"],
        retrofit=not c["qk_bias"],
    )
    model = Raven(shape)
    state = load_file(folder / "model.safetensors")
    model.load_state_dict(state)
    return model
