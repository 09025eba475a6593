use wirebrush_sdk::prelude::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Fills values into a text.
#[derive(Debug, Default)]
pub struct Template;

impl Node for Template {
    fn definition() -> Definition {
        NAMES
            .iter()
            .fold(
                Definition::new("text/Template", "text")
                    .description("Fills values into a text: {a} becomes the value at input `a`, and so on.")
                    .input(
                        Port::text("template", "make the {a} {b}")
                            .widget("textarea")
                            .tooltip("{a} to {d} stand for the inputs; {{ and }} for the braces themselves."),
                    ),
                |definition, name| {
                    let port = Port::new(*name, Kind::ANY).optional().tooltip("Text, a number or a choice.");
                    definition.input(port)
                },
            )
            .output(Port::new("text", Kind::TEXT))
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let template = inputs.text("template")?;
        let mut values = Vec::new();
        for name in NAMES {
            if let Some(value) = inputs.take(name) {
                values.extend(show(name, value)?.map(|text| (name, text)));
            }
        }
        Ok(Outputs::new().with("text", fill(&template, &values)?))
    }
}

fn show(name: &str, value: Value) -> Result<Option<String>> {
    match value {
        Value::None => Ok(None),
        Value::Text(it) | Value::Choice(it) => Ok(Some(it)),
        Value::Bool(it) => Ok(Some(it.to_string())),
        Value::Int(it) => Ok(Some(it.to_string())),
        Value::Float(it) => Ok(Some(it.to_string())),
        other => {
            let why = format!("expected text, a number or a choice, found {}", other.kind());
            Err(Failure::invalid(name, why))
        }
    }
}

fn fill(template: &str, values: &[(&str, String)]) -> Result<String> {
    let invalid = |why: String| Failure::invalid("template", why);
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let position = template[..template.len() - rest.len() + at].chars().count() + 1;
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(invalid(format!(
                "a lone `}}` at character {position}: write `}}}}` for the brace itself"
            )));
        }
        let (name, after) = rest.split_once('}').ok_or_else(|| {
            invalid(format!("`{{` at character {position} has no `}}`: write `{{{{` for the brace itself"))
        })?;
        if !NAMES.contains(&name) {
            let expected = "expected {a}, {b}, {c} or {d}";
            return Err(invalid(format!("{expected} at character {position}, found {{{name}}}")));
        }
        let value = values.iter().find(|(key, _)| *key == name).map(|(_, text)| text);
        let value = value.ok_or_else(|| {
            Failure::invalid(
                name,
                format!("expected a value, because the template uses {{{name}}}; found nothing"),
            )
        })?;
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
