"""The other side of tools/compare: loads the public implementation from where the user has it, and answers.

For each line on standard input it answers all prompts once and prints tokens a second and the tokens. It is made for
transformers 4 and 5: what version 5 no longer does for a model of its own kind is done here.
"""

import importlib
import json
import sys
import time
import types
from pathlib import Path

try:
    import torch
    import transformers
    from safetensors.torch import load_file
except ImportError as e:
    sys.exit(f"compare: {sys.executable} has no {e.name}: name a Python that has PyTorch, transformers and safetensors (--python)")

PACKAGE = "public_raven"
# what the config class derives by itself, or what is not the model's business
NOT_ARGUMENTS = (
    "model_type transformers_version torch_dtype dtype auto_map architectures num_key_value_heads num_attention_heads head_dim "
    "padded_vocab_size test_time_noise test_time_noise_type bos_token_id eos_token_id pad_token_id"
).split()


def module(folder, name):
    """A file of the package, without the package's own start, which wants all of its training code."""
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [str(folder)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{name}")


def model_class(modeling):
    base = modeling.RavenForCausalLM

    class Model(base):
        _tied_weights_keys = {"lm_head.weight": "transformer.wte.weight"}  # a dict from version 5 on

        def _init_weights(self, module):
            pass  # all weights are loaded

        def tie_weights(self, *args, **kwargs):
            if hasattr(self, "lm_head"):
                self.lm_head.weight = self.transformer.wte.weight

        def _get_stops(self, *args, **kwargs):
            return torch.tensor([-1])  # answers go on past stop tokens, on both sides

        def _get_initial_cache_position(self, length, device, model_kwargs):
            model_kwargs["cache_position"] = torch.arange(length, device=device)
            return model_kwargs

        def _update_model_kwargs_for_generation(self, outputs, model_kwargs, *args, **kwargs):
            model_kwargs["past_key_values"] = outputs.past_key_values
            model_kwargs["cache_position"] = model_kwargs["cache_position"][-1:] + 1
            return model_kwargs

    return Model


def load(public, folder, dtype):
    config_class = module(public, "raven_config_minimal").RavenConfig
    raw = json.loads((folder / "config.json").read_text())
    config = config_class(**{key: value for key, value in raw.items() if key not in NOT_ARGUMENTS})
    config.is_encoder_decoder = False
    model = model_class(module(public, "raven_modeling_minimal"))(config)
    weights = {}
    for file in sorted(folder.glob("*.safetensors")):
        weights.update(load_file(file))
    for copy in ("lm_head.weight", "freqs_cis"):
        weights.pop(copy, None)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or set(missing) - {"lm_head.weight", "freqs_cis"}:
        sys.exit(f"compare: {folder} is no checkpoint of the public implementation: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    angles = model.freqs_cis  # stay float32
    model = model.to(dtype)
    model.register_buffer("freqs_cis", angles, persistent=False)
    model.generation_config = transformers.GenerationConfig(do_sample=False, use_cache=True, pad_token_id=0)
    return model.eval()


@torch.inference_mode()
def answer(model, prompt, steps, new_tokens):
    ids = torch.tensor([prompt])
    out = model.generate_minimal(
        ids, max_new_tokens=new_tokens, num_steps=steps, init_scale=0.0, cache_lookup_strategy="full"
    )
    return out[0, len(prompt) :].tolist()


def main():
    public, folder, dtype, threads, steps, new_tokens, prompts = sys.argv[1:]
    torch.set_num_threads(int(threads))
    model = load(Path(public), Path(folder), getattr(torch, dtype))
    prompts = [json.loads(line)["tokens"] for line in Path(prompts).read_text().splitlines()]
    answer(model, prompts[0], int(steps), int(new_tokens))  # warms up
    about = {"torch": torch.__version__, "transformers": transformers.__version__, "dtype": dtype}
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        tokens = [answer(model, prompt, int(steps), int(new_tokens)) for prompt in prompts]
        seconds = time.perf_counter() - start
        said = sum(len(t) for t in tokens)
        print(json.dumps({"tokens_per_second": said / seconds, "tokens": tokens}), flush=True)


if __name__ == "__main__":
    main()
