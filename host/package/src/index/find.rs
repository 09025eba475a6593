//! Which plugin of an index has a node, and can this host use it?

use semver::VersionReq;
use wirebrush_schema::Target;

use super::{Index, IndexPlugin, IndexVersion};

/// What a host can load.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// Version of the interface it speaks, `1.0`.
    pub abi: &'a str,
    /// Target triple of the native libraries it loads, beside components.
    pub target: &'a str,
}

/// A version of a plugin that an index offers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer<'a> {
    /// Id of the plugin.
    pub id: &'a str,
    /// The plugin.
    pub plugin: &'a IndexPlugin,
    /// The version.
    pub version: &'a IndexVersion,
}

impl Host<'_> {
    /// Why this host cannot use a version; `None` when it can.
    pub fn refuses(&self, version: &IndexVersion) -> Option<String> {
        let major = |abi: &str| abi.split('.').next().map(str::to_owned);
        if major(&version.abi) != major(self.abi) {
            return Some(format!(
                "it was built for interface {}, this host speaks {}",
                version.abi, self.abi
            ));
        }
        let fits = |target: &String| target == self.target || target == Target::COMPONENT;
        if !version.targets.iter().any(fits) {
            return Some(format!(
                "it is made for {}, this host is {}",
                version.targets.join(", "),
                self.target
            ));
        }
        None
    }
}

impl Offer<'_> {
    /// Whether this host would load native code, which runs with the user's rights: it prefers that to a component.
    pub fn is_native(&self, host: &Host<'_>) -> bool {
        self.version.targets.iter().any(|target| target == host.target)
    }
}

impl Index {
    /// The versions that have a node, or take it over from another plugin, and that this host can use: the plugin that
    /// owns the node first, each plugin's newest version first.
    pub fn find<'a>(&'a self, node: &str, host: &Host<'_>) -> Vec<Offer<'a>> {
        let mut offers: Vec<_> = self
            .offers()
            .filter(|offer| {
                let mut ids = offer.version.nodes.iter().chain(&offer.version.replaces);
                ids.any(|id| id == node) && host.refuses(offer.version).is_none()
            })
            .collect();
        let owner = node.split('/').next();
        // Stable: within a plugin the versions stay newest first.
        offers.sort_by_key(|offer| Some(offer.id) != owner);
        offers
    }

    /// The newest version of a plugin that satisfies `requirement` and that this host can use.
    ///
    /// # Errors
    /// A sentence with what is there instead.
    pub fn newest<'a>(
        &'a self,
        id: &str,
        requirement: &VersionReq,
        host: &Host<'_>,
    ) -> Result<Offer<'a>, String> {
        let offers: Vec<_> = self.offers().filter(|offer| offer.id == id).collect();
        let matching = |offer: &&Offer<'_>| {
            semver::Version::parse(&offer.version.version).is_ok_and(|version| requirement.matches(&version))
        };
        let usable = |offer: &&Offer<'_>| host.refuses(offer.version).is_none();
        if let Some(offer) = offers.iter().find(|offer| matching(offer) && usable(offer)) {
            return Ok(*offer);
        }
        if offers.is_empty() {
            return Err(format!("the index has no plugin {id}"));
        }
        let there: Vec<_> = offers
            .iter()
            .map(|offer| match host.refuses(offer.version) {
                Some(why) => format!("{} ({why})", offer.version.version),
                None => offer.version.version.clone(),
            })
            .collect();
        Err(format!("the index has no {id} {requirement} for this host, but {}", there.join(", ")))
    }

    fn offers(&self) -> impl Iterator<Item = Offer<'_>> {
        self.plugins
            .iter()
            .flat_map(|(id, plugin)| plugin.versions.iter().map(move |version| Offer { id, plugin, version }))
    }
}
