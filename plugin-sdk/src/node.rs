use crate::{Context, Definition, Inputs, Outputs, Result};

/// One kind of box in a graph.
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
