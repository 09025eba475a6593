//! What goes into a node and what comes out, by port name.

use crate::{Bytes, Failure, Handle, HandleType, Image, Mask, Result, Tensor, Value};
use std::sync::Arc;

/// The values at a node's inputs. A list input is the same name several times, in order.
///
/// A node *takes* each value, by a method named after its kind: what is not held by anyone else can then be changed in
/// place. Tests make them with [`Inputs::with`].
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// let mut inputs = Inputs::new().with("amount", 0.5).with("names", "a").with("names", "b");
/// assert_eq!(inputs.float("amount")?, 0.5);
/// assert_eq!(inputs.list::<String>("names")?, ["a", "b"]);
/// assert_eq!(inputs.optional::<Mask>("mask")?, None);
/// assert_eq!(inputs.int("steps").unwrap_err().to_string(), "input `steps`: expected int, found nothing");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    values: Vec<(String, Value)>,
}

/// The values at a node's outputs, each of the kind its port declares.
///
/// ```
/// use wirebrush_sdk::prelude::*;
///
/// let outputs = Outputs::new().with("text", "hello").with("count", 5).with("mask", Value::None);
/// assert_eq!(outputs.value::<String>("text")?, "hello");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    values: Vec<(String, Value)>,
}

/// Types that [`Inputs::get`] can give; `Value` itself takes whatever comes.
pub trait FromValue: Sized {
    /// What the type is called in a message.
    const EXPECTED: &'static str;

    /// The value as this type, or the value back.
    ///
    /// # Errors
    /// The value itself when it is of another kind.
    fn from_value(value: Value) -> std::result::Result<Self, Value>;
}

impl Inputs {
    /// No inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value; the same name again makes a list.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Adds the key of a choice.
    pub fn with_choice(self, name: impl Into<String>, key: impl Into<String>) -> Self {
        let key = Value::Choice(key.into());
        self.with(name, key)
    }

    /// Takes the value of a required input.
    ///
    /// # Errors
    /// `InvalidInput` when nothing is there or it is of another kind.
    pub fn get<T: FromValue>(&mut self, name: &str) -> Result<T> {
        self.optional(name)?
            .ok_or_else(|| Failure::invalid(name, format!("expected {}, found nothing", T::EXPECTED)))
    }

    /// Takes the value of an optional input.
    ///
    /// # Errors
    /// `InvalidInput` when it is of another kind.
    pub fn optional<T: FromValue>(&mut self, name: &str) -> Result<Option<T>> {
        match self.take(name) {
            None | Some(Value::None) => Ok(None),
            Some(value) => convert(name, value).map(Some),
        }
    }

    /// Takes all values of a list input.
    ///
    /// # Errors
    /// `InvalidInput` when one is of another kind.
    pub fn list<T: FromValue>(&mut self, name: &str) -> Result<Vec<T>> {
        let mut list = Vec::new();
        while let Some(value) = self.take(name) {
            if !matches!(value, Value::None) {
                list.push(convert(name, value)?);
            }
        }
        Ok(list)
    }

    /// Takes the value as it is.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.values.iter().position(|(key, _)| key == name)?;
        Some(self.values.remove(index).1)
    }

    /// All values left, in order.
    pub fn into_values(self) -> Vec<(String, Value)> {
        self.values
    }

    /// Whether a value is there.
    pub fn contains(&self, name: &str) -> bool {
        self.values.iter().any(|(key, _)| key == name)
    }

    /// A number of integer kind.
    ///
    /// # Errors
    /// As [`Inputs::get`]; likewise for the shortcuts below.
    pub fn int(&mut self, name: &str) -> Result<i64> {
        self.get(name)
    }

    /// A seed, 0 to 2⁶⁴−1.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn seed(&mut self, name: &str) -> Result<u64> {
        self.get::<i64>(name).map(i64::cast_unsigned)
    }

    /// A number; an integer is accepted.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn float(&mut self, name: &str) -> Result<f64> {
        self.get(name)
    }

    /// A truth value.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn bool(&mut self, name: &str) -> Result<bool> {
        self.get(name)
    }

    /// Text, or the key of a choice.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn text(&mut self, name: &str) -> Result<String> {
        self.get(name)
    }

    /// The key of a choice.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn choice(&mut self, name: &str) -> Result<String> {
        self.get(name)
    }

    /// Bytes.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn bytes(&mut self, name: &str) -> Result<Bytes> {
        self.get(name)
    }

    /// A picture.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn image(&mut self, name: &str) -> Result<Image> {
        self.get(name)
    }

    /// A mask.
    ///
    /// # Errors
    /// As [`Inputs::get`].
    pub fn mask(&mut self, name: &str) -> Result<Mask> {
        self.get(name)
    }

    /// A handle's object.
    ///
    /// # Errors
    /// As [`Inputs::get`]; also when the object is not a `T`.
    pub fn handle<T: HandleType>(&mut self, name: &str) -> Result<Arc<T>> {
        let handle: Handle = self.get(name)?;
        open(name, &handle)
    }

    /// An optional handle's object.
    ///
    /// # Errors
    /// As [`Inputs::handle`].
    pub fn optional_handle<T: HandleType>(&mut self, name: &str) -> Result<Option<Arc<T>>> {
        self.optional::<Handle>(name)?.map(|handle| open(name, &handle)).transpose()
    }

    /// The objects of a list of handles.
    ///
    /// # Errors
    /// As [`Inputs::handle`].
    pub fn handles<T: HandleType>(&mut self, name: &str) -> Result<Vec<Arc<T>>> {
        self.list::<Handle>(name)?.iter().map(|handle| open(name, handle)).collect()
    }
}

impl FromIterator<(String, Value)> for Inputs {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

impl Outputs {
    /// No outputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// The value of an output.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// A copy of an output as `T`; for tests.
    ///
    /// # Errors
    /// `Failed` when it is missing or of another kind.
    pub fn value<T: FromValue>(&self, name: &str) -> Result<T> {
        let value = self.get(name).ok_or_else(|| {
            Failure::failed(format!("output `{name}`: expected {}, found nothing", T::EXPECTED))
        })?;
        T::from_value(value.clone()).map_err(|value| {
            Failure::failed(format!("output `{name}`: expected {}, found {}", T::EXPECTED, value.kind()))
        })
    }

    /// A picture among the outputs; for tests.
    ///
    /// # Errors
    /// As [`Outputs::value`].
    pub fn image(&self, name: &str) -> Result<Image> {
        self.value(name)
    }

    /// All values, in order.
    pub fn into_values(self) -> Vec<(String, Value)> {
        self.values
    }
}

impl FromIterator<(String, Value)> for Outputs {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

fn convert<T: FromValue>(name: &str, value: Value) -> Result<T> {
    T::from_value(value)
        .map_err(|value| Failure::invalid(name, format!("expected {}, found {}", T::EXPECTED, value.kind())))
}

fn open<T: HandleType>(name: &str, handle: &Handle) -> Result<Arc<T>> {
    handle
        .get()
        .ok_or_else(|| Failure::invalid(name, format!("expected {}, found {}", T::KIND, handle.kind())))
}

macro_rules! from_value {
    ($($type:ty, $expected:literal: $($pattern:pat => $value:expr),+;)*) => {$(
        impl FromValue for $type {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: Value) -> std::result::Result<Self, Value> {
                match value {
                    $($pattern => Ok($value),)+
                    #[allow(unreachable_patterns, reason = "`Value` itself takes everything")]
                    other => Err(other),
                }
            }
        }
    )*};
}

from_value! {
    bool, "bool": Value::Bool(it) => it;
    i64, "int": Value::Int(it) => it;
    f64, "float": Value::Float(it) => it, Value::Int(it) => it as f64;
    String, "text": Value::Text(it) => it, Value::Choice(it) => it;
    Bytes, "bytes": Value::Bytes(it) => it;
    Image, "image": Value::Image(it) => it, Value::Mask(it) => it.into_image();
    Mask, "mask": Value::Mask(it) => it;
    Tensor, "tensor": Value::Tensor(it) => it;
    Handle, "handle": Value::Handle(it) => it;
    Value, "any value": it => it;
}
