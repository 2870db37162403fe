"""Times a core step of the public implementation on this machine's GPU, for gpu-check: random bfloat16 weights of the full
shape, its own cache, nothing of ours but the clock.

    torch_step.py FOLDER [--lanes 1,8,64] [--context 128] [--rounds 5] [--against results.jsonl]

FOLDER is the user's clone of the public implementation, with its modeling file (raven_modeling_minimal.py). Prints a JSON line a
number of lanes; with the lines of `muninn bench --lines`, our step of as many lanes and the ratio stand in it. Ends with code 77 where there is no GPU for PyTorch, or no PyTorch.
"""

import argparse
import json
import sys
import time
from pathlib import Path

SHAPE = dict(
    n_embd=5280, n_heads=55, intermediate_size=17920, n_layers=8, n_layers_in_prelude=2, n_layers_in_recurrent_block=4,
    n_layers_in_coda=2, vocab_size=65536, block_size=4096, mean_recurrence=32, tie_embeddings=True,
)
SMALL = dict(
    SHAPE, n_embd=64, n_heads=4, intermediate_size=96, n_layers=4, n_layers_in_prelude=1, n_layers_in_recurrent_block=2,
    n_layers_in_coda=1, vocab_size=304, block_size=64,
)


def skip(why):
    print(f"torch: {why}", file=sys.stderr)
    sys.exit(77)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lanes", default="1,8,64")
    parser.add_argument("--context", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, help="lines of muninn bench, of the same shape and device")
    parser.add_argument("--device", default="cuda", help="cpu: a small shape, to try the script")
    given = parser.parse_args()
    try:
        import torch
    except ImportError:
        skip(f"{sys.executable} has no PyTorch")
    if given.device == "cuda" and not torch.cuda.is_available():
        skip("PyTorch sees no GPU")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import compare_public

    folder = next((f.parent for f in sorted(given.folder.rglob("raven_modeling_minimal.py"))), None)
    if folder is None:
        skip(f"{given.folder} has no raven_modeling_minimal.py: name the clone of the public implementation")
    modeling = compare_public.module(folder, "raven_modeling_minimal")
    config_module = compare_public.module(folder, "raven_config_minimal")
    shape = SHAPE if given.device == "cuda" else SMALL
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(given.device):
        model = compare_public.model_class(modeling)(config_module.RavenConfig(**shape)).eval()
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.02)
    context = min(given.context, shape["block_size"] - 1)
    for lanes in map(int, given.lanes.split(",")):
        result = step(torch, model, modeling, shape, lanes, context, given)
        ours = our_step(given.against, lanes, context)
        if ours and result["step_nanos"] > 0:
            result.update(our_step_nanos=ours, ratio=result["step_nanos"] / ours)
        print(json.dumps(result), flush=True)


def our_step(lines, lanes, context):
    """Nanoseconds of our last measured core step of so many lanes after such a context, if there is one."""
    found, of_context = None, None
    for line in lines.read_text().splitlines() if lines else []:
        try:
            row = json.loads(line)
        except ValueError:  # somebody was killed while writing it
            continue
        if row.get("section") == "header":
            of_context = row["context"]
        usual = row.get("section") == "ticks" and row["name"] == "core" and row["lanes"] == lanes
        if usual and of_context == context:
            found = row["nanos"]
    return found


def step(torch, model, modeling, shape, lanes, context, given):
    """Nanoseconds of a recurrence step of so many sequences: a token's time at two depths, each the least of its rounds since
    they are subtracted, and what lies between."""

    def wait():
        if given.device == "cuda":
            torch.cuda.synchronize()

    def token(steps):
        with torch.no_grad():
            prompt = torch.randint(0, shape["vocab_size"], (lanes, context), device=given.device)
            cache = modeling.HuginnDynamicCache()
            out = model(prompt, past_key_values=cache, use_cache=True, num_steps=torch.tensor([steps, 0]),
                        cache_position=torch.arange(context, device=given.device))
            next_token = prompt[:, -1:]
            times = []
            for i in range(given.rounds + 2):
                wait()
                start = time.perf_counter_ns()
                out = model(next_token, past_key_values=out.past_key_values, use_cache=True, num_steps=torch.tensor([steps, 0]),
                            cache_position=torch.tensor([context + i], device=given.device))
                wait()
                times.append(time.perf_counter_ns() - start)
        return min(times[2:])

    few, many = 4, 32
    short, long = token(few), token(many)
    return {
        "section": "torch", "torch": torch.__version__, "lanes": lanes, "context": context,
        "step_nanos": (long - short) / (many - few), "token_nanos_at_32_steps": long,
    }


if __name__ == "__main__":
    main()
