//! A server of one's own, started and ended at will.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value as Json;
use ureq::Agent;
use ureq::http::Request;
use wirebrush_cli_tests::Wirebrush;

use crate::Answer;

/// A running server with a data directory of its own. It ends with the value.
pub struct Server {
    wirebrush: Option<Wirebrush>,
    args: Vec<String>,
    process: Child,
    lines: BufReader<ChildStdout>,
    address: String,
    token: Option<String>,
    agent: Agent,
}

/// A server that ended. Its data directory is still there.
pub struct Stopped {
    wirebrush: Wirebrush,
    args: Vec<String>,
}

impl Server {
    /// A server on a free port of the loopback.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with these options beside `--port 0`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with(args: &[&str]) -> Self {
        Self::start_command(&[&["serve", "--port", "0"], args].concat())
    }

    /// The server that another command starts.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_command(words: &[&str]) -> Self {
        let args = words.iter().map(|it| (*it).to_owned()).collect();
        Stopped { wirebrush: Wirebrush::staged(), args }.start()
    }

    /// Waits for the next line the program prints.
    ///
    /// # Panics
    /// When it ends instead.
    #[track_caller]
    pub fn next_line(&mut self) -> Json {
        read_line(&mut self.lines)
    }

    /// Where it listens, `HOST:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token it generated.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Id of the process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.wirebrush.as_ref().expect("it is there until the server is ended").data()
    }

    /// Asks for a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path), &[])
    }

    /// Posts JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.post_bytes(path, "application/json", body.to_string().as_bytes())
    }

    /// Posts bytes of a media type.
    #[track_caller]
    pub fn post_bytes(&self, path: &str, media_type: &str, body: &[u8]) -> Answer {
        self.send(self.request("POST", path).header("Content-Type", media_type), body)
    }

    /// Puts JSON.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Json) -> Answer {
        let request = self.request("PUT", path).header("Content-Type", "application/json");
        self.send(request, body.to_string().as_bytes())
    }

    /// Deletes.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path), &[])
    }

    /// A request to this server, for headers of one's own.
    pub fn request(&self, method: &str, path: &str) -> ureq::http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When nobody answers.
    #[track_caller]
    pub fn send(&self, request: ureq::http::request::Builder, body: &[u8]) -> Answer {
        let whole = "the request is well-formed";
        let answer = match body {
            [] => self.agent.run(request.body(()).expect(whole)),
            body => self.agent.run(request.body(body).expect(whole)),
        };
        Answer::read(answer.expect("the server answers"))
    }

    /// The graph of a template.
    ///
    /// # Panics
    /// When there is none of this id.
    #[track_caller]
    pub fn template(&self, id: &str) -> Json {
        let templates = self.get("/api/templates").json();
        let found = templates["templates"].as_array().into_iter().flatten().find(|it| it["id"] == id);
        found.unwrap_or_else(|| panic!("no template {id}: {templates}"))["graph"].clone()
    }

    /// Kills the server, as a crash or a power cut would.
    pub fn kill(mut self) -> Stopped {
        self.process.kill().expect("the process can be killed");
        self.ended()
    }

    /// Asks the server to end and waits until it has.
    ///
    /// # Panics
    /// When it ends with a failure.
    #[cfg(unix)]
    pub fn stop(mut self) -> Stopped {
        let asked = std::process::Command::new("kill").arg(self.pid().to_string()).status();
        assert!(asked.expect("`kill` starts").success());
        let status = self.process.wait().expect("the process can be waited for");
        assert!(status.success(), "the server ended with {status}");
        self.ended()
    }

    /// Presses Ctrl-C until the server has ended.
    ///
    /// # Panics
    /// When it ends with a failure.
    #[cfg(unix)]
    pub fn stop_with_ctrl_c(mut self) -> Stopped {
        let status = loop {
            wirebrush_cli_tests::signal(self.pid(), "INT");
            std::thread::sleep(std::time::Duration::from_millis(100));
            if let Some(status) = self.process.try_wait().expect("the process can be waited for") {
                break status;
            }
        };
        assert!(status.success(), "the server ended with {status}");
        self.ended()
    }

    fn ended(mut self) -> Stopped {
        self.process.wait().expect("the process can be waited for");
        let wirebrush = self.wirebrush.take().expect("it is there until the server is ended");
        Stopped { wirebrush, args: std::mem::take(&mut self.args) }
    }
}

impl Stopped {
    /// Starts a server on the same data.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(self) -> Server {
        let Self { wirebrush, args } = self;
        let mut command = wirebrush.command();
        command.arg("--json").args(&args);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the staged program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("standard output is a pipe"));
        let said = loop {
            let said = read_line(&mut lines);
            if said["listening"].is_string() {
                break said;
            }
        };
        let url = said["listening"].as_str().expect("a URL");
        let address = url.strip_prefix("http://").expect("a plain URL").trim_end_matches('/').to_owned();
        let token = said["token"].as_str().map(str::to_owned);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            // The server closes a connection whose request it refused unread, maybe while the next one is on its way.
            .max_idle_connections(0)
            .build()
            .into();
        Server { wirebrush: Some(wirebrush), args, process, lines, address, token, agent }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[track_caller]
fn read_line(lines: &mut BufReader<ChildStdout>) -> Json {
    let mut line = String::new();
    lines.read_line(&mut line).expect("the program prints text");
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("expected a line of JSON, found `{line}`"))
}
