//! `wirebrush plugin find`: which plugin of the index has a node?

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::data_dir::DataDir;
use crate::exit::Exit;
use crate::index::{ChosenIndex, HOST, as_json, in_words};
use crate::output::outln;

/// What `plugin find` takes.
#[derive(Args)]
pub(crate) struct Find {
    /// A node such as `acme.tone/Levels`.
    node: String,
}

pub(super) fn find(args: &Find, index: Option<&str>, data: &DataDir, json: bool) -> Result<Exit> {
    let index = ChosenIndex::required(index, data)?.load()?;
    let offers = index.find(&args.node, &HOST);
    if json {
        let offers: Vec<_> = offers.iter().map(as_json).collect();
        outln!("{:#}", json!({ "node": args.node, "offers": offers }));
    } else {
        for offer in &offers {
            outln!("{}", in_words(offer));
        }
        match offers.first() {
            Some(offer) => outln!("Install it with `wirebrush plugin install {}`.", offer.id),
            None => eprintln!("no plugin of the index has {} for this host", args.node),
        }
    }
    Ok(if offers.is_empty() { Exit::Failed } else { Exit::Ok })
}
