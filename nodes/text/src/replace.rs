use wirebrush_sdk::prelude::*;

/// Replaces every occurrence of a text by another.
#[derive(Debug, Default)]
pub struct Replace;

impl Node for Replace {
    fn definition() -> Definition {
        Definition::new("text/Replace", "text")
            .description("Replaces every occurrence of a text by another, letter by letter.")
            .input(Port::text("text", "").widget("textarea").tooltip("Where is looked for `find`."))
            .input(Port::text("find", "").tooltip("Upper and lower case differ. Empty finds nothing."))
            .input(Port::text("replacement", "").tooltip("Stands in its place, each time."))
            .output(Port::new("text", Kind::TEXT))
            .output(Port::new("count", Kind::INT).tooltip("How often it was found."))
            .bypass("text", "text")
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let text = inputs.text("text")?;
        let find = inputs.text("find")?;
        let replacement = inputs.text("replacement")?;
        if find.is_empty() {
            return Ok(Outputs::new().with("text", text).with("count", 0));
        }
        let count = text.matches(&find).count() as i64;
        Ok(Outputs::new().with("text", text.replace(&find, &replacement)).with("count", count))
    }
}
