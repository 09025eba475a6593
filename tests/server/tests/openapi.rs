//! The description of the API and the API itself say the same.

use serde_json::Value as Json;
use wirebrush_cli_tests::Wirebrush;
use wirebrush_server_tests::Server;

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
    for shape in
        ["ApiError", "Health", "Nodes", "SavedGraph", "Run", "RunList", "Asset", "Imported", "Export"]
    {
        assert!(schemas.contains_key(shape), "{shape}: {:?}", schemas.keys().collect::<Vec<_>>());
    }
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
