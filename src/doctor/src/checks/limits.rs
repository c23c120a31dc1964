//! Whether the tenant has room for more requests.

use super::needs::{self, Verdict};
use crate::answer::Answer;
use crate::finding::{Finding, Id};
use crate::observations::{ManagementSeen, Observations};

/// Whether the tenant answered by 429, or is about to (contract [A14](model::contract#a14)).
pub(crate) fn rate(seen: &Observations) -> Verdict {
    let endpoints = needs::tenant(seen)?;
    let mut observed = vec![
        &endpoints.authorize,
        &endpoints.sign_in,
        &endpoints.silent,
        &endpoints.token,
        &endpoints.preflight,
        &endpoints.logout,
    ];
    observed.extend(endpoints.connections.iter().map(|(_, answer)| answer));
    match &seen.management {
        Some(ManagementSeen::Refused(answer)) => observed.push(answer),
        Some(ManagementSeen::Read(read)) => {
            observed.extend([&read.client, &read.grants, &read.api]);
            observed.extend(read.connections.as_ref().err());
        }
        None => {}
    }
    let answers: Vec<&Answer> = observed.into_iter().filter_map(|answer| answer.as_ref().ok()).collect();
    let advice = "Auth0 Dashboard > Monitoring > Logs, filter by type:limit_wc OR type:api_limit: see who uses it up. A paid subscription \
                  has higher limits.";
    if let Some(refusal) = answers.iter().find(|answer| answer.status == 429) {
        let wait = refusal
            .header("retry-after")
            .map(|seconds| format!(" Wait {seconds} seconds, then run this again."));
        return Ok(vec![Finding::warning(
            Id::RateLimited,
            format!(
                "The tenant refuses requests because there are too many (429).{}",
                wait.unwrap_or_default()
            ),
            advice,
        )]);
    }
    let number = |answer: &Answer, name: &str| answer.header(name)?.parse::<u64>().ok();
    let low = answers.iter().find_map(|answer| {
        let (left, limit) = (number(answer, "x-ratelimit-remaining")?, number(answer, "x-ratelimit-limit")?);
        (left * 10 < limit).then_some((left, limit))
    });
    let Some((left, limit)) = low else { return Ok(Vec::new()) };
    Ok(vec![Finding::warning(
        Id::RateLimitLow,
        format!("The tenant has {left} of {limit} requests left: people will soon be told to wait."),
        advice,
    )])
}
