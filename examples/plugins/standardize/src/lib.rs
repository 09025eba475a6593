//! Numbers of another library in a tensor value: nodes that compute with `ndarray`.
//!
//! A tensor is a data type, a shape and packed bytes, so that plugins need not agree on a library: one may make it with
//! `ndarray` and another read it with `candle`. This plugin is native only, as one that binds a large library would be.

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};
use wirebrush_sdk::prelude::*;

/// Hands the samples of a picture over as numbers.
#[derive(Default)]
struct ToTensor;

impl Node for ToTensor {
    fn definition() -> Definition {
        Definition::new("example.standardize/ToTensor", "tensor")
            .description("The samples of a picture as numbers: frames × height × width × channels, f32.")
            .input(Port::image("image"))
            .output(Port::tensor("tensor"))
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let info = image.info();
        let shape = [info.frames, info.height, info.width, info.channels].map(u64::from);
        Ok(Outputs::new().with("tensor", Tensor::from_f32(&shape, &image.to_f32()?)?))
    }
}

/// Brings each channel to mean 0 and deviation 1.
#[derive(Default)]
struct Standardize;

impl Node for Standardize {
    fn definition() -> Definition {
        Definition::new("example.standardize/Standardize", "tensor")
            .description(
                "Brings each channel, the last axis, to mean 0 and standard deviation 1, as models want it.",
            )
            .input(Port::tensor("tensor"))
            .output(Port::tensor("tensor"))
            .bypass("tensor", "tensor")
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let tensor: Tensor = inputs.get("tensor")?;
        // Looks at the tensor's own memory; nothing is copied.
        let values = tensor.to_f32()?;
        let array = ArrayViewD::from_shape(shape(&tensor)?, &values)
            .map_err(|error| Failure::invalid("tensor", error.to_string()))?;
        let standard = standardize(array)
            .ok_or_else(|| Failure::invalid("tensor", "expected numbers along a last axis, found none"))?;
        let values = standard.as_slice().ok_or_else(|| Failure::failed("the result is not packed"))?;
        Ok(Outputs::new().with("tensor", Tensor::from_f32(&tensor.shape, values)?))
    }
}

/// `None` when there is no number, or no axis.
fn standardize(array: ArrayViewD<'_, f32>) -> Option<ArrayD<f32>> {
    let channels = *array.shape().last()?;
    let flat = array.to_shape((array.len().checked_div(channels)?, channels)).ok()?;
    let mean = flat.mean_axis(Axis(0))?;
    // A channel of one value has no deviation; it becomes 0.
    let deviation = flat.std_axis(Axis(0), 0.0).mapv(|deviation| deviation.max(f32::EPSILON));
    Some((&array - &mean) / &deviation)
}

fn shape(tensor: &Tensor) -> Result<IxDyn> {
    let axes: Option<Vec<usize>> = tensor.shape.iter().map(|length| usize::try_from(*length).ok()).collect();
    axes.as_deref()
        .map(IxDyn)
        .ok_or_else(|| Failure::invalid("tensor", "its shape exceeds the address space"))
}

/// Makes numbers visible.
#[derive(Default)]
struct ToImage;

impl Node for ToImage {
    fn definition() -> Definition {
        Definition::new("example.standardize/ToImage", "tensor")
            .description("Makes numbers visible: `low` becomes black and `high` white.")
            .input(Port::tensor("tensor").tooltip("Frames × height × width × channels."))
            .input(Port::float("low", -2.0, -1e6..=1e6).soft_range(-4.0..=0.0))
            .input(Port::float("high", 2.0, -1e6..=1e6).soft_range(0.0..=4.0))
            .output(Port::image("image"))
    }

    fn run(&self, mut inputs: Inputs, _: &Context<'_>) -> Result<Outputs> {
        let tensor: Tensor = inputs.get("tensor")?;
        let (low, high) = (inputs.float("low")? as f32, inputs.float("high")? as f32);
        if low >= high {
            return Err(Failure::invalid("high", format!("expected more than `low`, {low}; found {high}")));
        }
        let axes: Option<Vec<u32>> = tensor.shape.iter().map(|length| u32::try_from(*length).ok()).collect();
        let Some([frames, height, width, channels]) = axes.as_deref() else {
            let why = format!("expected frames × height × width × channels, found {:?}", tensor.shape);
            return Err(Failure::invalid("tensor", why));
        };
        let info = ImageInfo { frames: *frames, ..ImageInfo::srgb(*width, *height, *channels, Sample::U8) };
        let samples: Vec<f32> = tensor.to_f32()?.iter().map(|value| (value - low) / (high - low)).collect();
        Ok(Outputs::new().with("image", Image::from_f32(info, &samples)?))
    }
}

export_nodes!(ToTensor, Standardize, ToImage);

#[cfg(test)]
mod tests {
    use super::*;
    use wirebrush_sdk::testing;

    fn standardized(tensor: Tensor) -> Result<Tensor> {
        testing::run::<Standardize>(Inputs::new().with("tensor", tensor))?.value("tensor")
    }

    #[test]
    fn every_channel_gets_mean_zero_and_deviation_one() {
        let tensor = Tensor::from_f32(&[2, 2], &[1.0, 10.0, 3.0, 30.0]).unwrap();
        let found = standardized(tensor).unwrap();
        assert_eq!(found.shape, [2, 2]);
        assert_eq!(found.to_f32().unwrap().as_ref(), [-1.0, -1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_channel_of_one_value_becomes_zero() {
        let tensor = Tensor::from_f32(&[3, 1], &[0.5; 3]).unwrap();
        assert_eq!(standardized(tensor).unwrap().to_f32().unwrap().as_ref(), [0.0; 3]);
    }

    #[test]
    fn what_is_no_array_of_numbers_is_refused() {
        assert!(standardized(Tensor::from_f32(&[], &[1.0]).unwrap()).is_err());
        assert!(standardized(Tensor::from_f32(&[0], &[]).unwrap()).is_err());
        let short = Tensor { dtype: "f32".to_owned(), shape: vec![2], data: vec![0; 4] };
        assert!(standardized(short).is_err());
    }

    #[test]
    fn a_picture_goes_through_a_tensor_unchanged() {
        let image = Image::new(ImageInfo::srgb(2, 1, 3, Sample::U8), vec![1, 2, 3, 4, 5, 6]).unwrap();
        let tensor: Tensor = testing::run::<ToTensor>(Inputs::new().with("image", image.clone()))
            .unwrap()
            .value("tensor")
            .unwrap();
        assert_eq!(tensor.shape, [1, 1, 2, 3]);
        let inputs = Inputs::new().with("tensor", tensor).with("low", 0.0).with("high", 1.0);
        assert_eq!(testing::run::<ToImage>(inputs).unwrap().image("image").unwrap(), image);
    }
}
