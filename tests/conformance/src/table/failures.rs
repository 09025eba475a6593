//! Every failure arrives as it was meant; panics and lies become failures that name the node.

use wirebrush_engine::Value;
use wirebrush_schema::Failure;

use super::Case;

fn fail(name: &'static str, how: &str, failure: Failure) -> Case {
    Case::new(name, "Fail").input("how", Value::Choice(how.into())).fails(failure)
}

fn lie(name: &'static str, how: &str, why: &str) -> Case {
    Case::new(name, "Lie").input("how", Value::Choice(how.into())).fails(Failure::failed(why))
}

pub(super) fn cases() -> Vec<Case> {
    let out_of_memory = Failure::OutOfMemory { needed: u64::MAX, device: "cuda:7".to_owned() };
    vec![
        fail(
            "a refused input names its port",
            "invalid-input",
            Failure::invalid("how", "expected mercy, found none"),
        ),
        fail("a node may call itself cancelled", "cancelled", Failure::Cancelled),
        fail("out of memory keeps size and device", "out-of-memory", out_of_memory),
        fail("what is not supported is named", "unsupported", Failure::unsupported("flying")),
        fail(
            "any other failure keeps its text",
            "failed",
            Failure::failed("everything/Fail: it was not to be: ∅"),
        ),
        Case::new("a panic becomes a failure with its message", "Panic")
            .input("text", Value::Text("oh no: ∅".into()))
            .fails(Failure::failed("everything/Panic: panicked: oh no: ∅")),
        lie(
            "a missing output is a failure",
            "missing",
            "everything/Lie: output `number`: expected int, found nothing",
        ),
        lie(
            "an output nobody declared is a failure",
            "undeclared",
            "everything/Lie: gave an output `surprise`, which it does not declare",
        ),
        lie(
            "an output of the wrong kind is a failure",
            "wrong-kind",
            "everything/Lie: output `number`: expected int, found text",
        ),
        lie("an output given twice is a failure", "twice", "everything/Lie: gave output `number` twice"),
        Case::new("an input of the wrong kind is refused by name", "Trivial")
            .input("number", Value::Text("one".into()))
            .fails(Failure::invalid("number", "expected int, found text")),
        Case::new("a missing input is refused by name", "Trivial")
            .fails(Failure::invalid("number", "expected int, found nothing")),
    ]
}
