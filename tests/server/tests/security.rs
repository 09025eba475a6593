//! Who may ask, from where, and how much.

use serde_json::json;
use wirebrush_server_tests::{Answer, Server, Stream};

#[test]
fn a_loopback_server_needs_no_login_and_says_so() {
    let server = Server::start();
    assert_eq!(server.token(), None);
    let health = server.get("/api/health").json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["login_required"], false);
    assert_eq!(
        (&health["queued"], &health["running"], &health["paused"]),
        (&json!(0), &json!(0), &json!(false))
    );
    assert_eq!(server.post("/api/login", &json!({ "token": "anything" })).status, 204);
}

#[test]
fn a_server_for_the_network_lets_nobody_in_without_its_token() {
    let server = Server::start_with(&["--listen", "0.0.0.0"]);
    let token = server.token().expect("a token was generated").to_owned();
    assert!(token.len() >= 32, "{token}");
    assert_eq!(server.get("/api/health").json()["login_required"], true);
    for path in ["/api/nodes", "/api/graphs", "/api/assets", "/api/runs", "/api/openapi.json", "/api/nothing"]
    {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("login-required")), "{path}");
    }
    let origin = format!("http://{}", server.address());
    assert_eq!(Stream::connect(server.address(), None, &origin).err(), Some(401));

    let wrong = server.post("/api/login", &json!({ "token": "guess" }));
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (401, Some("wrong-token")));
    let right = server.post("/api/login", &json!({ "token": token }));
    assert_eq!(right.status, 204);
    let cookie = right.header("set-cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(&token), "the cookie is not the token");

    let pair = cookie.split(';').next().unwrap();
    let with_cookie = server.request("GET", "/api/nodes").header("Cookie", pair);
    assert_eq!(server.send(with_cookie, &[]).status, 200);
    let bearer = server.request("GET", "/api/nodes").header("Authorization", format!("Bearer {token}"));
    assert_eq!(server.send(bearer, &[]).status, 200);
    let wrong = server.request("GET", "/api/nodes").header("Authorization", "Bearer guess");
    assert_eq!(server.send(wrong, &[]).status, 401);
}

#[test]
fn a_token_of_ones_own_is_asked_for_on_the_loopback_too() {
    let server = Server::start_with(&["--token", "open sesame"]);
    assert_eq!(server.token(), None, "only a generated token is printed");
    assert_eq!(server.get("/api/nodes").status, 401);
    assert_eq!(server.post("/api/login", &json!({ "token": "open sesame" })).status, 204);
}

#[test]
fn foreign_hosts_are_refused_everywhere() {
    let server = Server::start();
    let port = server.address().rsplit(':').next().unwrap();
    for path in ["/", "/api/health", "/api/nodes", "/api/events", "/assets/index.js"] {
        for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1:1", "127.0.0.1"] {
            let answer = server.send(server.request("GET", path).header("Host", host), &[]);
            assert_eq!(answer.status, 403, "{host} {path}");
            assert_eq!(answer.json()["code"], "foreign-host");
        }
    }
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let request = server.request("GET", "/api/health").header("Host", &host);
        assert_eq!(server.send(request, &[]).status, 200, "{host}");
    }
}

#[test]
fn names_given_at_the_start_are_answered_to_also_by_the_stream_of_events() {
    let server = Server::start_with(&["--host", "studio.local", "--host", "pictures.example:80"]);
    let port = server.address().rsplit(':').next().unwrap();
    let ask = |host: &str, origin: Option<&str>| {
        let request = server.request("GET", "/api/nodes").header("Host", host);
        let request = origin.iter().fold(request, |request, origin| request.header("Origin", *origin));
        server.send(request, &[])
    };
    let own = format!("studio.local:{port}");
    for host in [own.as_str(), &format!("Studio.Local:{port}"), "pictures.example", "pictures.example:80"] {
        assert_eq!(ask(host, None).status, 200, "{host}");
        assert_eq!(ask(host, Some(&format!("http://{host}"))).status, 200, "{host}");
        assert_eq!(ask(host, Some("http://evil.example")).json()["code"], "foreign-origin", "{host}");
    }
    let stream = Stream::connect_as(server.address(), &own, None, &format!("http://{own}"));
    assert_eq!(stream.err(), None);
    let other = format!("other.local:{port}");
    for (host, name) in [("studio.local", "studio.local:80"), (other.as_str(), "other.local")] {
        let answer = ask(host, None);
        assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("foreign-host")), "{host}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.ends_with(&format!("`wirebrush serve --host {name}`")), "{message}");
    }
}

#[test]
fn foreign_origins_are_refused_also_for_the_stream_of_events() {
    let server = Server::start();
    let own = format!("http://{}", server.address());
    let other_port = "http://127.0.0.1:1";
    for origin in ["http://evil.example", "null", other_port, "https://127.0.0.1", "http://localhost"] {
        for (method, path) in [("GET", "/api/nodes"), ("GET", "/"), ("POST", "/api/queue/pause")] {
            let answer = server.send(server.request(method, path).header("Origin", origin), &[]);
            assert_eq!(answer.status, 403, "{origin} {path}");
            assert_eq!(answer.json()["code"], "foreign-origin");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
        assert_eq!(Stream::connect(server.address(), None, origin).err(), Some(403), "{origin}");
    }
    let request = server.request("GET", "/api/nodes").header("Origin", &own);
    assert_eq!(server.send(request, &[]).status, 200);
    assert!(Stream::connect(server.address(), None, &own).is_ok());
}

#[test]
fn what_a_foreign_page_can_send_without_an_origin_is_refused_but_links_work() {
    let server = Server::start();
    let picture = server.request("GET", "/api/assets").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(server.send(picture.header("Sec-Fetch-Mode", "no-cors"), &[]).status, 403);
    let link = server.request("GET", "/api/health").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(server.send(link.header("Sec-Fetch-Mode", "navigate"), &[]).status, 200);
    let form = server.request("POST", "/api/queue/pause").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(server.send(form.header("Sec-Fetch-Mode", "navigate"), &[]).status, 403);
    for form in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a"] {
        assert_eq!(server.post_bytes("/api/assets?name=a", form, b"a=b").status, 415, "{form}");
    }
    assert_eq!(server.post_bytes("/api/graphs", "text/plain", b"{}").status, 415);
}

#[test]
fn every_answer_forbids_what_pages_need_not_do() {
    let server = Server::start();
    for path in ["/", "/api/health", "/api/nothing", "/nothing"] {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[test]
fn bodies_beyond_their_limit_are_refused_in_words() {
    let server = Server::start();
    let spaces = |mib: usize| vec![b' '; (mib << 20) + 1];
    for (path, mib) in [("/api/login", 1), ("/api/graphs", 4), ("/api/validate", 4), ("/api/runs", 4)] {
        let answer = server.post_bytes(path, "application/json", &spaces(mib));
        assert_eq!(answer.status, 413, "{path}");
        assert_eq!(answer.json()["code"], "too-large");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("{mib} MiB")), "{message}");
    }
    let graph = server.post_bytes("/api/import", "application/json", &spaces(4));
    assert_eq!(graph.status, 413);
    let upload = server.post_bytes("/api/assets?name=large.bin", "application/octet-stream", &spaces(256));
    assert_eq!(upload.status, 413);
    let left: Vec<_> = std::fs::read_dir(server.data().join("assets"))
        .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
        .unwrap_or_default();
    assert!(left.is_empty(), "a refused upload left {left:?}");
}

#[test]
fn mistakes_in_requests_are_json_errors_that_name_the_place() {
    let server = Server::start();
    let code = |method: &str, path: &str| {
        let answer = server.send(server.request(method, path), &[]);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(code("GET", "/api/nothing"), (404, "not-found".to_owned()));
    assert_eq!(code("GET", "/api"), (404, "not-found".to_owned()));
    assert_eq!(code("DELETE", "/api/nodes"), (405, "wrong-method".to_owned()));
    assert_eq!(code("POST", "/"), (405, "wrong-method".to_owned()));
    let answer = server.post_bytes("/api/graphs", "application/json", b"{\"name\": \"a\",\n}");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("malformed-json")));
    assert!(answer.json()["message"].as_str().unwrap().contains("line 2"), "{}", answer.text());
    let message = |answer: Answer, status: u16, code: &str| {
        let error = answer.json();
        assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{error}");
        error["message"].as_str().unwrap().to_owned()
    };
    for (method, path, body, expected) in [
        ("POST", "/api/runs", json!({}), "body: graph: expected a value, found nothing"),
        ("POST", "/api/runs", json!([]), "body: expected an object, found a list"),
        (
            "POST",
            "/api/runs",
            json!({ "graph": {}, "wanted": ["a", 5] }),
            "body: wanted[1]: expected a string, found `5`",
        ),
        (
            "POST",
            "/api/runs",
            json!({ "graph": {}, "set": "a" }),
            "body: set: expected an object, found `\"a\"`",
        ),
        (
            "POST",
            "/api/export",
            json!({ "graph": {}, "format": "gif" }),
            "body: format: expected one of `json`, `png`, `bundle`, found `\"gif\"`",
        ),
        (
            "POST",
            "/api/export",
            json!({ "graph": {}, "format": "json", "strip": ["prompts", "all"] }),
            "body: strip[1]: expected `prompts` or `paths`, found `\"all\"`",
        ),
        (
            "POST",
            "/api/runs/a/move",
            json!({ "position": -1 }),
            "body: position: expected a whole number, 0 or more, found `-1`",
        ),
        (
            "PUT",
            "/api/graphs/a",
            json!({ "graph": {}, "base_version": "newest" }),
            "body: base_version: expected a whole number, found `\"newest\"`",
        ),
        ("POST", "/api/login", json!({ "token": 7 }), "body: token: expected a string, found `7`"),
    ] {
        let answer = if method == "PUT" { server.put(path, &body) } else { server.post(path, &body) };
        assert_eq!(message(answer, 400, "invalid-body"), expected, "{path} {body}");
    }
    let query = |path: &str| message(server.get(path), 400, "malformed-query");
    assert_eq!(query("/api/runs?limit=many"), "query: limit: expected a whole number, found `many`");
    assert!(
        query("/api/runs?status=dancing").starts_with("query: status: expected one of `queued`, "),
        "{}",
        query("/api/runs?status=dancing")
    );
    let version = message(server.get("/api/graphs/a/versions/last"), 400, "malformed-path");
    assert_eq!(version, "path: expected a whole number, found `last`");
}
