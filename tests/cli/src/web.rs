//! A web server that others publish on.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use sha2::{Digest, Sha256};

/// Serves the files of a folder on a port of the loopback until the test ends; its URL, without a slash at the end.
///
/// # Panics
/// When there is no free port.
pub fn publish(folder: &Path) -> String {
    publish_and_tell(folder).0
}

/// Like [`publish`]; tells of each answer, as `GET /index.json 200`. Who names the text he has is told that it is the
/// same.
///
/// # Panics
/// As [`publish`].
pub fn publish_and_tell(folder: &Path) -> (String, Receiver<String>) {
    let (tell, told) = channel();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("the listener has an address");
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever hangs up early gets no answer.
            let _ = answer(stream, &folder).map(|line| tell.send(line));
        }
    });
    (format!("http://{address}"), told)
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<String> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut has = String::new();
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("if-none-match")
        {
            has = value.trim().to_owned();
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (mut status, mut body) = match std::fs::read(folder.join(path.trim_start_matches('/'))) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", b"no such file".to_vec()),
    };
    let hash: String = Sha256::digest(&body).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{hash}\"");
    if has == etag {
        (status, body) = ("304 Not Modified", Vec::new());
    }
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nETag: {etag}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &body].concat())?;
    Ok(format!("GET {path} {}", &status[..3]))
}
