//! The guide's blocks that are not Rust (those run with the documentation's tests) say what the rest says.

use std::path::Path;

use wirebrush_sdk::schema::{Manifest, Permission};

const GUIDE: &str = include_str!("../README.md");

/// The blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fenced = GUIDE.split("\n```").skip(1).step_by(2);
    let blocks: Vec<_> =
        fenced.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect();
    assert!(!blocks.is_empty(), "the guide has no block of {language}");
    blocks
}

#[test]
fn manifests_are_complete_but_for_what_a_build_adds() {
    for block in blocks("json") {
        let mut json: serde_json::Value = serde_json::from_str(block).unwrap();
        json["artifacts"] = serde_json::json!([]);
        json["nodes"] = serde_json::json!([]);
        let manifest: Manifest = serde_json::from_value(json).unwrap();
        let known = [Permission::DATA, Permission::SCRATCH];
        assert!(manifest.permissions.iter().all(|asked| known.contains(&asked.as_str())), "{manifest:?}");
    }
}

#[test]
fn python_and_javascript_are_what_the_templates_have() {
    let templates = [
        ("python", include_str!("../templates/python/nodes.py")),
        ("javascript", include_str!("../templates/javascript/nodes.js")),
    ];
    for (language, template) in templates {
        for block in blocks(language) {
            assert!(template.contains(block), "{language}: the template lacks\n{block}");
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links: Vec<_> = GUIDE.split("](").skip(1).filter_map(|rest| rest.split_once(')')).collect();
    assert!(links.len() > 3, "{links:?}");
    for (link, _) in links {
        assert!(folder.join(link).exists(), "{link}");
    }
}
