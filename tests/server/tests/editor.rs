//! The editor inside the program, as a browser asks for it.

use wirebrush_server_tests::{Answer, Server};

/// The addresses in `src` and `href` of the page.
fn addresses(page: &str) -> Vec<String> {
    let after = ["src=\"", "href=\""].into_iter().flat_map(|start| page.split(start).skip(1));
    after.filter_map(|rest| rest.split('"').next()).map(|it| it.trim_start_matches('.').to_owned()).collect()
}

fn page(server: &Server) -> Answer {
    let answer = server.get("/");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

#[test]
fn the_page_and_everything_it_names_comes_from_the_program() {
    let server = Server::start();
    let page = page(&server);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(server.get("/index.html").body, page.body);
    let addresses = addresses(&page.text());
    let files: Vec<_> = addresses.iter().filter(|it| it.starts_with("/assets/")).collect();
    assert!(files.len() >= 2, "a script and a style sheet: {addresses:?}");
    for address in files {
        let answer = server.get(address);
        assert_eq!(answer.status, 200, "{address}");
        assert!(answer.header("cache-control").contains("immutable"), "{address}");
        let expected = if address.ends_with(".js") { "text/javascript" } else { "text/css" };
        assert!(answer.header("content-type").starts_with(expected), "{address}: {:?}", answer.headers);
    }
    for address in addresses.iter().filter(|it| !it.starts_with("data:")) {
        assert!(!address.contains("//"), "{address} is not in the program");
    }
}

#[test]
fn the_page_needs_nothing_that_its_policy_forbids() {
    let server = Server::start();
    let page = page(&server);
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    for tag in page.text().split("<script").skip(1) {
        let (attributes, rest) = tag.split_once('>').unwrap();
        assert!(attributes.contains("src="), "an inline script would not run: {tag}");
        assert!(rest.starts_with("</script>"), "{tag}");
    }
}

#[test]
fn an_unchanged_page_is_not_sent_again() {
    let server = Server::start();
    let tag = page(&server).header("etag").to_owned();
    let again = server.send(server.request("GET", "/").header("If-None-Match", &tag), &[]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = server.send(server.request("GET", "/").header("If-None-Match", "\"other\""), &[]);
    assert_eq!(other.status, 200);
}

#[test]
fn what_is_not_in_the_editor_is_not_found() {
    let server = Server::start();
    for path in
        ["/nothing", "/assets/", "/assets/../index.html", "/..%2f..%2fCargo.toml", "/%2e%2e/package.json"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}
