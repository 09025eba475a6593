//! The commands that the guides tell to type.

use std::collections::BTreeSet;

use wirebrush_cli_tests::{Wirebrush, repository};

/// The lines of shell in a page that start `wirebrush`, without what stands behind `#`.
fn commands(page: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository().join(page)).unwrap();
    let shell = text.split("\n```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
    let lines = shell.flat_map(str::lines).filter(|line| line.starts_with("wirebrush "));
    lines.map(|line| line.split('#').next().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn every_command_and_option_in_the_guides_exists() {
    let wirebrush = Wirebrush::staged();
    let mut pages = vec!["plugin-sdk/README.md".to_owned()];
    let examples = std::fs::read_dir(repository().join("examples/plugins")).unwrap();
    let folders = examples.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    pages.extend(folders.map(|entry| format!("examples/plugins/{}/README.md", entry.file_name().display())));
    for page in pages {
        let commands = commands(&page);
        assert!(!commands.is_empty(), "{page} has no command");
        for command in commands {
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let depth = if ["plugin", "schema"].contains(&words[0]) { 2 } else { 1 };
            let help = wirebrush.run(words[..depth].iter().chain(&["--help"])).ends_with(0).stdout();
            for option in words.iter().filter(|word| word.starts_with('-')) {
                assert!(help.contains(option), "{page}: `{command}`: there is no {option}\n{help}");
            }
        }
    }
}
