//! From the keys of a file to its changes.

use std::collections::BTreeMap;

use super::change::{Change, Factor, Form, Product};
use super::family::{self, Family};
use super::field::{self, Field};
use super::metadata::Metadata;
use super::target::Target;
use super::{Layer, Lora, refuse};
use crate::error::{Error, Result};
use crate::weights::Weights;

/// The tensors of one layer, by what they are.
struct Group {
    family: Option<Family>,
    target: Target,
    keys: BTreeMap<Field, String>,
}

pub(super) fn read(file: Weights) -> Result<Lora> {
    refuse::control(&file)?;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut unmatched = Vec::new();
    for key in file.names() {
        let found = match family::xlabs(key) {
            Some((module, target, field)) => Some((module, (Some(Family::Xlabs), target), field)),
            None => field::split(key)
                .and_then(|(module, field)| Some((module.to_owned(), family::target(module)?, field))),
        };
        let Some((module, (family, target), field)) = found else {
            unmatched.push(key.to_owned());
            continue;
        };
        let group = groups.entry(module).or_insert_with(|| Group { family, target, keys: BTreeMap::new() });
        if let Some(first) = group.keys.insert(field, key.to_owned()) {
            return Err(error(&file, key, format!("says the same as `{first}`")));
        }
    }
    refuse::other_model(&file)?;
    let metadata = Metadata::read(&file)?;
    let mut layers = Vec::new();
    for (module, group) in groups {
        let found = forms(&file, &group.keys)?;
        if found.is_empty() {
            unmatched.extend(group.keys.into_values());
            continue;
        }
        let alpha = group.keys.get(&Field::Alpha).map(|key| file.scalar(key)).transpose()?;
        let magnitude = group.keys.get(&Field::Magnitude).map(|key| factor(&file, key)).transpose()?;
        for Found { form, bias, rank } in found {
            let scale = match (alpha, rank) {
                (Some(alpha), Some(rank)) => alpha / rank as f64,
                (None, Some(rank)) => metadata.scale(&module, group.family, rank).unwrap_or(1.0),
                (_, None) => 1.0,
            } as f32;
            if !scale.is_finite() {
                let problem =
                    format!("{module}: its alpha over its rank is {scale}, expected a finite number");
                return Err(Error::file(file.label(), problem));
            }
            let magnitude = magnitude.clone().filter(|_| !bias);
            let change = Change { form, scale, magnitude, bias };
            layers.push(Layer { family: group.family, target: group.target.clone(), change });
        }
    }
    unmatched.sort();
    if layers.is_empty() {
        return Err(refuse::nothing(&file, &unmatched));
    }
    Ok(Lora { file, layers, unmatched })
}

/// One change of a layer.
struct Found {
    form: Form,
    /// Whether it is to the bias.
    bias: bool,
    /// What alpha is divided by; without it, alpha does not count.
    rank: Option<usize>,
}

/// The changes that a layer's tensors are.
fn forms(file: &Weights, keys: &BTreeMap<Field, String>) -> Result<Vec<Found>> {
    if let Some(key) = keys.get(&Field::Core) {
        return Err(Error::unsupported(
            format!("{}: tensor `{key}`", file.label()),
            "it belongs to a convolution, and FLUX.1 has none",
        ));
    }
    let get = |field: Field| keys.get(&field).map(|key| factor(file, key)).transpose();
    let mut found = Vec::new();
    let mut push = |form: Form, bias: bool, rank: Option<usize>| found.push(Found { form, bias, rank });
    if let Some((down, up)) = pair(file, keys, Field::Down, Field::Up)? {
        same(file, &up, up.columns, down.rows, &down)?;
        if let Some(bias) = get(Field::UpBias)? {
            push(Form::Difference(bias), true, Some(down.rows));
        }
        let rank = Some(down.rows);
        push(Form::LowRank { up, down }, false, rank);
    }
    let first = pair(file, keys, Field::Hadamard1A, Field::Hadamard1B)?;
    let second = pair(file, keys, Field::Hadamard2A, Field::Hadamard2B)?;
    if let (Some((a1, b1)), Some((a2, b2))) = (&first, &second) {
        for (a, b) in [(a1, b1), (a2, b2)] {
            same(file, a, a.columns, b.rows, b)?;
        }
        same(file, a2, a2.rows, a1.rows, a1)?;
        same(file, b2, b2.columns, b1.columns, b1)?;
        let form = Form::Hadamard { first: [a1.clone(), b1.clone()], second: [a2.clone(), b2.clone()] };
        let rank = form.rank();
        push(form, false, rank);
    } else if let Some((half, _)) = first.or(second) {
        return Err(error(file, &half.key, "has no second product beside it".to_owned()));
    }
    let product = |whole: Field, a: Field, b: Field| -> Result<Option<Product>> {
        Ok(match (get(whole)?, pair(file, keys, a, b)?) {
            (Some(whole), _) => Some(Product::Whole(whole)),
            (None, Some((a, b))) => {
                same(file, &a, a.columns, b.rows, &b)?;
                Some(Product::Of(a, b))
            }
            (None, None) => None,
        })
    };
    let first = product(Field::Kronecker1, Field::Kronecker1A, Field::Kronecker1B)?;
    let second = product(Field::Kronecker2, Field::Kronecker2A, Field::Kronecker2B)?;
    match (first, second) {
        (Some(first), Some(second)) => {
            let form = Form::Kronecker { first, second };
            let rank = form.rank();
            push(form, false, rank);
        }
        (None, None) => {}
        (Some(Product::Whole(it) | Product::Of(it, _)), None)
        | (None, Some(Product::Whole(it) | Product::Of(it, _))) => {
            return Err(error(file, &it.key, "has no second factor beside it".to_owned()));
        }
    }
    if let Some(difference) = get(Field::Difference)? {
        push(Form::Difference(difference), false, None);
    }
    if let Some(difference) = get(Field::BiasDifference)? {
        push(Form::Difference(difference), true, None);
    }
    if let Some(weight) = get(Field::Replacement)? {
        push(Form::Replacement(weight), false, None);
    }
    Ok(found)
}

/// Two factors that come together.
fn pair(
    file: &Weights,
    keys: &BTreeMap<Field, String>,
    first: Field,
    second: Field,
) -> Result<Option<(Factor, Factor)>> {
    match (keys.get(&first), keys.get(&second)) {
        (Some(first), Some(second)) => Ok(Some((factor(file, first)?, factor(file, second)?))),
        (None, None) => Ok(None),
        (Some(lonely), None) | (None, Some(lonely)) => {
            Err(error(file, lonely, "has no other factor beside it".to_owned()))
        }
    }
}

/// A tensor as a matrix; trailing ones, as of a 1×1 convolution, do not count.
fn factor(file: &Weights, key: &str) -> Result<Factor> {
    file.encoding(key)?;
    let shape = file.shape(key)?;
    let columns = shape.iter().skip(1).try_fold(1usize, |all, n| all.checked_mul(*n));
    match (shape.first(), columns) {
        (Some(&rows), Some(columns)) if rows > 0 && columns > 0 => {
            Ok(Factor { key: key.to_owned(), rows, columns })
        }
        _ => Err(error(file, key, format!("has shape {shape:?}, expected a matrix"))),
    }
}

fn same(file: &Weights, what: &Factor, found: usize, expected: usize, with: &Factor) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let (shape, other) = (file.shape(&what.key)?, file.shape(&with.key)?);
    Err(error(
        file,
        &what.key,
        format!("has shape {shape:?}, expected {expected} where it meets `{}` of {other:?}", with.key),
    ))
}

fn error(file: &Weights, key: &str, problem: String) -> Error {
    Error::Tensor { file: file.label().to_owned(), tensor: key.to_owned(), problem }
}
