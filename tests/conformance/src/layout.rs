//! The types of `wirebrush-abi` as text: what a checked-in copy of an earlier time is compared with.

use std::collections::{BTreeMap, HashSet};

use abi_stable::StableAbi;
use abi_stable::type_layout::{TLData, TLField, TLFunction, TypeLayout};
use wirebrush_abi::ModuleRef;

/// Every type of the interface by name, with its fields in order: `KIND NAME` and one line a field, variant or method.
///
/// A `prefix` type may get more lines at its end; every other one stays as it is.
pub type Layout = BTreeMap<String, Vec<String>>;

/// The interface as it is now.
pub fn layout() -> Layout {
    let mut types = Layout::new();
    visit(<ModuleRef as StableAbi>::LAYOUT, &mut HashSet::new(), &mut types);
    types
}

/// A layout as the text that is checked in.
pub fn write_layout(layout: &Layout) -> String {
    let blocks = layout.iter().map(|(name, lines)| {
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{name}\n{lines}")
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// What [`write_layout`] wrote.
pub fn read_layout(text: &str) -> Layout {
    let blocks = text.split("\n\n").map(|block| {
        let mut lines = block.lines().map(|line| line.trim().to_owned());
        (lines.next().unwrap_or_default(), lines.collect())
    });
    blocks.collect()
}

/// Every way in which `now` breaks what was released as `then`: anything but more lines at the end of a `prefix` type,
/// and types nobody knew.
pub fn broken(then: &Layout, now: &Layout) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, lines) in then {
        let Some(found) = now.get(name) else {
            broken.push(format!("`{name}` is gone"));
            continue;
        };
        for (place, line) in lines.iter().enumerate() {
            match found.get(place) {
                Some(found) if found == line => {}
                Some(found) => broken.push(format!("`{name}`: expected `{line}`, found `{found}`")),
                None => broken.push(format!("`{name}`: `{line}` is gone")),
            }
        }
        if found.len() > lines.len() && !name.starts_with("prefix ") {
            broken.push(format!("`{name}` has grown by `{}`", found[lines.len()..].join("`, `")));
        }
    }
    broken
}

fn visit(layout: &'static TypeLayout, seen: &mut HashSet<usize>, types: &mut Layout) {
    if !seen.insert(std::ptr::from_ref(layout).addr()) {
        return;
    }
    let (kind, lines) = describe(layout);
    if layout.package().as_str() == "wirebrush-abi" {
        types.insert(format!("{kind} {}", name(layout)), lines);
    }
    for field in layout.get_fields().into_iter().flatten().chain(layout.phantom_fields()) {
        visit(field.layout(), seen, types);
        for function in field.function_range() {
            let parts = function.param_type_layouts.iter().chain(function.return_type_layout());
            parts.for_each(|part| visit(part(), seen, types));
        }
    }
}

fn describe(layout: &TypeLayout) -> (&'static str, Vec<String>) {
    match layout.data() {
        TLData::Struct { fields } => ("struct", fields.iter().map(field).collect()),
        TLData::Union { fields } => ("union", fields.iter().map(field).collect()),
        TLData::Enum(of) => {
            let mut fields = of.fields.iter();
            let variants = of.variant_names_iter().zip(of.field_count).map(|(name, count)| {
                let fields: Vec<_> = fields.by_ref().take(usize::from(*count)).map(field).collect();
                if fields.is_empty() {
                    name.to_owned()
                } else {
                    format!("{name} {{ {} }}", fields.join(", "))
                }
            });
            ("enum", variants.collect())
        }
        TLData::PrefixType(of) => {
            let ends = usize::from(of.first_suffix_field);
            let part = |place: usize| if place < ends { "always" } else { "later" };
            let lines = of.fields.iter().enumerate();
            ("prefix", lines.map(|(place, it)| format!("{}: {}", part(place), field(it))).collect())
        }
        TLData::Primitive(_) => ("primitive", Vec::new()),
        TLData::Opaque => ("opaque", Vec::new()),
    }
}

fn field(field: TLField) -> String {
    let functions: Vec<String> = field.function_range().into_iter().map(function).collect();
    let kind = if functions.is_empty() { full(field.layout()) } else { functions.join(" and ") };
    format!("{}: {kind}", field.name())
}

fn function(function: TLFunction) -> String {
    let parameters: Vec<_> = function.param_type_layouts.iter().map(|part| full(part())).collect();
    let result = function.return_type_layout().map_or_else(|| "()".to_owned(), |part| full(part()));
    format!("fn({}) -> {result}", parameters.join(", "))
}

/// A type's name; the virtual tables of all traits are called the same, so that those get the name of the module.
fn name(layout: &TypeLayout) -> String {
    match layout.name() {
        "VTable" => format!("VTable of {}", layout.mod_path()),
        name => name.to_owned(),
    }
}

/// A type with what it is made of: the interface's own have lines of their own, those of `abi_stable` are named with
/// what their parameters are seen to be.
fn full(layout: &'static TypeLayout) -> String {
    let parts: Vec<String> = match layout.data() {
        _ if layout.package().as_str() == "wirebrush-abi" => Vec::new(),
        TLData::Enum(of) => of.fields.iter().map(|field| full(field.layout())).collect(),
        TLData::Struct { fields } => {
            let element = fields.iter().find(|field| ["buffer", "data"].contains(&field.name()));
            element.map(|field| pointee(field.layout())).into_iter().collect()
        }
        _ => Vec::new(),
    };
    match parts.as_slice() {
        [] => name(layout),
        parts => format!("{}<{}>", name(layout), parts.join(", ")),
    }
}

/// What a pointer, however wrapped, points at.
fn pointee(layout: &'static TypeLayout) -> String {
    let inner = layout.get_fields().into_iter().flatten().chain(layout.phantom_fields()).next();
    inner.map_or_else(|| name(layout), |field| pointee_or_full(field.layout()))
}

fn pointee_or_full(layout: &'static TypeLayout) -> String {
    match layout.data() {
        TLData::Primitive(_) if layout.name().starts_with('*') => pointee(layout),
        _ => full(layout),
    }
}
