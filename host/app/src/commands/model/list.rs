//! `wirebrush model list`: the models that nodes find by name.

use anyhow::Result;

use crate::exit::Exit;
use crate::output::outln;
use crate::session::Session;

pub(super) fn list(session: &Session) -> Result<Exit> {
    let models = session.models.list();
    if session.json {
        outln!("{}", serde_json::to_string_pretty(&models)?);
    } else {
        for model in models {
            let mib = model.bytes as f64 / f64::from(1 << 20);
            outln!("{:24} {mib:9.1} MiB  {}", model.name, model.path.display());
        }
    }
    Ok(Exit::Ok)
}
