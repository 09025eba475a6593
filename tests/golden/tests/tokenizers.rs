//! Token ids of FLUX.1's two tokenizers, and where prompts that are too long are cut.
//!
//! The tokenizers' files are not ours to ship: `WIREBRUSH_TOKENIZERS` names a folder with `clip` (vocab.json, merges.txt) and
//! `t5` (tokenizer.json). `cargo xtask test` runs these tests when it is set, and says so when it is not.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use wirebrush_kontext::text::Tokenizer;

fn files(name: &str) -> PathBuf {
    let folder = std::env::var_os("WIREBRUSH_TOKENIZERS")
        .expect("WIREBRUSH_TOKENIZERS names a folder with clip and t5");
    PathBuf::from(folder).join(name)
}

/// Ids as transformers' T5TokenizerFast and CLIPTokenizerFast give them.
#[track_caller]
fn check(tokenizer: &Tokenizer, text: &str, expected: &[u32]) {
    let encoded = tokenizer.encode(text, 77).unwrap();
    assert_eq!(encoded.ids, expected, "{text:?}");
    assert_eq!(encoded.truncation, None);
}

#[test]
#[ignore = "needs WIREBRUSH_TOKENIZERS"]
fn t5_ids_agree_with_the_reference() {
    let files = files("t5");
    let t5 = Tokenizer::t5(&files).unwrap();
    assert_eq!((t5.end(), t5.model_max_length()), (1, Some(512)));
    check(&t5, "a photo of a cat", &[3, 9, 1202, 13, 3, 9, 1712, 1]);
    let logo = "replace the logo with the text 'Black Forest Labs'";
    check(&t5, logo, &[3601, 8, 3554, 28, 8, 1499, 3, 31, 20096, 6944, 8100, 7, 31, 1]);
    check(&t5, "  Two   spaces\nand newline ", &[2759, 4856, 11, 126, 747, 1]);
    check(&t5, "make it   night, 8K!", &[143, 34, 706, 6, 505, 439, 55, 1]);
    check(&t5, "", &[1]);
    check(&t5, "Café — naïve 你好 😀", &[18131, 3, 318, 3, 29, 9, 2, 162, 3, 2, 3, 2, 1]);
    check(&t5, "don't <extra_id_0> x", &[278, 31, 17, 32099, 3, 226, 1]);
}

#[test]
#[ignore = "needs WIREBRUSH_TOKENIZERS"]
fn clip_ids_from_vocabulary_and_merges_agree_with_the_reference() {
    let files = files("clip");
    let clip = Tokenizer::clip(&files).unwrap();
    assert_eq!(clip.end(), 49407);
    check(&clip, "a photo of a cat", &[49406, 320, 1125, 539, 320, 2368, 49407]);
    let logo = "replace the logo with the text 'Black Forest Labs'";
    check(&clip, logo, &[49406, 9466, 518, 5750, 593, 518, 4160, 262, 1449, 4167, 12021, 262, 49407]);
    check(&clip, "make it   night, 8K!", &[49406, 1078, 585, 930, 267, 279, 330, 256, 49407]);
    let mixed = "Café — naïve 你好 😀";
    check(&clip, mixed, &[49406, 15304, 2005, 1097, 35689, 563, 47466, 254, 29290, 377, 7334, 49407]);
    let odd = "don't <extra_id_0> x";
    check(&clip, odd, &[49406, 847, 713, 283, 4231, 318, 1014, 318, 271, 285, 343, 49407]);
    check(&clip, "", &[49406, 49407]);
}

#[test]
#[ignore = "needs WIREBRUSH_TOKENIZERS"]
fn ten_thousand_words_are_cut_at_the_real_length() {
    let files = files("t5");
    let t5 = Tokenizer::t5(&files).unwrap();
    let encoded = t5.encode(&"cat ".repeat(10_000), 512).unwrap();
    assert_eq!(encoded.ids.len(), 512);
    assert_eq!(encoded.ids.last(), Some(&1));
    assert_eq!(encoded.truncation.unwrap().all_words, 10_000);
}

/// A word-level T5 tokenizer small enough to read.
fn small_t5(max_length: serde_json::Value) -> (tempfile::TempDir, Tokenizer) {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary =
        json!([["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁cat", -1.0], ["▁dog", -1.0], ["▁", -5.0]]);
    let special = |id: u32, content: &str| {
        json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true })
    };
    let tokenizer = json!({
        "version": "1.0", "truncation": { "max_length": 3, "stride": 0, "strategy": "LongestFirst", "direction": "Right" },
        "padding": null, "added_tokens": [special(0, "<pad>"), special(1, "</s>"), special(2, "<unk>")],
        "normalizer": null,
        "pre_tokenizer": { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true },
        "post_processor": null, "decoder": null,
        "model": { "type": "Unigram", "unk_id": 2, "vocab": vocabulary },
    });
    fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let config = json!({ "model_max_length": max_length, "eos_token": { "content": "</s>" } });
    fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    let tokenizer = Tokenizer::t5(folder.path()).unwrap();
    (folder, tokenizer)
}

#[test]
fn ten_thousand_words_are_cut_with_a_message_that_says_where() {
    let (_folder, t5) = small_t5(json!(12));
    assert_eq!(t5.model_max_length(), Some(12));
    let text = ["cat", "dog"].repeat(5000).join(" ");
    let encoded = t5.encode(&text, 12).unwrap();
    assert_eq!(encoded.ids, [3, 4, 3, 4, 3, 4, 3, 4, 3, 4, 3, 1]);
    let truncation = encoded.truncation.unwrap();
    assert_eq!((truncation.kept_tokens, truncation.all_tokens), (12, 10_001));
    assert_eq!((truncation.kept_words, truncation.all_words), (11, 10_000));
    assert_eq!((truncation.kept_characters, truncation.last_words.as_str()), (43, "cat dog cat"));
    let message = truncation.to_string();
    assert!(message.contains("word 11 of 10000") && message.contains("10001 tokens"), "{message}");
    assert_eq!(t5.encode("cat dog", 3).unwrap().truncation, None);
}

#[test]
fn a_length_without_meaning_is_no_length() {
    assert_eq!(small_t5(json!(1e30)).1.model_max_length(), None);
    assert_eq!(small_t5(json!(null)).1.model_max_length(), None);
}

#[test]
fn missing_and_damaged_tokenizers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let t5 = || Tokenizer::t5(folder.path()).err().unwrap().to_string();
    let clip = || Tokenizer::clip(folder.path()).err().unwrap().to_string();
    assert!(t5().contains("tokenizer.json is missing"), "{}", t5());
    assert!(clip().contains("merges.txt"), "{}", clip());
    fs::write(folder.path().join("spiece.model"), b"\x0a\x0e").unwrap();
    assert!(t5().contains("spiece.model") && t5().contains("put the tokenizer.json"), "{}", t5());
    fs::write(folder.path().join("tokenizer.json"), b"{\"version\": \"1.0\"").unwrap();
    assert!(t5().contains("not a tokenizer that can be read"), "{}", t5());
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    fs::write(folder.path().join("vocab.json"), b"{\"a</w>\": 0}").unwrap();
    fs::write(folder.path().join("merges.txt"), b"#version: 0.2\n").unwrap();
    assert!(clip().contains("<|startoftext|>"), "{}", clip());
}
