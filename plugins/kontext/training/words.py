"""The two tokenizers: one piece per known word, smaller pieces for anything else."""

import json
import pathlib

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import edits

T5_LENGTH = 16  # Text tokens that the transformer sees; padding is attended, so it must stay fixed.
CLIP_LENGTH = 77

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"
CLIP_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def t5_tokenizer():
    """Unigram: whole words are far likelier than spelling them out."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -6.0)]
    pieces += [("\u2581" + w, -2.0) for w in edits.vocabulary() if len(w) > 1 or w == "a"]
    pieces += [(c, -9.0) for c in LETTERS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def clip_tokenizer():
    """Byte-level pairs with `</w>`, as CLIP's, merged until every known word is one token."""
    start, end = "<|startoftext|>", "<|endoftext|>"
    tokenizer = Tokenizer(models.BPE(unk_token=end, continuing_subword_prefix="", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CLIP_SPLIT), behavior="removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4000, min_frequency=1, special_tokens=[start, end], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), end_of_word_suffix="</w>",
    )
    marks = [c for c in LETTERS + "\"():;&/"] * 2
    tokenizer.train_from_iterator(edits.vocabulary() + marks, trainer)
    # The trainer gives `</w>` forms only to letters it met at a word's end; every byte needs one.
    state = json.loads(tokenizer.to_str())
    vocab = state["model"]["vocab"]
    for byte in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocab.setdefault(byte + "</w>", len(vocab))
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", pair=f"{start} $A {end} $B {end}", special_tokens=[(start, 0), (end, 1)]
    )
    return tokenizer


def save(folder):
    """Writes `tokenizer/` (CLIP) and `tokenizer_2/` (T5) below `folder`."""
    for name, tokenizer, config in (
        ("tokenizer", clip_tokenizer(), {
            "tokenizer_class": "CLIPTokenizer", "model_max_length": CLIP_LENGTH, "bos_token": "<|startoftext|>",
            "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "do_lower_case": True,
        }),
        ("tokenizer_2", t5_tokenizer(), {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": T5_LENGTH, "eos_token": "</s>",
            "pad_token": "<pad>", "unk_token": "<unk>",
        }),
    ):
        target = pathlib.Path(folder) / name
        target.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(target / "tokenizer.json"))
        (target / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
        if name == "tokenizer":
            model = json.loads(tokenizer.to_str())["model"]
            (target / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
            merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
            (target / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))


def encode(tokenizer, text, length, pad):
    """Ids cut or padded to `length`, the end mark kept."""
    ids = tokenizer.encode(text).ids
    if len(ids) > length:
        ids = ids[: length - 1] + [1]
    return ids + [pad] * (length - len(ids))


if __name__ == "__main__":
    t5, clip = t5_tokenizer(), clip_tokenizer()
    print("pieces", t5.get_vocab_size(), clip.get_vocab_size())
    for text in ("Make the CIRCLE red.", "please turn the square into a ring!", "colour the xylophone grey", ""):
        print(t5.encode(text).tokens, clip.encode(text).tokens)
    split = [w for w in edits.vocabulary() if len(clip.encode(w).ids) != 3 or len(t5.encode(w).ids) != 2]
    print("words in several pieces:", split)
