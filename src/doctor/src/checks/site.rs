//! Whether the page is there, and reached in a way in which browsers let it work.

use url::Url;

use super::needs::{self, Verdict};
use crate::answer::Failure;
use crate::finding::{Finding, Id};
use crate::observations::Observations;
use crate::probe::origin_of;
use crate::target::is_local;

/// Whether the page answers at its origin.
pub(crate) fn answers(seen: &Observations) -> Verdict {
    let page = needs::origin(seen)?;
    let Some(index) = seen.page.as_ref().map(|page| &page.index) else { return Ok(Vec::new()) };
    let finding = match index {
        Err(Failure::Certificate(reason)) => Finding::error(
            Id::PageCertificate,
            format!("The certificate of {page} is not trusted: {reason}."),
            "Give the host a certificate of a public authority for this name, with the intermediate ones; for an authority of your own, \
             pass its certificate with --ca FILE.pem.",
        ),
        Err(Failure::Unreachable(reason)) => Finding::error(
            Id::PageUnreachable,
            format!("Nothing answers at {page}: {reason}."),
            "Start the host, and check name, port and firewall.",
        ),
        Ok(answer) => match answer.location() {
            Some(location) => {
                let target = Url::parse(page).ok().and_then(|base| base.join(location).ok());
                let origin = target.and_then(|target| origin_of(target.as_str())).unwrap_or_default();
                if origin == page {
                    Finding::error(
                        Id::PageMissing,
                        format!("The page is not at the root of {page}: / leads to {location}."),
                        "Serve the files of the site at the root of a host of their own.",
                    )
                } else {
                    Finding::error(
                        Id::PageRedirects,
                        format!("The page is not at {page}, which leads to {origin}."),
                        "Use the other origin in Auth0's lists and as --page, or let the redirect end.",
                    )
                    .value(origin)
                }
            }
            None if answer.status == 200 && answer.is_html() => return Ok(Vec::new()),
            None => Finding::error(
                Id::PageMissing,
                format!(
                    "{page}/ is no page: it answers {} with the type {}.",
                    answer.status,
                    answer.header("content-type").unwrap_or("none")
                ),
                "Put the files of target/dist/site at the root of the host, and have it serve index.html as text/html.",
            )
            .value("Content-Type: text/html; charset=utf-8"),
        },
    };
    Ok(vec![finding])
}

/// Whether page and tenant are reached by https, or are of this machine; and whether the page loads anything by http.
pub(crate) fn transport(seen: &Observations) -> Verdict {
    let (page, tenant) = (needs::origin(seen)?, &seen.target.tenant);
    let is_plain = |origin: &str| origin.starts_with("http://") && !is_local(origin);
    let secure = |origin: &str| origin.replacen("http://", "https://", 1);
    let mut found = Vec::new();
    if is_plain(page) {
        found.push(
            Finding::error(
                Id::PageInsecure,
                format!("{page} is reached by http: browsers give such a page no cryptography, and nobody can sign in."),
                "Serve the page by https, and redirect http to it.",
            )
            .value(secure(page)),
        );
    }
    if is_plain(tenant) {
        found.push(
            Finding::error(
                Id::TenantInsecure,
                format!("{tenant} is reached by http: others on the way can read passwords and tokens."),
                "Use the tenant by https.",
            )
            .value(secure(tenant))
            .field("domain"),
        );
    }
    let index = needs::page(seen).map(|(_, index, _)| index.body.as_str()).unwrap_or_default();
    let loaded = ["src=\"http://", "href=\"http://"].iter().any(|start| index.contains(start));
    if page.starts_with("https://") && (tenant.starts_with("http://") || loaded) {
        let what = if loaded { "index.html names files by http" } else { "its tenant is reached by http" };
        found.push(Finding::error(
            Id::MixedContent,
            format!("Browsers block a part of the page: it comes by https, but {what}."),
            "Use https addresses only; in config.json, write \"domain\" as a bare host or with https.",
        ));
    }
    Ok(found)
}
