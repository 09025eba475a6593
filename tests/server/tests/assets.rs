//! Uploads, ranges, thumbnails, the input folder; and that no name is ever a path.

use std::fs;

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::picture;
use wirebrush_server_tests::{Answer, Server, Stream};

fn upload(server: &Server, name: &str, media_type: &str, bytes: &[u8]) -> Json {
    let answer = server.post_bytes(&format!("/api/assets?name={name}"), media_type, bytes);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn contents(server: &Server, asset: &Json) -> Answer {
    server.get(&format!("/api/assets/{}", asset["hash"].as_str().unwrap()))
}

#[test]
fn an_upload_comes_back_whole_and_is_listed_once() {
    let server = Server::start();
    let bytes = fs::read(picture("shapes.png")).unwrap();
    let asset = upload(&server, "cup.png", "image/png", &bytes);
    let hash = asset["hash"].as_str().unwrap();
    assert_eq!(hash.len(), 64);
    assert_eq!(asset["reference"], format!("asset:{hash}/cup.png"));
    assert_eq!((&asset["name"], &asset["bytes"]), (&json!("cup.png"), &json!(bytes.len())));

    let answer = contents(&server, &asset);
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    assert!(answer.header("cache-control").contains("immutable"));
    assert_eq!(answer.body, bytes);

    let again = upload(&server, "other.png", "image/png", &bytes);
    assert_eq!(again["hash"], hash, "equal contents are one asset");
    assert_eq!(again["reference"], format!("asset:{hash}/other.png"), "with the name it came with this time");
    let other = upload(&server, "b.txt", "text/plain", b"b");
    let list = server.get("/api/assets").json()["assets"].clone();
    let mut hashes: Vec<_> = list.as_array().unwrap().iter().map(|it| it["hash"].clone()).collect();
    hashes.sort_by_key(Json::to_string);
    let mut expected = [asset["hash"].clone(), other["hash"].clone()];
    expected.sort_by_key(Json::to_string);
    assert_eq!(hashes, expected);

    let server = server.kill().start();
    assert_eq!(contents(&server, &asset).body, bytes, "assets outlive the server");
}

#[test]
fn a_picture_of_a_template_becomes_the_users_own_when_uploaded() {
    let server = Server::start();
    server.template("recolor");
    let asset = upload(&server, "mine.png", "image/png", &fs::read(picture("shapes.png")).unwrap());
    assert_eq!(asset["name"], "mine.png");
    assert_eq!(server.get("/api/assets").json()["assets"][0]["name"], "mine.png");
    let template = &server.template("recolor");
    assert!(template.to_string().contains("/shapes.png\""), "the template keeps its own name: {template}");
}

#[test]
fn a_part_of_an_asset_can_be_asked_for() {
    let server = Server::start();
    let asset = upload(&server, "a.bin", "application/octet-stream", b"0123456789");
    let path = format!("/api/assets/{}", asset["hash"].as_str().unwrap());
    for (range, part, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
    ] {
        let answer = server.send(server.request("GET", &path).header("Range", range), &[]);
        assert_eq!((answer.status, answer.text().as_str()), (206, part), "{range}");
        assert_eq!(answer.header("content-range"), place);
    }
    let beyond = server.send(server.request("GET", &path).header("Range", "bytes=10-"), &[]);
    assert_eq!(beyond.status, 416);
}

#[test]
fn nothing_uploaded_runs_as_a_page_of_ours() {
    let server = Server::start();
    let page = b"<script>alert(1)</script>";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (name, media_type, bytes) in [
        ("a.html", "text/html", page.as_slice()),
        ("a.svg", "image/svg+xml", svg.as_slice()),
        ("a.png", "text/html; charset=utf-8", page.as_slice()),
        ("a.js", "text/javascript", b"alert(1)".as_slice()),
    ] {
        let answer = contents(&server, &upload(&server, name, media_type, bytes));
        assert!(answer.header("content-disposition").starts_with("attachment"), "{name}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{name}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let png = fs::read(picture("two.png")).unwrap();
    let disguised = upload(&server, "a.html", "text/html", &png);
    assert_eq!(disguised["media_type"], "image/png", "the bytes say what a picture is");
    assert!(contents(&server, &disguised).header("content-disposition").starts_with("inline"));
}

#[test]
fn a_thumbnail_is_a_small_png_made_once() {
    let server = Server::start();
    let asset = upload(&server, "a.png", "image/png", &fs::read(picture("landscape.png")).unwrap());
    let path = format!("/api/assets/{}/thumbnail", asset["hash"].as_str().unwrap());
    let first = server.get(&format!("{path}?size=32"));
    assert_eq!((first.status, first.header("content-type")), (200, "image/png"), "{}", first.text());
    let width = u32::from_be_bytes(first.body[16..20].try_into().unwrap());
    let height = u32::from_be_bytes(first.body[20..24].try_into().unwrap());
    assert_eq!(width.max(height), 32, "{width} × {height}");
    assert_eq!(server.get(&format!("{path}?size=32")).body, first.body);
    let made = fs::read_dir(server.data().join("cache/thumbnails")).unwrap().count();
    assert_eq!(made, 1);
    for size in ["0", "15", "1025", "-1", "large"] {
        assert_eq!(server.get(&format!("{path}?size={size}")).status, 400, "{size}");
    }
}

#[test]
fn hostile_pictures_give_no_thumbnail_and_do_no_harm() {
    let server = Server::start();
    let png = fs::read(picture("shapes.png")).unwrap();
    let mut huge = png.clone();
    huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    for bytes in
        [&png[..png.len() / 2], &png[..20], &huge, b"GIF89a", b"\xff\xd8\xff\xe0 no jpeg", b"plain text", b""]
    {
        let asset = upload(&server, "a.png", "image/png", bytes);
        let path = format!("/api/assets/{}/thumbnail", asset["hash"].as_str().unwrap());
        let answer = server.get(&path);
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (422, Some("not-a-picture")),
            "{}",
            bytes.len()
        );
    }
    assert_eq!(server.get("/api/health").status, 200);
}

#[test]
fn unknown_hashes_are_not_found() {
    let server = Server::start();
    let hash = "0".repeat(64);
    for hash in [&hash, "abc", "..", "%2e%2e%2f%2e%2e%2fwirebrush.sqlite", "CON", &hash.replace('0', "A")] {
        for path in [format!("/api/assets/{hash}"), format!("/api/assets/{hash}/thumbnail")] {
            assert_eq!(server.get(&path).status, 404, "{path}");
        }
    }
}

#[test]
fn names_of_uploads_are_made_harmless() {
    let server = Server::start();
    for (number, name) in [
        "..%2f..%2fevil.png",
        "%2fetc%2fpasswd",
        "C%3a%5cevil.png",
        "CON",
        "",
        "a%00b",
        "%2e%2e",
        ".hidden",
        "a%0d%0ab",
    ]
    .into_iter()
    .enumerate()
    {
        let asset = upload(&server, name, "text/plain", format!("{number}").as_bytes());
        let given = asset["name"].as_str().unwrap();
        assert!(!given.is_empty() && !given.starts_with('.') && given != "CON", "{name} → {given}");
        assert!(!given.contains(['/', '\\', ':', '\0', '\r', '\n']), "{name} → {given}");
        assert_eq!(contents(&server, &asset).status, 200);
    }
    let stray: Vec<_> = fs::read_dir(server.data()).unwrap().flatten().map(|it| it.file_name()).collect();
    assert!(!stray.iter().any(|it| it == "evil.png"), "{stray:?}");
}

/// What must lead nowhere, as it stands in a path of a URL.
const ELSEWHERE: [&str; 14] = [
    "..%2fsecret.txt",
    "%2e%2e%2fsecret.txt",
    "..%5csecret.txt",
    "%2e%2e",
    ".",
    "%2fetc%2fpasswd",
    "C%3a%5csecret.txt",
    "secret.txt%00.png",
    "CON",
    "nul.png",
    "link.txt",
    "folder",
    "folder%2finner.txt",
    ".hidden",
];

#[test]
fn files_come_from_the_input_folder_and_from_nowhere_else() {
    let server = Server::start();
    let input = server.data().join("input");
    fs::create_dir_all(input.join("folder")).unwrap();
    fs::write(server.data().join("secret.txt"), "secret").unwrap();
    fs::write(input.join("folder/inner.txt"), "inner").unwrap();
    fs::write(input.join(".hidden"), "hidden").unwrap();
    fs::copy(picture("two.png"), input.join("zwei grün.png")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.txt", input.join("link.txt")).unwrap();

    let files = server.get("/api/files").json()["files"].clone();
    assert_eq!(files.as_array().unwrap().len(), 1, "{files}");
    assert_eq!((&files[0]["name"], &files[0]["media_type"]), (&json!("zwei grün.png"), &json!("image/png")));
    let answer = server.get("/api/files/zwei%20gr%C3%BCn.png");
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"));
    assert_eq!(answer.body, fs::read(picture("two.png")).unwrap());

    for name in ELSEWHERE {
        let answer = server.get(&format!("/api/files/{name}"));
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
        assert!(!answer.text().contains("secret\n") && answer.text() != "secret", "{name}");
    }
}

#[test]
fn a_graph_reads_assets_and_the_input_folder_but_no_path() {
    let server = Server::start();
    let input = server.data().join("input");
    fs::create_dir_all(&input).unwrap();
    fs::copy(picture("two.png"), input.join("two.png")).unwrap();
    fs::copy(picture("two.png"), server.data().join("outside.png")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../outside.png", input.join("link.png")).unwrap();
    let asset = upload(&server, "a.png", "image/png", &fs::read(picture("two.png")).unwrap());

    let mut stream = Stream::open(server.address(), None);
    let mut status = |id: &str, file: &str| {
        let nodes = json!({
            "load": { "type": "image/LoadImage", "inputs": { "file": file } },
            "save": { "type": "image/SaveImage", "inputs": { "image": { "from": "load.image" } } },
        });
        let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": nodes });
        let answer = server.post("/api/runs", &json!({ "id": id, "graph": graph }));
        assert_eq!(answer.status, 201, "{}", answer.text());
        stream.until_over(id).1["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status("asset", asset["reference"].as_str().unwrap()), "finished");
    assert_eq!(status("input", "two.png"), "finished");
    let absolute = server.data().join("outside.png");
    let elsewhere = [
        "../outside.png",
        "..\\outside.png",
        absolute.to_str().unwrap(),
        "link.png",
        "asset:../../outside.png",
        "CON",
    ];
    for (number, file) in elsewhere.into_iter().enumerate() {
        assert_eq!(status(&format!("run{number}"), file), "failed", "{file}");
    }
}
