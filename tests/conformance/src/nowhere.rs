use std::path::PathBuf;

use wirebrush_engine::{Environment, File};
use wirebrush_schema::Failure;

/// Has no files and no models.
#[derive(Debug)]
pub struct Nowhere;

impl Environment for Nowhere {
    fn read_file(&self, name: &str) -> Result<File, Failure> {
        Err(Failure::failed(name))
    }

    fn find_model(&self, name: &str) -> Result<PathBuf, Failure> {
        Err(Failure::failed(name))
    }

    fn model_identity(&self, _: &str) -> String {
        String::new()
    }
}
