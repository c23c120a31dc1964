//! What every benchmark is given.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::load::Load;
use super::programs::Programs;
use super::tenant::Databases;
use crate::folder::empty;
use crate::workspace::Workspace;

/// The connections of a load.
pub(super) const CONNECTIONS: u32 = 32;

/// The programs, the folders, and how often and how long is measured.
pub(super) struct Context<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) programs: Programs,
    pub(super) databases: Databases,
    /// How often each pair is measured, in turn, if that is not left to the benchmark.
    pub(super) runs: Option<u16>,
    /// How long one load lasts.
    pub(super) seconds: u32,
    /// The folder of everything that the benchmarks write, on the disk of the workspace.
    pub(super) folder: PathBuf,
}

impl Context<'_> {
    /// How often each pair is measured; `default` if the person has not said it.
    pub(super) fn runs(&self, default: u16) -> usize {
        usize::from(self.runs.unwrap_or(default))
    }

    /// A load of many connections.
    pub(super) fn load(&self) -> Load {
        Load { connections: CONNECTIONS, seconds: self.seconds }
    }

    /// Returns an empty folder of this name.
    ///
    /// # Errors
    /// When it cannot be emptied or made.
    pub(super) fn empty_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join("runs").join(name);
        empty(&folder)?;
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}
