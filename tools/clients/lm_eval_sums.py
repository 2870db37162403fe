#!/usr/bin/env python3
"""Evaluates a running `muninn serve` of the bundled model with lm-eval, over the sums that come with it.

    pip install lm_eval[api] transformers
    muninn serve --steps 16 --init-scale 0 &
    tools/clients/lm_eval_sums.py [--url http://127.0.0.1:8000] [--limit 100]

local-completions and local-chat-completions generate answers; the shares that are exact are to be what `muninn eval
--steps 16 --init-scale 0` prints for the same sums. Then local-completions scores the right answers, and each
log-probability is to be that which `muninn logits` gives. Packages that lm-eval imports and none of this needs may be
missing: they are stood in for.
"""

import argparse
import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import types
from pathlib import Path

for name in ("evaluate", "sqlitedict", "jsonlines", "pytablewriter", "word2number", "rouge_score"):
    if importlib.util.find_spec(name) is None:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].SqliteDict = dict

import lm_eval  # noqa: E402
from lm_eval.api.task import ConfigurableTask  # noqa: E402

HOME = Path(__file__).resolve().parent.parent.parent
MODEL = HOME / "weights/raven-sums"


def task(name, file, **more):
    return ConfigurableTask(config={
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(file)}},
        "test_split": "test",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "{{answer}}",
        "target_delimiter": "",
        **more,
    })


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--limit", type=int, default=0, help="only so many sums, spread over the file; default: all")
    parser.add_argument("--muninn", default=str(HOME / "muninn"), help="the command, for comparison; in words")
    parser.add_argument("--steps", type=int, default=16, help="that the server was started with")
    options = parser.parse_args()
    sums = [json.loads(line) for line in (MODEL / "eval.jsonl").open()]
    if options.limit:
        sums = sums[:: max(1, len(sums) // options.limit)][: options.limit]
    folder = Path(tempfile.mkdtemp())
    file = folder / "sums.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in sums))

    generate = {
        "output_type": "generate_until",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 12, "temperature": 0},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    common = f"model=raven-sums,num_concurrent=16,max_retries=1,tokenizer={MODEL},max_length=256"
    shares = {}
    for model, path, template in (
        ("local-completions", "/v1/completions", False),
        ("local-chat-completions", "/v1/chat/completions", True),
    ):
        results = lm_eval.simple_evaluate(
            model=model,
            model_args=f"{common},base_url={options.url}{path},tokenized_requests=False",
            tasks=[task("sums", file, **generate)],
            apply_chat_template=template,
            bootstrap_iters=0,
            log_samples=False,
        )
        shares[model] = results["results"]["sums"]["exact_match,none"]
        print(f"{model}: exact match {shares[model]:.4f} of {len(sums)}")

    command = options.muninn.split()
    given = ["--steps", str(options.steps), "--init-scale", "0"]
    ours = subprocess.run(
        command + ["eval", "--tasks", str(file), "--json"] + given, check=True, capture_output=True, text=True)
    depth = json.loads(ours.stdout)["depths"][0]
    print(f"muninn eval: {depth['accuracy']:.4f} of {depth['total']}")

    scored = lm_eval.simple_evaluate(
        model="local-completions",
        model_args=f"{common},base_url={options.url}/v1/completions,tokenized_requests=True,add_bos_token=True",
        tasks=[task("scores", file, output_type="loglikelihood", metric_list=[
            {"metric": "acc", "aggregation": "mean", "higher_is_better": True}])],
        bootstrap_iters=0,
        log_samples=True,
    )
    print(f"loglikelihood: greedy {scored['results']['scores']['acc,none']:.4f}")
    largest = 0
    samples = scored["samples"]["scores"]
    for sample in samples[len(samples) // 10 :: max(1, len(samples) // 5)]:
        prompt, answer = sample["arguments"][0]
        said = float(sample["filtered_resps"][0][0])
        wanted = score(command, given, prompt, answer)
        largest = max(largest, abs(said - wanted))
        print(f"  {prompt}{answer}: {said:.6f}, muninn logits {wanted:.6f}")
    print(f"largest difference {largest:.2e}")
    same = all(abs(share - depth["accuracy"]) < 1e-9 for share in shares.values())
    return 0 if same and largest < 1e-4 else 1


def score(command, given, prompt, answer):
    """The log-probability of an answer, out of the logits of each position."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(MODEL))
    begin = tokenizer.convert_tokens_to_ids(tokenizer.bos_token)
    before = [begin] + [t for t in tokenizer.encode(prompt, add_special_tokens=False)]
    after = tokenizer.encode(answer, add_special_tokens=False)
    ids = before + after
    out = subprocess.run(
        command + ["logits", "--json", "--tokens", ",".join(map(str, ids))] + given,
        check=True, capture_output=True, text=True)
    logits = json.loads(out.stdout)["logits"]
    total = 0.0
    for place in range(len(before), len(ids)):
        row = logits[place - 1]
        top = max(row)
        total += row[ids[place]] - top - math.log(sum(math.exp(x - top) for x in row))
    return total


if __name__ == "__main__":
    sys.exit(main())
