//! `wirebrush model add`: a name for a file or folder, or for several together.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use wirebrush_engine::CancelToken;

use crate::exit::{Cancelled, Exit, WrongUse};
use crate::file_name;
use crate::models::inspection;
use crate::models::location::Location;
use crate::models::places::without_ending;
use crate::models::register::Registered;
use crate::models::role::Role;
use crate::models::{ModelStore, Reach, unfinished};
use crate::output::outln;
use crate::progress::bytes::Bytes;
use crate::session::{self, Session};

/// Options of `model add`.
#[derive(Args)]
pub(crate) struct Add {
    /// A file or folder; it stays where it is.
    #[arg(required_unless_present = "name")]
    path: Option<PathBuf>,
    /// What nodes shall call it [default: the name of the file or folder].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Copy it into Wirebrush's models folder.
    #[arg(long)]
    copy: bool,
    /// What it is for, when its contents do not say.
    #[arg(long, value_enum, value_name = "ROLE")]
    role: Option<Role>,
    #[command(flatten)]
    parts: Parts,
}

/// The parts of a set: files, folders, or names of models.
#[derive(Args)]
#[group(id = "parts", multiple = true, conflicts_with_all = ["path", "copy", "role"])]
struct Parts {
    /// Put a set together: the transformer.
    #[arg(long, value_name = "MODEL")]
    transformer: Option<String>,
    /// The image autoencoder of a set.
    #[arg(long, value_name = "MODEL")]
    vae: Option<String>,
    /// The CLIP text encoder of a set.
    #[arg(long, value_name = "MODEL")]
    clip: Option<String>,
    /// The tokenizer of CLIP, a folder or file.
    #[arg(long, value_name = "MODEL")]
    clip_tokenizer: Option<String>,
    /// The T5 text encoder of a set.
    #[arg(long, value_name = "MODEL")]
    t5: Option<String>,
    /// The tokenizer of T5, a folder or file.
    #[arg(long, value_name = "MODEL")]
    t5_tokenizer: Option<String>,
    /// The SigLIP vision tower of a set.
    #[arg(long, value_name = "MODEL")]
    siglip: Option<String>,
    /// The Redux adapter of a set.
    #[arg(long, value_name = "MODEL")]
    redux: Option<String>,
    /// The small autoencoder for previews of a set.
    #[arg(long, value_name = "MODEL")]
    taef1: Option<String>,
}

impl Parts {
    fn given(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("transformer", &self.transformer),
            ("vae", &self.vae),
            ("clip", &self.clip),
            ("clip_tokenizer", &self.clip_tokenizer),
            ("t5", &self.t5),
            ("t5_tokenizer", &self.t5_tokenizer),
            ("siglip", &self.siglip),
            ("redux", &self.redux),
            ("taef1", &self.taef1),
        ];
        all.into_iter().filter_map(|(part, model)| Some((part, model.as_deref()?))).collect()
    }
}

pub(super) fn add(session: &Session, args: &Add) -> Result<Exit> {
    // What cannot be written down later need not be read first.
    session.models.register().update(|_| Ok(()))?;
    let (name, registered) = match &args.path {
        Some(path) => single(session, args, path)?,
        None => set(session, args)?,
    };
    let location = registered.location();
    session.hash(&name, &location, session.json)?;
    session.models.register().update(|register| {
        register.models.insert(name.clone(), registered.clone());
        Ok(())
    })?;
    let role = registered.role.map_or("model", Role::as_str);
    if session.json {
        let blake3 = session.models.known_hash(&location);
        let paths = location.paths();
        outln!(
            "{}",
            json!({ "name": name, "role": role, "family": registered.family, "blake3": blake3, "paths": paths })
        );
    } else {
        let family =
            if registered.family.is_empty() { String::new() } else { format!(", {}", registered.family) };
        outln!("{name}: {role}{family}");
    }
    Ok(Exit::Ok)
}

fn single(session: &Session, args: &Add, path: &Path) -> Result<(String, Registered)> {
    let path = std::path::absolute(path)?;
    let wrong = |why: std::io::Error| WrongUse(format!("{}: {why}", path.display()));
    fs::metadata(&path).map_err(wrong)?;
    if path.to_str().is_none() {
        return Err(WrongUse(format!("{}: expected a path in UTF-8", path.display())).into());
    }
    let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = new_name(&session.models, args.name.as_deref().unwrap_or(&own), Some(&path))?;
    let inspected = inspection::inspect_once(session, &path);
    let (role, family) = match (inspected, args.role) {
        (Ok(found), said) => (said.or(found.role), found.family),
        // Not the file's fault: it cannot be read, or nothing can be written down about it.
        (Err(why), _) if why.chain().any(|cause| cause.is::<std::io::Error>()) => return Err(why),
        (Err(_), Some(said)) => (Some(said), String::new()),
        (Err(why), None) => {
            let hint = "--role ROLE adds it all the same";
            return Err(WrongUse(format!("{why:#}; {hint}")).into());
        }
    };
    let path = if args.copy { copy_in(session, &path, &name)? } else { path };
    Ok((name, Registered { role, family, path: Some(path), ..Registered::default() }))
}

fn set(session: &Session, args: &Add) -> Result<(String, Registered)> {
    let name = new_name(&session.models, args.name.as_deref().unwrap_or_default(), None)?;
    let given = args.parts.given();
    if given.is_empty() {
        return Err(
            WrongUse("expected a PATH, or parts of a set such as --transformer MODEL".to_owned()).into()
        );
    }
    let mut parts = BTreeMap::new();
    let mut family = String::new();
    for (part, model) in given {
        let found = session.models.locate(model, Reach::Paths);
        let path = match found {
            Some(Location::Path(path)) => std::path::absolute(path)?,
            Some(Location::Set(_)) => {
                return Err(
                    WrongUse(format!("--{part} {model}: expected a file or folder, found a set")).into()
                );
            }
            None => {
                let why = session.models.find(model, Reach::Paths).err().map(|why| why.to_string());
                return Err(WrongUse(format!("--{part}: {}", why.unwrap_or_default())).into());
            }
        };
        if let Some(wanted) = Role::parse(part) {
            let found =
                inspection::inspect_once(session, &path).with_context(|| format!("--{part} {model}"))?;
            let plays = found.role == Some(wanted) || found.parts.iter().any(|(role, _)| *role == wanted);
            if !plays {
                let found = found.role.map_or("nothing known", Role::as_str);
                return Err(WrongUse(format!("--{part} {model}: expected a {wanted}, found {found}")).into());
            }
            if wanted == Role::Transformer || family.is_empty() {
                family = found.family;
            }
        }
        parts.insert(part.to_owned(), path);
    }
    Ok((name, Registered { role: Some(Role::Set), family, parts, ..Registered::default() }))
}

/// Checks that a name can be one and that nothing else has it.
fn new_name(store: &ModelStore, name: &str, path: Option<&Path>) -> Result<String> {
    file_name::check(name).map_err(|why| WrongUse(format!("name of the model: {why}")))?;
    match store.list().into_iter().find(|model| model.name == name) {
        // The same again: its hash and role are looked at anew.
        Some(taken) if path.is_some_and(|path| taken.location == Location::Path(path.to_owned())) => {}
        Some(taken) => {
            let place = taken.location.paths().first().map(|path| path.display().to_string());
            let place = place.unwrap_or_default();
            let why = format!("there is a model `{name}` already ({place}): --name NAME gives another name");
            return Err(WrongUse(why).into());
        }
        None => {}
    }
    Ok(name.to_owned())
}

/// Copies a file or folder into the models folder; whatever interrupts this leaves nothing that looks whole.
fn copy_in(session: &Session, from: &Path, name: &str) -> Result<PathBuf> {
    let to = match from.extension().and_then(|ending| ending.to_str()) {
        Some(ending) if from.is_file() && without_ending(name) == name => format!("{name}.{ending}"),
        _ => name.to_owned(),
    };
    let to = session.models.folder().join(to);
    if to.exists() {
        bail!("{} is there already", to.display());
    }
    let files = Location::Path(from.to_owned()).files();
    let total = files.iter().map(|file| file.stamp.bytes).sum();
    let mut bar = Bytes::new(&format!("copying {name}"), total, session.json);
    let cancel = session::cancel_on_ctrl_c()?;
    let _held = unfinished::hold(session.models.folder())?;
    let unfinished = tempfile::Builder::new().prefix(unfinished::COPY).tempdir_in(session.models.folder())?;
    let root = unfinished.path().join("model");
    for file in files {
        // `join("")` would make a folder of a file.
        let target = if file.name.is_empty() { root.clone() } else { root.join(&file.name) };
        copy_file(&file.path, &target, &cancel, &mut |bytes| bar.advance(bytes))?;
    }
    fs::rename(&root, &to).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(to)
}

fn copy_file(from: &Path, to: &Path, cancel: &CancelToken, tell: &mut dyn FnMut(u64)) -> Result<()> {
    let mut source = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let at = || format!("cannot write {}", to.display());
    fs::create_dir_all(to.parent().unwrap_or(Path::new("."))).with_context(at)?;
    let mut target = File::create_new(to).with_context(at)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(Cancelled.into());
        }
        match source.read(&mut buffer).with_context(|| format!("cannot read {}", from.display()))? {
            0 => return target.sync_all().with_context(at),
            read => {
                target.write_all(&buffer[..read]).with_context(at)?;
                tell(read as u64);
            }
        }
    }
}
