use wirebrush_sdk::prelude::*;

/// Holds a text, so that several nodes can share it and a graph can expose it.
#[derive(Debug, Default)]
pub struct Text;

impl Node for Text {
    fn definition() -> Definition {
        Definition::new("text/Text", "text")
            .description("Holds a text. Wire it to every node that shall use it.")
            .input(Port::text("text", "").widget("textarea").tooltip("What is given to other nodes."))
            .output(Port::new("text", Kind::TEXT))
            .bypass("text", "text")
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        Ok(Outputs::new().with("text", inputs.text("text")?))
    }
}
