//! Sizes of a transformer, read from its tensors.

use std::path::Path;

use serde_json::Value;

use crate::detect::require_kontext;
use crate::error::{Error, Result};
use crate::small_file;
use crate::weights::Weights;

/// Sizes of the model; the real one has `hidden` 3072, 24 heads of 128, 19 double and 38 single blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Width of a packed latent token: 4 × latent channels.
    pub in_channels: usize,
    /// Width of a predicted token; equals `in_channels` for Kontext.
    pub out_channels: usize,
    /// Width of the pooled text vector.
    pub vec_dim: usize,
    /// Width of a text token.
    pub context_dim: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width inside the MLP.
    pub mlp_hidden: usize,
    /// Attention heads.
    pub heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Double blocks.
    pub depth: usize,
    /// Single blocks.
    pub depth_single: usize,
    /// Head dimensions that encode plane, row and column; their sum is `head_dim`.
    pub axes_dims: [usize; 3],
    /// Base of the rotary frequencies.
    pub theta: f64,
}

impl Config {
    /// Reads sizes from canonical tensors, and the rotary axes from a diffusers `config.json`.
    ///
    /// Without a config the axes are `[16, 56, 56]` for heads of 128, the real model; other head widths need one, because nothing
    /// in the tensors tells the axes.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for relatives that cannot do Kontext's work: Fill, Canny/Depth control, schnell, Chroma.
    /// [`Error::Tensor`] when a tensor that tells a size is missing. [`Error::File`] when the config contradicts the tensors.
    pub fn from_weights(weights: &Weights, config: Option<&Value>) -> Result<Self> {
        require_kontext(weights)?;
        let dim = |name: &str, axis: usize| {
            weights.shape(name)?.get(axis).copied().ok_or_else(|| {
                Error::file(weights.label(), format!("tensor `{name}` has no dimension {axis}"))
            })
        };
        let hidden = dim("img_in.weight", 0)?;
        let head_dim = dim("double_blocks.0.img_attn.norm.query_norm.scale", 0)?;
        if head_dim == 0 || hidden == 0 || hidden % head_dim != 0 {
            let problem = format!("its hidden width {hidden} is no multiple of its head width {head_dim}");
            return Err(Error::file(weights.label(), problem));
        }
        let found = Self {
            in_channels: dim("img_in.weight", 1)?,
            out_channels: dim("final_layer.linear.weight", 0)?,
            vec_dim: dim("vector_in.in_layer.weight", 1)?,
            context_dim: dim("txt_in.weight", 1)?,
            hidden,
            mlp_hidden: dim("double_blocks.0.img_mlp.0.weight", 0)?,
            heads: hidden / head_dim,
            head_dim,
            depth: count(weights, "double_blocks."),
            depth_single: count(weights, "single_blocks."),
            axes_dims: axes(weights, head_dim, config)?,
            theta: 10_000.0,
        };
        if found.in_channels != found.out_channels {
            let problem = format!("takes {} channels and gives {}", found.in_channels, found.out_channels);
            return Err(Error::file(weights.label(), problem));
        }
        if let Some(config) = config {
            found.compare(weights.label(), config)?;
        }
        found.check()?;
        Ok(found)
    }

    /// Checks that the sizes fit each other.
    ///
    /// # Errors
    /// [`Error::Input`] naming the size that does not fit.
    pub fn check(&self) -> Result<()> {
        let odd = self.axes_dims.iter().any(|d| d % 2 != 0);
        if odd || self.axes_dims.iter().sum::<usize>() != self.head_dim {
            let expected = format!("three even numbers with the sum {}", self.head_dim);
            return Err(Error::input("axes_dims", expected, format!("{:?}", self.axes_dims)));
        }
        if self.heads * self.head_dim != self.hidden {
            let found = format!("{} × {}", self.heads, self.head_dim);
            return Err(Error::input("heads × head_dim", format!("{}", self.hidden), found));
        }
        if self.in_channels == 0 || !self.in_channels.is_multiple_of(4) {
            return Err(Error::input("in_channels", "a multiple of 4", format!("{}", self.in_channels)));
        }
        Ok(())
    }

    /// Latent channels: a token packs 2×2 latent pixels.
    pub fn latent_channels(&self) -> usize {
        self.in_channels / 4
    }

    /// A diffusers config beside the weights must agree with them.
    fn compare(&self, label: &str, config: &Value) -> Result<()> {
        for (key, size) in [
            ("in_channels", self.in_channels),
            ("attention_head_dim", self.head_dim),
            ("num_attention_heads", self.heads),
            ("num_layers", self.depth),
            ("num_single_layers", self.depth_single),
            ("joint_attention_dim", self.context_dim),
            ("pooled_projection_dim", self.vec_dim),
        ] {
            match config.get(key).and_then(Value::as_u64) {
                Some(said) if said != size as u64 => {
                    return Err(Error::file(
                        label,
                        format!("config.json says {key} = {said}, the tensors say {size}"),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// One more than the highest block number, so that a missing block is reported as missing tensors.
fn count(weights: &Weights, root: &str) -> usize {
    let number = |n: &str| n.strip_prefix(root)?.split('.').next()?.parse::<usize>().ok();
    weights.names().filter_map(number).max().map_or(0, |n| n.saturating_add(1))
}

fn axes(weights: &Weights, head_dim: usize, config: Option<&Value>) -> Result<[usize; 3]> {
    let given = config.and_then(|c| c.get("axes_dims_rope").or_else(|| c.get("axes_dim")));
    if let Some(given) = given {
        let list: Option<Vec<usize>> =
            given.as_array().map(|a| a.iter().filter_map(|v| v.as_u64().map(|v| v as usize)).collect());
        return list.and_then(|l| l.try_into().ok()).ok_or_else(|| {
            Error::file(
                weights.label(),
                format!("config.json: axes_dims_rope must be three numbers, found {given}"),
            )
        });
    }
    if head_dim == 128 {
        return Ok([16, 56, 56]);
    }
    let problem = format!(
        "has heads of width {head_dim}, not FLUX.1's 128, so a config.json beside it must give `axes_dims_rope`"
    );
    Err(Error::file(weights.label(), problem))
}

/// The configuration of the weights at a path: the `config.json` in their folder, else what they carry themselves.
pub(crate) fn read_json_of(path: &Path, weights: &Weights) -> Result<Option<Value>> {
    let dir = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let path = dir.join("config.json");
    if !path.is_file() {
        return weights.config();
    }
    match serde_json::from_slice(&small_file::read(&path)?) {
        Ok(json) => Ok(Some(json)),
        Err(e) => Err(Error::file(path.display().to_string(), format!("is not valid JSON: {e}"))),
    }
}
