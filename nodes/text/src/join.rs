use wirebrush_sdk::prelude::*;

/// Joins texts in order.
#[derive(Debug, Default)]
pub struct Join;

impl Node for Join {
    fn definition() -> Definition {
        Definition::new("text/Join", "text")
            .description("Joins texts in order, with a separator between them. Empty texts are left out.")
            .input(Port::new("texts", Kind::TEXT).list().tooltip("The parts, in the order of their wires."))
            .input(
                Port::text("separator", ", ").tooltip("Goes between two texts; \\n stands for a new line."),
            )
            .output(Port::new("text", Kind::TEXT))
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let separator = inputs.text("separator")?.replace("\\n", "\n");
        let mut texts: Vec<String> = inputs.list("texts")?;
        texts.retain(|text| !text.is_empty());
        Ok(Outputs::new().with("text", texts.join(&separator)))
    }
}
