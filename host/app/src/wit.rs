//! The interface of components as one WIT text, made from the files that the host itself is built from.

use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../plugin-sdk/wit"]
struct Files;

const PACKAGE: &str = "package wirebrush:node@1.0.0;\n";

/// The whole package. A WIT file names its package once, so that the line of each source file is dropped.
pub(crate) fn text() -> String {
    let mut text = PACKAGE.to_owned();
    for name in Files::iter() {
        let file = Files::get(&name).expect("the name is one of those that are embedded");
        text.push_str(&String::from_utf8_lossy(&file.data).replace("\r\n", "\n").replace(PACKAGE, ""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_one_package_with_all_interfaces_and_the_world() {
        let text = text();
        assert_eq!(text.matches("package ").count(), 1, "{text}");
        for item in ["interface types", "interface host", "interface node", "world plugin"] {
            assert_eq!(text.matches(&format!("\n{item} {{")).count(), 1, "{item}");
        }
        assert_eq!(Files::iter().count(), text.matches("\ninterface ").count());
    }
}
