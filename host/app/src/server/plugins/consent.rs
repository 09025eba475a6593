//! What a user has to agree to before a plugin gets more than it had.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wirebrush_loader::{KeyState, Offer};

use crate::consent;
use crate::server::error::ApiError;

/// What the user has to read and agree to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Consent {
    /// Id of the plugin.
    id: String,
    /// The version that would be used.
    version: String,
    /// Name shown to people; may be empty.
    title: String,
    /// Who says to have made it; may be empty.
    publisher: String,
    /// Whether native code would run with the user's rights.
    native: bool,
    /// Whether another key than the publisher's signed it: agreeing takes it for the publisher's from now on.
    key_changed: bool,
    /// What it asks for and did not have.
    new_permissions: Vec<String>,
    /// What is to be agreed to, in sentences.
    lines: Vec<String>,
    /// To be sent back as `confirm`. It changes with anything that matters.
    confirm: String,
}

/// The proof that the user agreed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Confirm {
    /// `confirm` of the `Consent` that an earlier answer asked for.
    #[serde(default)]
    pub(crate) confirm: String,
}

impl Consent {
    /// What installing `offer` takes; `package` is what would be installed.
    pub(crate) fn to_install(offer: &Offer, package: &str) -> Self {
        let consent = Self::new(
            (&offer.id, &offer.version, &offer.title, &offer.publisher),
            offer.native,
            offer.new_permissions.clone(),
            consent::to_install(offer),
            &format!("install {package} {offer:?}"),
        );
        Self { key_changed: matches!(offer.key, KeyState::Changed { .. }), ..consent }
    }

    /// What using a plugin as it is takes; `identity` names its very files.
    pub(crate) fn new(
        (id, version, title, publisher): (&str, &str, &str, &str),
        native: bool,
        new_permissions: Vec<String>,
        lines: Vec<String>,
        identity: &str,
    ) -> Self {
        let read = format!("{identity}\n{}", lines.join("\n"));
        Self {
            id: id.to_owned(),
            version: version.to_owned(),
            title: title.to_owned(),
            publisher: publisher.to_owned(),
            native,
            key_changed: false,
            new_permissions,
            lines,
            confirm: blake3::hash(read.as_bytes()).to_hex().to_string(),
        }
    }

    /// Goes on when the user agreed to this very text.
    ///
    /// # Errors
    /// 409 with the text.
    pub(crate) fn require(self, given: &Confirm) -> anyhow::Result<()> {
        if given.confirm == self.confirm { Ok(()) } else { Err(ApiError::consent(self).into()) }
    }
}
