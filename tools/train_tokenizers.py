"""Trains the small tokenizers that the tests compare with Hugging Face's library.

    python3 tools/train_tokenizers.py test/engine/resources/tokenizers

needs the package `tokenizers`. The text they are trained on is made up here, from a seed: words of several scripts, numbers, code,
emoji, runs of spaces. Each file is built like those of the family it is named after, with a small vocabulary. The trainer breaks
ties as they fall, so no two runs make the same files.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def corpus(seed, lines):
    draw = random.Random(seed)
    alphabets = [("etaoinshrdlcumwfgypbvk", 60), ("оеаинтсрвлкмдпуяыьгзбч", 8), ("αβγδεζηθικλμνξοπρστυφχψω", 4),
                 ("あいうえおかきくけこさしすせそたちつてとなにぬねの", 4), ("的一是不了人我在有他这中大来上个国", 6), ("가나다라마바사아자차카타파하", 3),
                 ("áéíóúñüçèàâêôß", 5), ("अआइईउऊएऐओकखगघचछजझ", 2)]
    words = []
    for letters, count in alphabets:
        words += ["".join(draw.choice(letters) for _ in range(draw.choice([1, 2, 3, 3, 4, 5, 6, 8]))) for _ in range(count)]
    words += [w.capitalize() for w in words[:20]] + ["don't", "it's", "we'll", "I'm", "they've", "return", "if", "def"]
    ends = [" ", " ", " ", " ", " ", "  ", "\n", ".\n\n", ", ", "; ", " - ", "\t", "    ", "\r\n", "! ", " 😀 ", " 🚀", " == ", "(", ") ", "…"]
    for _ in range(lines):
        text = ""
        for _ in range(draw.randrange(4, 30)):
            text += str(draw.randrange(10 ** draw.randrange(1, 7))) if draw.random() < 0.1 else draw.choice(words)
            text += draw.choice(ends)
        yield text


def byte_level(size, pre_tokenizer, tokens, normalizer=None, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        corpus(size, 3000),
        trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    for token in tokens:
        (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])
    return tokenizer


def special(*texts):
    return [AddedToken(text, special=True, normalized=False) for text in texts]


def sentence_piece(size):
    """As those that are converted from SentencePiece: bytes in the vocabulary, and no token that goes on behind a word."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("▁*[^▁]*"), "isolated")
    first = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    tokenizer.train_from_iterator(
        (line.replace("😀", "").replace("🚀", "") for line in corpus(size, 3000)),
        trainers.BpeTrainer(vocab_size=size, special_tokens=first, limit_alphabet=120, show_progress=False))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def saved(tokenizer, change=lambda file: None):
    file = json.loads(tokenizer.to_str())
    change(file)
    return json.dumps(file, ensure_ascii=False, separators=(",", ":"))


def llama2(file):
    """Only <unk>, <s> and </s> are added tokens; the text is not cut."""
    file["pre_tokenizer"] = None
    file["added_tokens"] = file["added_tokens"][:3]


def metaspace(file):
    llama2(file)
    file["normalizer"] = None
    file["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    split = pre_tokenizers.Split
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)

    gpt2 = byte_level(1200, words, special("<|endoftext|>"))
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)

    llama3 = byte_level(
        1300, pre_tokenizers.Sequence([split(Regex(LLAMA3), "isolated"), bytes_only]),
        special("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"), ignore_merges=True)
    begin = llama3.token_to_id("<|begin_of_text|>")
    llama3.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B", special_tokens=[("<|begin_of_text|>", begin)])])

    qwen = byte_level(
        1250, pre_tokenizers.Sequence([split(Regex(QWEN), "isolated"), bytes_only]),
        special("<|endoftext|>", "<|im_start|>", "<|im_end|>")
        + [AddedToken(text, special=False, normalized=False) for text in ("<tool_call>", "</tool_call>", "<think>", "</think>")],
        normalizer=normalizers.NFC())
    qwen.post_processor = processors.ByteLevel(trim_offsets=False)

    smol = byte_level(
        1150, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), words]),
        special("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>"))

    files = {"gpt2": saved(gpt2), "llama3": saved(llama3), "qwen": saved(qwen), "smollm2": saved(smol),
             "llama2": saved(sentence_piece(900), llama2), "metaspace": saved(sentence_piece(850), metaspace)}
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(text.encode())} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
