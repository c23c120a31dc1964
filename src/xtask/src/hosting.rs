//! Ready-made configurations of static hosts, with the content security policy of a build filled in.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The folder of the templates.
const TEMPLATES: &str = "src/hosting";

/// The templates, and whether each has the policy.
const FILES: [(&str, bool); 4] =
    [("nginx.conf", true), ("Caddyfile", true), ("_headers", true), ("_redirects", false)];

/// What stands for the policy in a template.
const PLACEHOLDER: &str = "@@POLICY@@";

/// Fills the templates of the repository at `root` with the policy of the site in `site`, and writes them to the folder `to`. The
/// policy keeps `https://TENANT` for whoever deploys it.
///
/// # Errors
/// When a file cannot be read or written, or a template has the placeholder in the wrong number.
pub(crate) fn write(root: &Path, site: &Path, to: &Path) -> Result<()> {
    let policy = site.join("csp.txt");
    let policy =
        fs::read_to_string(&policy).with_context(|| format!("{} could not be read", policy.display()))?;
    fs::create_dir_all(to)?;
    for (name, has_policy) in FILES {
        let path = root.join(TEMPLATES).join(name);
        let template =
            fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
        let count = template.matches(PLACEHOLDER).count();
        ensure!(count == usize::from(has_policy), "{name} has {PLACEHOLDER} {count} times");
        fs::write(to.join(name), template.replace(PLACEHOLDER, policy.trim()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn every_host_gets_the_policy_of_the_build() {
        let root = Workspace::find().unwrap().root;
        let folder = root.join("target/hosting-test");
        fs::create_dir_all(&folder).unwrap();
        let policy = "script-src 'self' 'sha256-x='; connect-src 'self' https://TENANT";
        fs::write(folder.join("csp.txt"), format!("{policy}\n")).unwrap();
        write(&root, &folder, &folder.join("hosting")).unwrap();
        for (name, has_policy) in FILES {
            let written = fs::read_to_string(folder.join("hosting").join(name)).unwrap();
            assert_eq!(written.contains(policy), has_policy, "{name}");
            assert!(!written.contains(PLACEHOLDER), "{name}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_folder_has_no_template_that_is_not_deployed() {
        let root = Workspace::find().unwrap().root;
        let mut found: Vec<_> = fs::read_dir(root.join(TEMPLATES))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let mut listed = FILES.map(|(name, _)| name.to_owned()).to_vec();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
    }
}
