//! Files of the plugin's own. The cases that keep files come one after the other and build on each other.

use wirebrush_engine::{Buffer, Bytes, Value};
use wirebrush_schema::Failure;

use super::Case;

fn data(name: &'static str, file: &str) -> Case {
    Case::new(name, "ReadData").input("name", Value::Text(file.into()))
}

fn contents(bytes: &[u8]) -> Value {
    Value::Bytes(Bytes { media_type: "application/octet-stream".into(), data: Buffer::new(bytes.to_vec()) })
}

fn keep(name: &'static str, how: &str, file: &str, contents: &str) -> Case {
    Case::new(name, "KeepFile")
        .input("how", Value::Choice(how.into()))
        .input("name", Value::Text(file.into()))
        .input("contents", Value::Text(contents.into()))
}

fn answers(case: Case, answer: &str) -> Case {
    case.gives("answer", Value::Text(answer.into()))
}

fn fails(case: Case, why: &str) -> Case {
    let node = case.node;
    case.fails(Failure::failed(format!("everything/{node}: {why}")))
}

pub(super) fn cases() -> Vec<Case> {
    let names = || Value::Text("greeting.txt luts/warm.bin".into());
    vec![
        data("a plugin reads a file it brought along", "greeting.txt")
            .gives("names", names())
            .gives("contents", contents(b"hello")),
        data("files lie in folders as well", "luts/warm.bin")
            .gives("names", names())
            .gives("contents", contents(&[0, 1, 2])),
        fails(
            data("a data file that is not there is named", "luts/cold.bin"),
            "`luts/cold.bin`: no such file in the data folder",
        ),
        fails(
            data("a name cannot leave the data folder", "../plugin.json"),
            "`../plugin.json` cannot be the path of a file: a name in it begins or ends with a dot or a space",
        ),
        answers(keep("the scratch folder begins empty", "list", "", ""), ""),
        answers(keep("a file is kept", "write", "notes/today.txt", "grüße"), "wrote 7 bytes"),
        answers(keep("a kept file is read again", "read", "notes/today.txt", ""), "grüße"),
        answers(keep("a kept file is replaced", "write", "notes/today.txt", "no"), "wrote 2 bytes"),
        answers(keep("a replaced file is the new one", "read", "notes/today.txt", ""), "no"),
        answers(keep("kept files are listed", "list", "", ""), "notes/today.txt"),
        fails(
            keep("a name cannot leave the scratch folder", "write", "a/../../b", "x"),
            "`a/../../b` cannot be the path of a file: a name in it begins or ends with a dot or a space",
        ),
        answers(keep("a kept file is removed", "remove", "notes/today.txt", ""), "removed"),
        answers(keep("removing what is gone is fine", "remove", "notes/today.txt", ""), "removed"),
        fails(
            keep("a removed file is gone", "read", "notes/today.txt", ""),
            "`notes/today.txt`: no such file in the scratch folder",
        ),
    ]
}
