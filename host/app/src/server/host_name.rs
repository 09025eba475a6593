//! Names that a server answers to beside its address: `studio.local`, or `studio.local:80` behind another port.

use std::str::FromStr;

use axum::http::uri::Authority;

/// A name, in lower case, with a port where that is not the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostName {
    name: String,
    port: Option<u16>,
}

impl HostName {
    /// Whether a request for this name and port is meant; `own` is the port the server listens on.
    pub(super) fn is(&self, name: &str, port: u16, own: u16) -> bool {
        self.name == name && self.port.unwrap_or(own) == port
    }
}

/// Name and port of a `Host` header; without a port it means the one of plain HTTP.
pub(super) fn split(host: &str) -> Option<(String, u16)> {
    let authority = host.parse::<Authority>().ok().filter(|it| !it.as_str().contains('@'))?;
    Some((authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(80)))
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let found = text.escape_debug();
            format!("expected a name such as studio.local, or studio.local:80, found `{found}`")
        };
        let authority = text.parse::<Authority>().map_err(|_| wrong())?;
        let (name, port) = (authority.host(), authority.port_u16());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let whole = port.map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        if name.is_empty() || !name.bytes().all(plain) || whole != text {
            return Err(wrong());
        }
        Ok(Self { name: name.to_ascii_lowercase(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_or_without_a_port_is_read_and_nothing_else_is() {
        let name = |text: &str| text.parse::<HostName>();
        assert!(name("Studio.local").unwrap().is("studio.local", 8188, 8188));
        assert!(!name("studio.local").unwrap().is("studio.local", 80, 8188));
        assert!(name("studio.local:80").unwrap().is("studio.local", 80, 8188));
        assert!(!name("studio.local:80").unwrap().is("studio.local", 8188, 8188));
        for text in [
            "",
            "*",
            "a b",
            "http://studio.local",
            "studio.local/",
            "me@studio.local",
            ":80",
            "a:b",
            "a:99999",
        ] {
            assert!(name(text).is_err(), "{text}");
        }
    }
}
