//! Who may ask: the token, the login cookie, and the names this server answers to.
//!
//! Secrets are compared by hash, in constant time. The cookie holds a key derived from the token, so that it can be
//! checked without remembering who logged in, and outlives a restart with the same token.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};

use super::host_name::{self, HostName};

/// What a server asks of whoever talks to it.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    address: SocketAddr,
    /// The host as the user wrote it behind `--listen`.
    host: String,
    /// Further names, from behind `--host`.
    names: Vec<HostName>,
    token: Option<Secret>,
}

/// Hashes of what lets a client in.
#[derive(Debug, Clone)]
struct Secret {
    token: blake3::Hash,
    cookie: String,
    cookie_hash: blake3::Hash,
}

/// A new token: 256 random bits in hex.
///
/// # Errors
/// When the system gives no random numbers.
pub(crate) fn new_token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok().context("the system gives no random numbers")?;
    Ok(blake3::Hash::from(bytes).to_hex().to_string())
}

impl Access {
    /// Access to a server bound to `address`, which the user called `host`; anyone without a token when it is `None`.
    pub(crate) fn new(address: SocketAddr, host: &str, token: Option<&str>) -> Self {
        let token = token.map(|token| {
            let cookie = blake3::Hash::from(blake3::derive_key("wirebrush login cookie", token.as_bytes()));
            let cookie = cookie.to_hex().to_string();
            Secret { token: hash(token), cookie_hash: hash(&cookie), cookie }
        });
        Self { address, host: host.to_ascii_lowercase(), names: Vec::new(), token }
    }

    /// The same, answering to these names too.
    pub(crate) fn named(self, names: &[HostName]) -> Self {
        Self { names: names.to_vec(), ..self }
    }

    /// Whether a client has to show the token or the cookie.
    pub(crate) fn needs_login(&self) -> bool {
        self.token.is_some()
    }

    /// Whether a request carries the token or the cookie, or needs none.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(secret) = &self.token else { return true };
        let bearer = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        if bearer.and_then(|it| it.strip_prefix("Bearer ")).is_some_and(|it| hash(it) == secret.token) {
            return true;
        }
        let cookies = headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie_name() && hash(value) == secret.cookie_hash)
    }

    /// The `Set-Cookie` for whoever shows this token; `None` when it is wrong.
    pub(crate) fn log_in(&self, token: &str) -> Option<String> {
        let secret = self.token.as_ref().filter(|secret| hash(token) == secret.token)?;
        let year = 365 * 24 * 60 * 60;
        Some(format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={year}",
            self.cookie_name(),
            secret.cookie
        ))
    }

    // Cookies do not know ports: two servers on one machine must not log each other's clients out.
    fn cookie_name(&self) -> String {
        format!("wirebrush-{}", self.address.port())
    }

    /// Whether a `Host` header names this server.
    ///
    /// A page of somebody else's can let its own name resolve to this machine; the browser then sends that name.
    pub(crate) fn answers_to(&self, host: &str) -> bool {
        let Some((name, port)) = host_name::split(host) else { return false };
        if self.names.iter().any(|it| it.is(&name, port, self.address.port())) {
            return true;
        }
        if port != self.address.port() {
            return false;
        }
        if name == "localhost" || name == self.host {
            return true;
        }
        let Ok(ip) = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() else {
            return false;
        };
        // Bound to every address of the machine, each of them is a name of the server; a number cannot be rebound.
        ip == self.address.ip() || ip.is_loopback() || self.address.ip().is_unspecified()
    }

    /// What the user would have to write behind `--host` for the server to answer to this one; `None` when it is no name.
    pub(crate) fn name_for(&self, host: &str) -> Option<String> {
        let (name, port) = host_name::split(host)?;
        let wanted = if port == self.address.port() { name } else { format!("{name}:{port}") };
        wanted.parse::<HostName>().ok().map(|_| wanted)
    }

    /// Where a browser on this machine finds the server.
    pub(crate) fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }
}

fn hash(text: &str) -> blake3::Hash {
    blake3::hash(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn access(address: &str, token: Option<&str>) -> Access {
        let address: SocketAddr = address.parse().unwrap();
        Access::new(address, &address.ip().to_string(), token)
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_loopback_server_answers_to_its_own_names_only() {
        let access = access("127.0.0.1:8188", None);
        for host in ["127.0.0.1:8188", "localhost:8188", "LOCALHOST:8188", "[::1]:8188"] {
            assert!(access.answers_to(host), "{host}");
        }
        for host in [
            "evil.example:8188",
            "127.0.0.1",
            "127.0.0.1:8189",
            "localhost.evil.example:8188",
            "192.168.0.2:8188",
            "localhost:8188@evil.example:8188",
            "evil@localhost:8188",
            "",
            ":8188",
            "[::1:8188",
        ] {
            assert!(!access.answers_to(host), "{host}");
        }
    }

    #[test]
    fn a_server_for_the_network_answers_to_numbers_but_not_to_foreign_names() {
        let access = access("0.0.0.0:8188", Some("secret"));
        assert!(access.answers_to("192.168.0.2:8188"));
        assert!(!access.answers_to("evil.example:8188"));
        let named = Access::new("192.168.0.2:8188".parse().unwrap(), "Studio.local", Some("secret"));
        assert!(named.answers_to("studio.local:8188"));
    }

    #[test]
    fn further_names_are_answered_to_on_their_port_only() {
        let names: Vec<HostName> = ["Studio", "pictures.example:80"].map(|it| it.parse().unwrap()).into();
        let access = access("0.0.0.0:8188", Some("secret")).named(&names);
        for host in ["studio:8188", "STUDIO:8188", "pictures.example", "pictures.example:80", "10.0.0.2:8188"]
        {
            assert!(access.answers_to(host), "{host}");
        }
        for host in ["studio", "studio:80", "pictures.example:8188", "evil.studio:8188", "me@studio:8188"] {
            assert!(!access.answers_to(host), "{host}");
        }
        assert_eq!(access.name_for("Other:8188").as_deref(), Some("other"));
        assert_eq!(access.name_for("other").as_deref(), Some("other:80"));
        assert_eq!(access.name_for("me@other"), None);
    }

    #[test]
    fn token_and_cookie_let_in_and_nothing_else_does() {
        let access = access("127.0.0.1:8188", Some("secret"));
        assert!(access.admits(&headers("authorization", "Bearer secret")));
        let set = access.log_in("secret").unwrap();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"));
        let cookie = set.split(';').next().unwrap();
        assert!(access.admits(&headers("cookie", &format!("other=1; {cookie}"))));

        assert_eq!(access.log_in("Secret"), None);
        for (name, value) in [
            ("authorization", "Bearer wrong"),
            ("authorization", "Basic secret"),
            ("cookie", "wirebrush-8188=secret"),
            ("cookie", "wirebrush-8188="),
        ] {
            assert!(!access.admits(&headers(name, value)), "{name}: {value}");
        }
        assert!(!access.admits(&HeaderMap::new()));
        let other = self::access("127.0.0.1:8188", Some("other"));
        assert!(!other.admits(&headers("cookie", cookie)), "a cookie of another token");
    }

    #[test]
    fn tokens_differ() {
        assert_ne!(new_token().unwrap(), new_token().unwrap());
    }
}
