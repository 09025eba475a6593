//! The closed sets of this interface and those of `wirebrush-schema` are the same; these turn one into the other.

use wirebrush_schema as schema;

use crate::{Alpha, Color, Failure, ImageInfo, LogLevel, Sample};

macro_rules! same {
    ($($name:ident: $($variant:ident),+;)*) => {$(
        impl From<schema::$name> for $name {
            fn from(value: schema::$name) -> Self {
                match value {
                    $(schema::$name::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$name> for schema::$name {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }
    )*};
}

same! {
    Sample: U8, U16, F16, F32;
    Color: Srgb, Linear, Data;
    Alpha: None, Straight, Premultiplied;
    LogLevel: Debug, Info, Warn, Error;
}

impl From<schema::ImageInfo> for ImageInfo {
    fn from(info: schema::ImageInfo) -> Self {
        let schema::ImageInfo { frames, height, width, channels, sample, color, alpha } = info;
        Self {
            frames,
            height,
            width,
            channels,
            sample: sample.into(),
            color: color.into(),
            alpha: alpha.into(),
        }
    }
}

impl From<ImageInfo> for schema::ImageInfo {
    fn from(info: ImageInfo) -> Self {
        let ImageInfo { frames, height, width, channels, sample, color, alpha } = info;
        Self {
            frames,
            height,
            width,
            channels,
            sample: sample.into(),
            color: color.into(),
            alpha: alpha.into(),
        }
    }
}

impl From<schema::Failure> for Failure {
    fn from(failure: schema::Failure) -> Self {
        match failure {
            schema::Failure::InvalidInput { port, why } => {
                Self::InvalidInput { port: port.into(), why: why.into() }
            }
            schema::Failure::Cancelled => Self::Cancelled,
            schema::Failure::OutOfMemory { needed, device } => {
                Self::OutOfMemory { needed, device: device.into() }
            }
            schema::Failure::Unsupported { what } => Self::Unsupported { what: what.into() },
            schema::Failure::Failed { why } => Self::Failed { why: why.into() },
        }
    }
}

impl From<Failure> for schema::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InvalidInput { port, why } => Self::InvalidInput { port: port.into(), why: why.into() },
            Failure::Cancelled => Self::Cancelled,
            Failure::OutOfMemory { needed, device } => Self::OutOfMemory { needed, device: device.into() },
            Failure::Unsupported { what } => Self::Unsupported { what: what.into() },
            Failure::Failed { why } => Self::Failed { why: why.into() },
        }
    }
}
