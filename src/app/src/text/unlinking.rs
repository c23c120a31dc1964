//! What unlinking will do, before it is done.

use super::Label;

/// A stretch of a sentence, and whether it is the part that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The words.
    pub text: String,
    /// Whether they carry the sentence.
    pub strong: bool,
}

fn plain(text: impl Into<String>) -> Part {
    Part { text: text.into(), strong: false }
}

fn strong(text: impl Into<String>) -> Part {
    Part { text: text.into(), strong: true }
}

/// How many remaining logins the dialog names before it counts the rest.
const NAMED: usize = 4;

/// Which logins remain when `label` goes; `all` holds every login of the account, that one included.
fn what_remains(all: &[Label], label: &Label) -> Vec<Part> {
    let several = |one: &Label| all.iter().filter(|other| other.name == one.name).count() > 1;
    let mut rest: Vec<String> = Vec::new();
    let mut skipped = false;
    for other in all {
        if other == label && !skipped {
            skipped = true;
        } else {
            rest.push(other.as_means(several(other)));
        }
    }
    let more = rest.len().saturating_sub(NAMED);
    // "and 1 more" is no shorter than its name.
    let count = if more > 1 { NAMED } else { rest.len() };
    let mut names: Vec<Part> = rest.iter().take(count).map(strong).collect();
    if more > 1 {
        names.push(plain(format!("{more} more")));
    }
    let last = names.len().saturating_sub(1);
    let mut parts = vec![plain("You can still sign in with ")];
    for (place, name) in names.into_iter().enumerate() {
        match place {
            0 => {}
            place if place == last => parts.push(plain(" and ")),
            _ => parts.push(plain(", ")),
        }
        parts.push(name);
    }
    parts.push(plain("."));
    parts
}

/// What becomes of the login that goes.
fn what_splits_off(all: &[Label], label: &Label) -> Vec<Part> {
    let several = all.iter().filter(|other| other.name == label.name).count() > 1;
    vec![
        plain(format!("Signing in with {} afterwards opens a ", label.as_means(several))),
        strong("separate, empty account"),
        plain("."),
    ]
}

/// What does not change.
fn what_stays() -> Vec<Part> {
    vec![plain("Everything in this account stays as it is.")]
}

/// What the dialog says: each sentence with the name of its icon.
#[must_use]
pub fn facts(all: &[Label], label: &Label) -> [(&'static str, Vec<Part>); 3] {
    [
        ("ui-check", what_remains(all, label)),
        ("ui-split", what_splits_off(all, label)),
        ("ui-stay", what_stays()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::tests::{google, label};

    fn sentence(parts: &[Part]) -> String {
        parts.iter().map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn the_dialog_names_what_remains() {
        let all = [
            label("auth0", "db", &json!({ "email": "a@x.example" })),
            google("a@gmail.example"),
            label("github", "github", &json!({ "nickname": "ada" })),
        ];
        assert_eq!(
            sentence(&what_remains(&all, &all[2])),
            "You can still sign in with your password and Google."
        );
    }

    #[test]
    fn two_logins_of_one_provider_are_told_apart_in_the_dialog() {
        let all = [label("auth0", "db", &json!({})), google("one@x.example"), google("two@x.example")];
        assert_eq!(
            sentence(&what_remains(&all, &all[1])),
            "You can still sign in with your password and Google as two@x.example."
        );
        assert_eq!(
            sentence(&what_splits_off(&all, &all[1])),
            "Signing in with Google as one@x.example afterwards opens a separate, empty account."
        );
    }

    #[test]
    fn a_long_list_of_remaining_logins_is_counted() {
        let all: Vec<Label> = ["auth0", "github", "apple", "facebook", "twitter", "line", "okta"]
            .map(|provider| label(provider, provider, &json!({})))
            .into();
        assert_eq!(
            sentence(&what_remains(&all, &all[6])),
            "You can still sign in with your password, GitHub, Apple, Facebook and 2 more."
        );
    }
}
