//! The WIT package as text, in the form of [`Layout`]: what a checked-in copy of an earlier time is compared with.

use std::path::Path;

use wit_parser::{Handle, Resolve, Type, TypeDefKind, TypeId, WorldItem, WorldKey};

use crate::Layout;

/// Every type and every function of a WIT package, each under a name of its own: one that comes later breaks nothing.
/// What components export is one entry an interface, since a host asks old components for all of it.
///
/// # Panics
/// When the folder has no package that parses.
pub fn wit_layout(folder: &Path) -> Layout {
    let mut resolve = Resolve::default();
    let pushed = resolve.push_dir(folder);
    pushed.unwrap_or_else(|error| panic!("{}: {error:#}", folder.display()));
    let mut layout = Layout::new();
    for (_, interface) in resolve.interfaces.iter() {
        let of = interface.name.as_deref().unwrap_or("?");
        for (name, id) in &interface.types {
            let (kind, lines) = describe(&resolve, *id);
            layout.insert(format!("{kind} {of}.{name}"), lines);
        }
        for (name, function) in &interface.functions {
            let parameters = function.params.iter().map(|it| format!("{}: {}", it.name, ty(&resolve, it.ty)));
            let parameters = parameters.collect::<Vec<_>>().join(", ");
            let result = option(&resolve, function.result);
            let kind = format!("{:?}", function.kind).to_lowercase();
            let kind = kind.split('(').next().unwrap_or_default();
            layout.insert(format!("{kind} {of}.{name}"), vec![format!("({parameters}) -> {result}")]);
        }
    }
    for (_, world) in resolve.worlds.iter() {
        for (key, item) in &world.exports {
            let functions = match item {
                WorldItem::Interface { id, .. } => {
                    resolve.interfaces[*id].functions.keys().cloned().collect()
                }
                _ => Vec::new(),
            };
            let name = match key {
                WorldKey::Name(name) => name.clone(),
                WorldKey::Interface(id) => resolve.interfaces[*id].name.clone().unwrap_or_default(),
            };
            layout.insert(format!("export {}.{name}", world.name), functions);
        }
    }
    layout
}

fn describe(resolve: &Resolve, id: TypeId) -> (&'static str, Vec<String>) {
    let kind = &resolve.types[id].kind;
    let lines = match kind {
        TypeDefKind::Record(of) => {
            of.fields.iter().map(|field| format!("{}: {}", field.name, ty(resolve, field.ty))).collect()
        }
        TypeDefKind::Variant(of) => {
            of.cases.iter().map(|case| format!("{}: {}", case.name, option(resolve, case.ty))).collect()
        }
        TypeDefKind::Enum(of) => of.cases.iter().map(|case| case.name.clone()).collect(),
        TypeDefKind::Flags(of) => of.flags.iter().map(|flag| flag.name.clone()).collect(),
        TypeDefKind::Resource => Vec::new(),
        TypeDefKind::Type(of) => vec![ty(resolve, *of)],
        other => vec![structure(resolve, other)],
    };
    (kind.as_str(), lines)
}

fn ty(resolve: &Resolve, ty: Type) -> String {
    match ty {
        Type::Id(id) => match &resolve.types[id].name {
            Some(name) => name.clone(),
            None => structure(resolve, &resolve.types[id].kind),
        },
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn structure(resolve: &Resolve, kind: &TypeDefKind) -> String {
    match kind {
        TypeDefKind::List(of) => format!("list<{}>", ty(resolve, *of)),
        TypeDefKind::Option(of) => format!("option<{}>", ty(resolve, *of)),
        TypeDefKind::Result(of) => {
            format!("result<{}, {}>", option(resolve, of.ok), option(resolve, of.err))
        }
        TypeDefKind::Tuple(of) => {
            let parts: Vec<_> = of.types.iter().map(|part| ty(resolve, *part)).collect();
            format!("tuple<{}>", parts.join(", "))
        }
        TypeDefKind::Handle(Handle::Own(of)) => ty(resolve, Type::Id(*of)),
        TypeDefKind::Handle(Handle::Borrow(of)) => format!("borrow<{}>", ty(resolve, Type::Id(*of))),
        other => format!("{other:?}"),
    }
}

fn option(resolve: &Resolve, of: Option<Type>) -> String {
    of.map_or_else(|| "_".to_owned(), |of| ty(resolve, of))
}
