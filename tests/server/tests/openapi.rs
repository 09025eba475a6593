//! The description of the API and the API itself say the same.

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::Wirebrush;
use wirebrush_server_tests::{Answer, Server};

fn operations(document: &Json) -> Vec<(String, String, Json)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
    });
    operations.collect()
}

#[test]
fn every_described_route_is_there() {
    let server = Server::start();
    let document = server.get("/api/openapi.json").json();
    assert!(document["openapi"].as_str().is_some_and(|it| it.starts_with("3.")), "{}", document["openapi"]);
    let operations = operations(&document);
    assert!(operations.len() >= 30, "{}", operations.len());
    for (method, path, operation) in operations {
        assert!(path.starts_with("/api/"), "{path}");
        let filled = path.replace(['{', '}'], "");
        let answer = server.send(server.request(&method, &filled), &[]);
        assert_ne!(answer.status, 405, "{method} {path}");
        let message = answer.text();
        assert!(!message.contains("there is no route"), "{method} {path}: {message}");
        assert!(operation["responses"].as_object().is_some_and(|it| !it.is_empty()), "{method} {path}");
        assert!(operation["summary"].is_string(), "{method} {path} has no sentence");
    }
}

#[test]
fn the_contract_is_described() {
    let document = Server::start().get("/api/openapi.json").json();
    let operations = operations(&document);
    let described = |method: &str, path: &str| operations.iter().any(|(m, p, _)| m == method && p == path);
    for (method, path) in [
        ("GET", "/api/health"),
        ("POST", "/api/login"),
        ("GET", "/api/nodes"),
        ("GET", "/api/models"),
        ("GET", "/api/plugins"),
        ("GET", "/api/plugins/find"),
        ("POST", "/api/plugins/install"),
        ("POST", "/api/plugins/upload"),
        ("POST", "/api/plugins/reload"),
        ("POST", "/api/plugins/{id}/approve"),
        ("POST", "/api/plugins/{id}/disable"),
        ("POST", "/api/plugins/{id}/enable"),
        ("POST", "/api/plugins/{id}/activate"),
        ("DELETE", "/api/plugins/{id}"),
        ("POST", "/api/validate"),
        ("GET", "/api/graphs"),
        ("POST", "/api/graphs"),
        ("GET", "/api/graphs/{id}"),
        ("PUT", "/api/graphs/{id}"),
        ("DELETE", "/api/graphs/{id}"),
        ("GET", "/api/graphs/{id}/versions"),
        ("GET", "/api/graphs/{id}/versions/{version}"),
        ("PUT", "/api/graphs/{id}/draft"),
        ("DELETE", "/api/graphs/{id}/draft"),
        ("GET", "/api/templates"),
        ("GET", "/api/runs"),
        ("POST", "/api/runs"),
        ("GET", "/api/runs/{id}"),
        ("DELETE", "/api/runs/{id}"),
        ("DELETE", "/api/runs"),
        ("GET", "/api/runs/{id}/log"),
        ("POST", "/api/runs/{id}/cancel"),
        ("POST", "/api/runs/{id}/retry"),
        ("POST", "/api/runs/{id}/move"),
        ("POST", "/api/queue/pause"),
        ("POST", "/api/queue/resume"),
        ("GET", "/api/events"),
        ("GET", "/api/assets"),
        ("POST", "/api/assets"),
        ("GET", "/api/assets/{hash}"),
        ("DELETE", "/api/assets/{hash}"),
        ("POST", "/api/assets/clean"),
        ("GET", "/api/assets/{hash}/thumbnail"),
        ("GET", "/api/files"),
        ("GET", "/api/files/{name}"),
        ("POST", "/api/import"),
        ("POST", "/api/export"),
    ] {
        assert!(described(method, path), "{method} {path}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for shape in [
        "ApiError",
        "Consent",
        "Health",
        "Nodes",
        "SavedGraph",
        "Run",
        "RunList",
        "Asset",
        "Imported",
        "Export",
    ] {
        assert!(schemas.contains_key(shape), "{shape}: {:?}", schemas.keys().collect::<Vec<_>>());
    }
}

#[test]
fn no_body_or_parameter_of_a_wrong_kind_is_refused_in_the_words_of_rust() {
    let server = Server::start();
    let document = server.get("/api/openapi.json").json();
    let words = [
        "struct", "variant", "sequence", " map", "unit", "tuple", "option", "usize", "u32", "u64", "i64",
        "f64",
    ];
    let mut refused = 0;
    let mut check = |asked: &str, answer: &Answer| {
        if answer.status != 400 {
            return;
        }
        refused += 1;
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("expected"), "{asked}: {message}");
        for word in words {
            assert!(!message.contains(word), "{asked}: {message}");
        }
    };
    let values = json!([null, true, 7, -1, 1.5, 1e30, "text", [], [7], {}, { "a": 7 }, { "png": 7 }]);
    let values = values.as_array().unwrap();
    for (method, path, operation) in operations(&document) {
        let path = path.replace(['{', '}'], "");
        for parameter in
            operation["parameters"].as_array().into_iter().flatten().filter(|it| it["in"] == "query")
        {
            let asked = format!("{path}?{}=-7.5", parameter["name"].as_str().unwrap());
            check(&asked, &server.send(server.request(&method, &asked), &[]));
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let Some(schema) = body.as_str().and_then(|it| document.pointer(it.strip_prefix('#')?)) else {
            continue;
        };
        let properties = schema["properties"].as_object().unwrap();
        let wholes = values.iter().cloned();
        let parts = properties.keys().flat_map(|name| values.iter().map(move |value| json!({ name: value })));
        for body in wholes.chain(parts) {
            let request = server.request(&method, &path).header("Content-Type", "application/json");
            let answer = server.send(request, body.to_string().as_bytes());
            check(&format!("{method} {path} {body}"), &answer);
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    fn references<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
        match value {
            Json::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Json::as_str));
                fields.values().for_each(|it| references(it, found));
            }
            Json::Array(items) => items.iter().for_each(|it| references(it, found)),
            _ => {}
        }
    }
    let document = Server::start().get("/api/openapi.json").json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 30, "{}", found.len());
    for reference in found {
        let place = reference.strip_prefix('#').unwrap_or(reference);
        assert!(document.pointer(place).is_some(), "{reference}");
    }
}

#[test]
fn the_command_line_prints_what_the_server_answers() {
    let printed = Wirebrush::staged().run(["schema", "openapi"]).ends_with(0).stdout();
    let printed: Json = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed, Server::start().get("/api/openapi.json").json());
}
