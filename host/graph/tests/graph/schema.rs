//! The JSON Schema and the reader agree.

use wirebrush_graph::{Graph, parse, schema};

use crate::catalog::{corpus, good};

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn good_documents_satisfy_the_schema() {
    let validator = validator();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/graphs");
    let mut texts = good();
    for entry in std::fs::read_dir(examples).into_iter().flatten() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        texts.push((path, text));
    }
    for (path, text) in texts {
        let written = Graph::parse(&text).unwrap().to_json();
        for text in [text, written] {
            let errors: Vec<String> = validator
                .iter_errors(&serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap())
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        }
    }
}

#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let validator = validator();
    let mut refused = 0;
    for (path, text) in corpus() {
        let Ok(value) = serde_json::from_slice(&text) else { continue };
        if !validator.is_valid(&value) {
            assert!(parse(&text).problems.has_errors(), "{}", path.display());
            refused += 1;
        }
    }
    assert!(refused > 5, "{refused}");
}
