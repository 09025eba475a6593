use crate::{Context, Definition, Inputs, Outputs, Result};

/// One kind of box in a graph.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// /// Says a text several times.
/// #[derive(Default)]
/// struct Repeat;
///
/// impl Node for Repeat {
///     fn definition() -> Definition {
///         Definition::new("example/Repeat", "text")
///             .input(Port::text("text", ""))
///             .input(Port::int("times", 2, 0..=1000))
///             .output(Port::new("text", Kind::TEXT))
///     }
///
///     fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
///         let text = inputs.text("text")?.repeat(inputs.int("times")? as usize);
///         Ok(Outputs::new().with("text", text))
///     }
/// }
///
/// let outputs = wirebrush_sdk::testing::run::<Repeat>(Inputs::new().with("text", "ho "))?;
/// assert_eq!(outputs.value::<String>("text")?, "ho ho ");
/// # Ok::<(), Failure>(())
/// ```
///
/// A fresh value is made with [`Default`] for each run; what shall outlive a run belongs into a `static` (native
/// plugins only: a component starts from nothing each time) or into a [`Handle`](crate::Handle).
pub trait Node: Default + Send + Sync + 'static {
    /// Name, ports and promises. Must be the same at each call.
    fn definition() -> Definition;

    /// Computes the outputs. Called on any thread, possibly on several at once (see
    /// [`Concurrency`](crate::Concurrency)).
    ///
    /// Inputs have been checked against the definition: kinds, ranges and choices fit, defaults are filled in.
    ///
    /// # Errors
    /// Any [`Failure`](crate::Failure); a panic becomes `Failed`.
    fn run(&self, inputs: Inputs, cx: &Context<'_>) -> Result<Outputs>;
}
