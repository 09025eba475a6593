//! Names of files in packages and of plugins' own files.

use std::path::{Component, Path};

use fastrand::Rng;

use super::Target;
use crate::mutate;

pub(super) struct Names;

impl Target for Names {
    fn run(&mut self, rng: &mut Rng) -> bool {
        let mut name = b"luts/warm.bin".to_vec();
        mutate::bytes(rng, &mut name);
        let name = String::from_utf8_lossy(&name);
        let good = wirebrush_package::check_path(&name).is_ok();
        if good {
            let inside = Path::new(&*name).components().all(|part| matches!(part, Component::Normal(_)));
            assert!(inside && !name.contains(['\\', ':', '\0']), "`{name}` leads elsewhere");
        }
        good
    }
}
