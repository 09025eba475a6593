//! `wirebrush serve` as a person starts it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use wirebrush_cli_tests::Wirebrush;
use wirebrush_server_tests::Server;

/// A process that ends with the test.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first lines that `serve` prints.
fn said(wirebrush: &Wirebrush, args: &[&str], lines: usize) -> Vec<String> {
    let mut command = wirebrush.command();
    command.args(["serve", "--port", "0"]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Ending(command.spawn().unwrap());
    let out = BufReader::new(process.0.stdout.take().unwrap());
    out.lines().take(lines).map(Result::unwrap).collect()
}

#[test]
fn it_says_in_one_line_where_it_listens() {
    let said = said(&Wirebrush::staged(), &[], 1);
    let port =
        said[0].strip_prefix("Wirebrush listens on http://127.0.0.1:").unwrap_or_else(|| panic!("{said:?}"));
    assert_ne!(port.parse::<u16>().unwrap(), 0);
}

#[test]
fn it_says_how_to_log_in_when_it_made_a_token() {
    let said = said(&Wirebrush::staged(), &["--listen", "0.0.0.0"], 2);
    let url = said[0].strip_prefix("Wirebrush listens on ").unwrap_or_else(|| panic!("{said:?}"));
    let token = said[1]
        .strip_prefix(&format!("Log in once with {url}/#token="))
        .unwrap_or_else(|| panic!("{said:?}"));
    assert!(token.len() >= 32, "{token}");
}

#[test]
fn each_start_makes_another_token() {
    let token = || Server::start_with(&["--listen", "0.0.0.0"]).token().unwrap().to_owned();
    assert_ne!(token(), token());
}

#[test]
fn a_taken_port_and_a_wrong_address_are_errors_with_a_way_out() {
    let server = Server::start();
    let port = server.address().rsplit(':').next().unwrap();
    let wirebrush = Wirebrush::staged();
    let taken = wirebrush.run(["serve", "--port", port]).ends_with(2);
    assert!(
        taken.stderr().contains(server.address()) && taken.stderr().contains("--port 0"),
        "{}",
        taken.stderr()
    );
    let wrong = wirebrush.run(["serve", "--listen", "not an address"]).ends_with(2);
    assert!(wrong.stderr().contains("--listen not an address"), "{}", wrong.stderr());
    wirebrush.run(["serve", "--token", ""]).ends_with(2);
    for host in ["http://studio.local", "studio.local/", "*", ""] {
        let wrong = wirebrush.run(["serve", "--port", "0", "--host", host]).ends_with(2);
        assert!(wrong.stderr().contains("expected a name such as studio.local"), "{}", wrong.stderr());
    }
    let short =
        wirebrush.run(["serve", "--port", "0", "--listen", "0.0.0.0", "--token", "sesame"]).ends_with(2);
    assert!(short.stderr().contains("16 characters"), "{}", short.stderr());
}

#[test]
fn a_second_server_keeps_off_the_data_of_the_first_until_that_ends() {
    let first = Server::start();
    let data = first.data().to_str().unwrap().to_owned();
    let wirebrush = Wirebrush::staged();
    let second = wirebrush.run(["serve", "--port", "0", "--data-dir", &data]).ends_with(2);
    assert!(second.stderr().contains("another `wirebrush serve`"), "{}", second.stderr());
    assert_eq!(first.get("/api/health").status, 200);
    let again = first.kill().start();
    assert_eq!(again.get("/api/health").status, 200, "a killed server leaves no lock behind");
}
