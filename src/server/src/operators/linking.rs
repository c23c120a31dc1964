//! The commands `find` and `link`.

use std::fmt::Write;
use std::process::ExitCode;

use management_client::{Link, SameAddress};
use model::{User, UserId};
use serde_json::json;

use super::connect;
use super::options::{FindOptions, LinkOptions};
use super::output;

/// Finds the accounts with an address, and suggests what to link.
///
/// # Errors
/// When the tenant fails.
pub(crate) async fn find(options: &FindOptions) -> anyhow::Result<ExitCode> {
    let client = connect::client(&options.tenant)?;
    let SameAddress { verified, others } = SameAddress::find(&client, &options.email).await?;
    let found = verified.len() + others.len();
    if options.tenant.json {
        for (is_verified, user) in
            verified.iter().map(|user| (true, user)).chain(others.iter().map(|user| (false, user)))
        {
            output::print_json(&json!({ "verified": is_verified, "user": user }))?;
        }
    } else {
        output::print(&suggestion(&options.email, &verified, &others))?;
    }
    Ok(if found > 0 { ExitCode::SUCCESS } else { output::exit_code(0, 1) })
}

fn suggestion(email: &str, verified: &[User], others: &[User]) -> String {
    let mut text = String::new();
    let mut list = |title: &str, users: &[User]| {
        if users.is_empty() {
            return;
        }
        let _ = writeln!(text, "{title}");
        for user in users {
            let logins: Vec<_> = user.identities.iter().map(output::connection).collect();
            let _ = writeln!(text, "  {}: {}", output::user(user), logins.join(", "));
        }
    };
    list("The address is verified in:", verified);
    list("Not verified or blocked, so that it may be somebody else's:", others);
    match verified {
        [] if others.is_empty() => {
            let _ = writeln!(text, "No account has the address {}.", output::printable(email));
        }
        [primary, secondaries @ ..] if !secondaries.is_empty() => {
            let _ = writeln!(text, "If they are of one person:");
            for secondary in secondaries {
                let (primary, secondary) = (quoted(&primary.user_id), quoted(&secondary.user_id));
                let _ = writeln!(text, "  linked-accounts link {primary} {secondary}");
            }
        }
        _ => {}
    }
    text
}

/// Quotes an id for a shell: ids of providers are chosen by others.
fn quoted(id: &UserId) -> String {
    format!("'{}'", output::printable(id.as_str()).replace('\'', r"'\''"))
}

/// Links one account to another one.
///
/// # Errors
/// When they cannot be linked, or the tenant fails.
pub(crate) async fn link(options: &LinkOptions) -> anyhow::Result<ExitCode> {
    let client = connect::client(&options.tenant)?;
    let link = Link::prepare(&client, &options.primary, &options.secondary, options.discard_metadata).await?;
    let identities = if options.dry_run {
        [&link.primary.identities[..], &link.secondary.identities].concat()
    } else {
        link.link(&client).await?
    };
    if options.tenant.json {
        output::print_json(&identities)?;
        return Ok(ExitCode::SUCCESS);
    }
    let verb = if options.dry_run { "would have" } else { "has" };
    let mut text = format!("{} {verb} these logins:\n", output::printable(options.primary.as_str()));
    for identity in &identities {
        let _ = writeln!(text, "  {}: {}", output::connection(identity), output::identity(identity));
    }
    let gone = if options.dry_run { "would no longer be a user" } else { "is no longer a user" };
    let _ = writeln!(text, "{} {gone} of its own.", output::printable(options.secondary.as_str()));
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_accounts_with_the_verified_address_are_suggested() {
        let user = |id: &str| -> User {
            let (provider, own) = id.split_once('|').unwrap();
            let identity = json!({ "provider": provider, "connection": provider, "user_id": own });
            serde_json::from_value(json!({ "user_id": id, "email": "a@b.c", "identities": [identity] }))
                .unwrap()
        };
        let verified = [user("auth0|1"), user("github|2")];
        let expected = "The address is verified in:\n  auth0|1  a@b.c (not verified): Password\n  \
            github|2  a@b.c (not verified): GitHub\n\
            Not verified or blocked, so that it may be somebody else's:\n  email|3  a@b.c (not verified): E-mail code\n\
            If they are of one person:\n  linked-accounts link 'auth0|1' 'github|2'\n";
        assert_eq!(suggestion("a@b.c", &verified, &[user("email|3")]), expected);
        assert!(!suggestion("a@b.c", &verified[..1], &[user("email|3")]).contains("linked-accounts link"));
    }

    // attack: accounts
    #[test]
    fn an_id_that_somebody_chose_cannot_add_to_the_suggested_command() {
        let id = UserId::new("samlp|acme|x'; rm -rf ~ #\n$(id)");
        assert_eq!(quoted(&id), "'samlp|acme|x'\\''; rm -rf ~ #\u{fffd}$(id)'");
    }
}
