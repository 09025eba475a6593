use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value as Json};

/// Type of a port: `image`, `float`, or a plugin's own such as `kontext/latent@1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(pub String);

impl Kind {
    /// Nothing.
    pub const NONE: &'static str = "none";
    /// `true` or `false`.
    pub const BOOL: &'static str = "bool";
    /// A 64-bit integer.
    pub const INT: &'static str = "int";
    /// A 64-bit floating-point number.
    pub const FLOAT: &'static str = "float";
    /// Unicode text.
    pub const TEXT: &'static str = "text";
    /// One key of the port's choices.
    pub const CHOICE: &'static str = "choice";
    /// Bytes with a media type; as a literal, the name of a file the host reads.
    pub const BYTES: &'static str = "bytes";
    /// Frames × height × width × channels.
    pub const IMAGE: &'static str = "image";
    /// An image of one channel, 0 outside and 1 inside.
    pub const MASK: &'static str = "mask";
    /// Numbers of any shape.
    pub const TENSOR: &'static str = "tensor";
    /// Accepts every kind; only for inputs.
    pub const ANY: &'static str = "any";

    /// The kind's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether values of this kind are handles whose contents stay with their plugin.
    pub fn is_handle(&self) -> bool {
        self.0.contains('/')
    }
}

impl From<&str> for Kind {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bounds of a number, both inclusive; a missing bound does not limit.
///
/// Numbers are exact: an integer bound may be anything from −2⁶³ to 2⁶⁴−1.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NumberRange {
    /// Smallest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// Largest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
}

/// One of the values a `choice` port takes. Documents keep the key, people see the title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is stored and handed to the node.
    pub key: String,
    /// What people see; empty means the key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// An input or output of a node, made by a constructor for its kind and then described.
///
/// ```
/// # use wirebrush_schema as wirebrush_sdk;
/// use wirebrush_sdk::Port;
///
/// let radius = Port::float("radius", 2.0, 0.0..=500.0)
///     .soft_range(0.0..=20.0)
///     .step(0.5)
///     .unit("px")
///     .tooltip("0 leaves the image as it is.");
/// assert_eq!(radius.kind.as_str(), "float");
///
/// // No default and not optional: something must be wired to it.
/// let image = Port::image("image");
/// assert!(image.default.is_none() && !image.optional);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// Name in documents; unique among the inputs, and among the outputs, of a node.
    pub name: String,
    /// Type of the values.
    pub kind: Kind,
    /// Handle kinds that an input takes beside its kind, over a wire: a model by its name or as another node's value.
    ///
    /// Hosts older than this field ignore it and connect only [`Port::kind`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Kind>,
    /// Name shown to people; empty means [`Port::name`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Value of an input that is neither wired nor set. An input without one and not optional is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Values outside are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<NumberRange>,
    /// What a slider spans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_range: Option<NumberRange>,
    /// Step of a slider or spin box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Number>,
    /// Unit shown behind the number, for example `px`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// How the value is entered, as an open name: `slider`, `seed`, `textarea`, `file`, `model`, `memory`, `color`, `mask`, …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub widget: String,
    /// Help in one or two sentences.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tooltip: String,
    /// The values of a `choice` port.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Whether the port hides among the advanced ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advanced: bool,
    /// Whether the input changes how the work is done and never what comes out: it is no part of the cache key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hint: bool,
    /// Whether the input may stay empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Whether the input takes any number of values, in order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
}

impl Port {
    /// A port of the given kind, without default.
    pub fn new(name: impl Into<String>, kind: impl AsRef<str>) -> Self {
        Self {
            name: name.into(),
            kind: Kind(kind.as_ref().to_owned()),
            also: Vec::new(),
            title: String::new(),
            default: None,
            range: None,
            soft_range: None,
            step: None,
            unit: String::new(),
            widget: String::new(),
            tooltip: String::new(),
            choices: Vec::new(),
            advanced: false,
            hint: false,
            optional: false,
            list: false,
        }
    }

    /// A port for pictures. As an input it must be wired unless it is [`Port::optional`].
    pub fn image(name: impl Into<String>) -> Self {
        Self::new(name, Kind::IMAGE)
    }

    /// A port for masks.
    pub fn mask(name: impl Into<String>) -> Self {
        Self::new(name, Kind::MASK)
    }

    /// A port for tensors.
    pub fn tensor(name: impl Into<String>) -> Self {
        Self::new(name, Kind::TENSOR)
    }

    /// A port for handles of a kind such as `acme.diffusion/latent@1`: only ports of this kind connect.
    pub fn handle(name: impl Into<String>, kind: impl AsRef<str>) -> Self {
        Self::new(name, kind)
    }

    /// A port for bytes.
    pub fn bytes(name: impl Into<String>) -> Self {
        Self::new(name, Kind::BYTES)
    }

    /// An input for the contents of a file: a literal names it, the host reads it. So a component needs no file access.
    pub fn file(name: impl Into<String>) -> Self {
        Self::new(name, Kind::BYTES).widget("file")
    }

    /// A switch.
    ///
    /// ```
    /// # use wirebrush_schema as wirebrush_sdk;
    /// # use wirebrush_sdk::Port;
    /// assert_eq!(Port::bool("mirror", false).default, Some(false.into()));
    /// ```
    pub fn bool(name: impl Into<String>, default: bool) -> Self {
        Self::new(name, Kind::BOOL).default_value(default)
    }

    /// An integer with its hard range: the host refuses what lies outside, so a node need not check again.
    ///
    /// ```
    /// # use wirebrush_schema as wirebrush_sdk;
    /// # use wirebrush_sdk::Port;
    /// let width = Port::int("width", 512, 1..=16384).unit("px");
    /// assert_eq!(width.range.unwrap().max, Some(16384.into()));
    /// ```
    pub fn int(name: impl Into<String>, default: i64, range: RangeInclusive<i64>) -> Self {
        let (min, max) = range.into_inner();
        Self::new(name, Kind::INT).default_value(default).ranged(Number::from(min), Number::from(max))
    }

    /// A seed from 0 to 2⁶⁴−1, read with `Inputs::seed`.
    ///
    /// The value travels in an `int` as its 64-bit pattern, and as a string in JSON above 2⁵³.
    ///
    /// ```
    /// # use wirebrush_schema as wirebrush_sdk;
    /// # use wirebrush_sdk::Port;
    /// assert_eq!(Port::seed("seed", 0).range.unwrap().max, Some(u64::MAX.into()));
    /// ```
    pub fn seed(name: impl Into<String>, default: u64) -> Self {
        Self::new(name, Kind::INT)
            .default_value(default)
            .ranged(Number::from(0_u64), Number::from(u64::MAX))
            .widget("seed")
    }

    /// A number with its hard range. A bound that is not finite does not limit.
    pub fn float(name: impl Into<String>, default: f64, range: RangeInclusive<f64>) -> Self {
        let mut port = Self::new(name, Kind::FLOAT).default_value(default);
        let (min, max) = range.into_inner();
        port.range = Some(NumberRange { min: Number::from_f64(min), max: Number::from_f64(max) });
        port
    }

    /// A line of text; `.widget("textarea")` makes room for several, `.widget("color")` asks for `#rrggbb`.
    pub fn text(name: impl Into<String>, default: impl Into<String>) -> Self {
        Self::new(name, Kind::TEXT).default_value(default.into())
    }

    /// The name or path of a model, found through the host.
    pub fn model(name: impl Into<String>, default: impl Into<String>) -> Self {
        Self::text(name, default).widget("model")
    }

    /// How much memory the node may use, such as `8G`; empty is what the machine has. Where the user leaves it empty, the
    /// host fills in what it was started with.
    pub fn memory(name: impl Into<String>) -> Self {
        Self::text(name, "").widget("memory").advanced()
    }

    /// One of several keys; the first is the default. Graphs keep the key, so titles may change later and keys may not.
    ///
    /// ```
    /// # use wirebrush_schema as wirebrush_sdk;
    /// # use wirebrush_sdk::Port;
    /// let mut edges = Port::choice("edges", &["mirror", "black"]);
    /// edges.choices[1].title = "Black border".to_owned();
    /// assert_eq!(edges.default, Some("mirror".into()));
    /// ```
    pub fn choice(name: impl Into<String>, keys: &[&str]) -> Self {
        let mut port = Self::new(name, Kind::CHOICE);
        port.default = keys.first().map(|key| Json::from(*key));
        port.choices =
            keys.iter().map(|key| Choice { key: (*key).to_owned(), title: String::new() }).collect();
        port
    }

    /// Sets the name shown to people.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the value used when the input is neither wired nor set.
    pub fn default_value(mut self, value: impl Into<Json>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Takes handles of this kind as well: the node looks at the value to see what came.
    ///
    /// ```
    /// # use wirebrush_schema as wirebrush_sdk;
    /// # use wirebrush_sdk::Port;
    /// let model = Port::model("model", "tiny").also("acme.diffusion/model@1");
    /// assert_eq!(model.kind.as_str(), "text");
    /// assert_eq!(model.also[0].as_str(), "acme.diffusion/model@1");
    /// ```
    pub fn also(mut self, kind: impl AsRef<str>) -> Self {
        self.also.push(Kind(kind.as_ref().to_owned()));
        self
    }

    /// Sets what a slider spans.
    pub fn soft_range(mut self, range: RangeInclusive<f64>) -> Self {
        let (min, max) = range.into_inner();
        self.soft_range = Some(NumberRange { min: Number::from_f64(min), max: Number::from_f64(max) });
        self
    }

    /// Sets the step of a slider or spin box.
    pub fn step(mut self, step: f64) -> Self {
        self.step = Number::from_f64(step);
        self
    }

    /// Sets the unit shown behind the number.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Says how the value is entered; a host that does not know the name shows the usual control of the kind.
    pub fn widget(mut self, widget: impl Into<String>) -> Self {
        self.widget = widget.into();
        self
    }

    /// Adds help in one or two sentences.
    pub fn tooltip(mut self, text: impl Into<String>) -> Self {
        self.tooltip = text.into();
        self
    }

    /// Hides the port among the advanced ones.
    pub fn advanced(mut self) -> Self {
        self.advanced = true;
        self
    }

    /// Promises that the input changes how the work is done and never a bit of what comes out, so that results made with
    /// one value serve all others.
    ///
    /// ```
    /// # use wirebrush_schema as wirebrush_sdk;
    /// # use wirebrush_sdk::Port;
    /// assert!(Port::int("threads", 0, 0..=64).hint().hint);
    /// ```
    pub fn hint(mut self) -> Self {
        self.hint = true;
        self
    }

    /// Lets the input stay empty: the node reads it with `Inputs::optional`. An optional output may give nothing.
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// Lets the input take any number of values, in order: the node reads them with `Inputs::list`.
    pub fn list(mut self) -> Self {
        self.list = true;
        self
    }

    fn ranged(mut self, min: Number, max: Number) -> Self {
        self.range = Some(NumberRange { min: Some(min), max: Some(max) });
        self
    }
}
