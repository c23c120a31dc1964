//! Whether the page's content security policy is there, lets the page reach its tenant, and is one.

use model::silent_sign_in::EARLY_START;

use super::needs::{self, Verdict};
use crate::content_policy::{ContentPolicy, hash, inline_scripts};
use crate::finding::{Finding, Id};
use crate::observations::Observations;

/// The source that stands for the tenant in the file of the build.
const PLACEHOLDER: &str = "https://TENANT";

/// Whether the policy fits page and tenant.
pub(crate) fn policy(seen: &Observations) -> Verdict {
    let (page, index, _) = needs::page(seen)?;
    let tenant = &seen.target.tenant;
    let headers: Vec<&str> = index.headers_named("content-security-policy").collect();
    if headers.is_empty() {
        return Ok(vec![Finding::warning(
            Id::PolicyMissing,
            "The page has no content security policy: a script that gets into it could use the tokens.",
            "Have the host send the line of csp.txt, with this in place of https://TENANT, as Content-Security-Policy with every \
             response. The files in target/dist/hosting do.",
        )
        .value(tenant)]);
    }
    if headers.iter().any(|header| header.contains(PLACEHOLDER)) {
        return Ok(vec![Finding::error(
            Id::PolicyPlaceholder,
            "The content security policy still has https://TENANT, so that the page may not reach its tenant.",
            "Where the host sets Content-Security-Policy, put this in place of https://TENANT, each time that it stands there.",
        )
        .value(tenant)]);
    }
    let policies: Vec<ContentPolicy> =
        headers.iter().flat_map(|header| header.split(',')).map(ContentPolicy::parse).collect();
    let mut found = Vec::new();
    let blocked: Vec<&str> = ["connect-src", "frame-src"]
        .into_iter()
        .filter(|directive| !policies.iter().all(|policy| policy.allows_origin(directive, page, tenant)))
        .collect();
    if !blocked.is_empty() {
        let effect = if blocked.contains(&"connect-src") {
            "nobody can sign in"
        } else {
            "a reload signs everybody out"
        };
        found.push(
            Finding::error(
                Id::PolicyBlocksTenant,
                format!(
                    "The content security policy keeps the page from its tenant ({}): {effect}.",
                    blocked.join(", ")
                ),
                format!(
                    "Where the host sets Content-Security-Policy, add this to {}.",
                    blocked.join(" and ")
                ),
            )
            .value(tenant),
        );
    }
    // A script that a host adds to the page is none of it, and may well be blocked.
    let scripts = inline_scripts(&index.body);
    let names_wasm = scripts.iter().any(|script| script.contains(".wasm"));
    let is_start = |script: &&str| {
        if names_wasm { script.contains(".wasm") } else { !script.contains(EARLY_START) }
    };
    let is_blocked = |script: &&str| !policies.iter().all(|policy| policy.allows_script(script));
    let mut blocked = scripts.iter().copied().filter(is_blocked);
    if let Some(script) = blocked.clone().find(is_start) {
        found.push(
            Finding::error(
                Id::PolicyBlocksScript,
                "The content security policy is not that of this build: it keeps the page's script from starting, and the page stays empty.",
                "Copy the line of csp.txt anew after each build; the script-src of this one needs this.",
            )
            .value(hash(script)),
        );
    } else if !policies.iter().all(ContentPolicy::allows_wasm) {
        found.push(
            Finding::error(
                Id::PolicyBlocksScript,
                "The content security policy keeps the page from compiling its WASM, and the page stays empty.",
                "Where the host sets Content-Security-Policy, add this to script-src.",
            )
            .value("'wasm-unsafe-eval'"),
        );
    } else if let Some(script) = blocked.find(|script| script.contains(EARLY_START)) {
        found.push(
            Finding::warning(
                Id::PolicyBlocksScript,
                "The content security policy is not that of this build: it keeps the script from running that signs in while the page is on its way, and the list comes later.",
                "Copy the line of csp.txt anew after each build; the script-src of this one needs this.",
            )
            .value(hash(script)),
        );
    }
    // Several policies hold together, so that one without a hole is enough.
    if let Some(hole) = policies.iter().map(ContentPolicy::hole).reduce(Option::and).flatten() {
        found.push(Finding::warning(
            Id::PolicyUnsafe,
            format!("The content security policy protects little: {hole}."),
            "Send the line of csp.txt as it is, with the tenant's origin in place of https://TENANT.",
        ));
    }
    Ok(found)
}
