//! The command `identities`.

use std::fmt::Write;
use std::process::ExitCode;

use model::User;
use serde_json::Value;

use super::connect;
use super::options::IdentitiesOptions;
use super::output;

/// Lists the identities of a user.
///
/// # Errors
/// When there is no such user, or the tenant fails.
pub(crate) async fn identities(options: &IdentitiesOptions) -> anyhow::Result<ExitCode> {
    let client = connect::client(&options.tenant)?;
    let shown = client.user_as_shown(&options.user).await?;
    let Some(shown) = shown else {
        anyhow::bail!("there is no user {}", output::printable(options.user.as_str()));
    };
    if options.tenant.json {
        output::print_json(shown.get("identities").unwrap_or(&Value::Null))?;
        return Ok(ExitCode::SUCCESS);
    }
    let user: User = serde_json::from_value(shown)?;
    let mut text = format!("{}\n", output::user(&user));
    for (place, identity) in user.identities.iter().enumerate() {
        let main = if place == 0 { "  main login" } else { "" };
        let name = output::connection(identity);
        let _ = writeln!(text, "  {name}: {}{main}", output::identity(identity));
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
