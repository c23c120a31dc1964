//! The list of clients.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::python;
use crate::workspace::Workspace;

/// The origin of a client, which decides how its tests run.
pub(super) enum Kind {
    /// An npm package, by its folder in `node_modules`, and the file of its tests.
    Node { package: &'static str, tests: &'static str },
    /// A Python package, the file that names its version and all that it needs, and the file of its tests.
    Python { package: &'static str, requirements: &'static str, tests: &'static str },
    /// A crate, whose tests are the module of that name among the server's.
    Rust { krate: &'static str },
}

/// A client, by the name that the table gives it.
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// The clients, in the order of the table.
pub(super) static CLIENTS: [Client; 18] = [
    node("`auth0` (Node.js)", "auth0", "node-auth0.test.js"),
    node("`auth0` 4 (Node.js)", "auth0-4", "node-auth0-4.test.js"),
    python("`auth0-python` 6", "auth0-python", "auth0-python-6", "auth0_python.py"),
    python("`auth0-python` 5", "auth0-python", "auth0-python-5", "auth0_python.py"),
    python("`auth0-python` 4", "auth0-python", "auth0-python-4", "auth0_python.py"),
    node("`@auth0/auth0-spa-js` (Chromium)", "@auth0/auth0-spa-js", "auth0-spa-js.test.js"),
    node("`@auth0/auth0-react` (Chromium)", "@auth0/auth0-react", "auth0-react.test.js"),
    node("`auth0-js` (Chromium)", "auth0-js", "auth0-js.test.js"),
    node("`@auth0/nextjs-auth0` (Chromium)", "@auth0/nextjs-auth0", "nextjs-auth0.test.js"),
    node("`express-openid-connect` (Chromium)", "express-openid-connect", "express-openid-connect.test.js"),
    node("`passport-auth0` (Chromium)", "passport-auth0", "passport-auth0.test.js"),
    node("`auth0-deploy-cli` (Node.js)", "auth0-deploy-cli", "auth0-deploy-cli.test.js"),
    node("`oidc-client-ts` (Chromium)", "oidc-client-ts", "oidc-client-ts.test.js"),
    node("`openid-client` (Node.js)", "openid-client", "openid-client.test.js"),
    python("`social-auth-core` (Python, Django)", "social-auth-core", "social-auth", "social_auth.py"),
    python("`Authlib` (Python, Flask)", "Authlib", "authlib", "authlib_client.py"),
    Client { name: "`oauth2` (Rust)", kind: Kind::Rust { krate: "oauth2" } },
    Client { name: "`openidconnect` (Rust)", kind: Kind::Rust { krate: "openidconnect" } },
];

const fn node(name: &'static str, package: &'static str, tests: &'static str) -> Client {
    Client { name, kind: Kind::Node { package, tests } }
}

const fn python(
    name: &'static str,
    package: &'static str,
    requirements: &'static str,
    tests: &'static str,
) -> Client {
    Client { name, kind: Kind::Python { package, requirements, tests } }
}

impl Client {
    /// Returns the version that is installed, or listed to be.
    ///
    /// # Errors
    /// When nothing names it.
    pub(super) fn version(&self, workspace: &Workspace, folder: &Path) -> Result<String> {
        match &self.kind {
            Kind::Node { package, .. } => {
                let manifest =
                    fs::read_to_string(folder.join("node_modules").join(package).join("package.json"))?;
                let manifest: Value = serde_json::from_str(&manifest)?;
                Ok(manifest["version"].as_str().context("the package names no version")?.to_owned())
            }
            Kind::Python { package, requirements, .. } => {
                let text = fs::read_to_string(python::listed(folder, requirements))?;
                let line = text.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
                Ok(line.with_context(|| format!("{requirements}.txt names no {package}"))?.to_owned())
            }
            Kind::Rust { krate } => {
                let lock = fs::read_to_string(workspace.root.join("Cargo.lock"))?;
                let entry =
                    lock.split_once(&format!("name = \"{krate}\"\nversion = \"")).map(|(_, rest)| rest);
                let version = entry.and_then(|rest| rest.split('"').next());
                Ok(version.with_context(|| format!("Cargo.lock has no {krate}"))?.to_owned())
            }
        }
    }
}
