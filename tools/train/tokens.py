"""The tokenizer: one token a byte (byte-level BPE without merges) and the six special tokens of the family."""

SPECIALS = ("<|begin_text|>", "<|end_text|>", "<|begin_header|>", "<|end_header|>", "<|end_turn|>", "<|pad|>")
BEGIN, END, PAD = 256, 257, 261


def byte_alphabet() -> list[tuple[int, str]]:
    """The printable character that stands for each byte in a byte-level vocabulary, in the vocabulary's order."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in plain]
    return [(b, chr(b)) for b in plain] + [(b, chr(256 + i)) for i, b in enumerate(rest)]


_ID_OF_BYTE = {byte: i for i, (byte, _) in enumerate(byte_alphabet())}


def encode(text: str) -> list[int]:
    return [_ID_OF_BYTE[b] for b in text.encode()]


def tokenizer_json() -> dict:
    """Built like the published tokenizer.json, except that encoding adds only the begin token."""
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    begin = {"SpecialToken": {"id": SPECIALS[0], "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": 256 + i, "content": name, **special} for i, name in enumerate(SPECIALS)],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [begin, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {SPECIALS[0]: {"id": SPECIALS[0], "ids": [BEGIN], "tokens": [SPECIALS[0]]}},
        },
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {character: i for i, (_, character) in enumerate(byte_alphabet())},
            "merges": [],
        },
    }


def tokenizer_config(block_size: int) -> dict:
    """A chat is the sum in its last message: whoever leaves out the `=` gets one."""
    return {
        "bos_token": SPECIALS[0],
        "eos_token": SPECIALS[1],
        "pad_token": SPECIALS[5],
        "chat_template": (
            "{{ bos_token }}"
            "{%- for m in messages -%}{%- if loop.last -%}"
            "{{ m['content'] | trim | replace('=', '') }}{{ '=' }}"
            "{%- endif -%}{%- endfor -%}"
        ),
        "clean_up_tokenization_spaces": False,
        "model_max_length": block_size,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
