//! Password policies: what a connection requires of new passwords.

use serde_json::{Value, json};

use crate::password_hash::{hash_password, normal_form, with_hash_permit};
use crate::secret::Secret;

/// The maximum number of characters of a password, so that hashing it takes a bounded time.
const MAX_LENGTH: usize = 1024;

/// What a connection requires of new passwords (Auth0: "Password Strength in Auth0 Database Connections").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The required kinds of characters.
    pub level: PasswordLevel,
    /// The minimum number of characters; `None` for the minimum of the level.
    pub min_length: Option<usize>,
}

impl Default for PasswordPolicy {
    /// Returns a policy of eight characters of any kind, as NIST SP 800-63B requires. Auth0's default accepts one
    /// character.
    fn default() -> Self {
        Self { level: PasswordLevel::None, min_length: Some(8) }
    }
}

/// Auth0's five levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordLevel {
    /// One character or more of any kind.
    None,
    /// Six characters.
    Low,
    /// Eight characters with a lower case letter, an upper case letter and a number.
    Fair,
    /// Eight characters with three kinds of four: the former and special characters.
    Good,
    /// Ten characters with the kinds of [`PasswordLevel::Good`], and no character more than twice in a row.
    Excellent,
}

/// A rule, and whether the password satisfies it.
#[derive(Clone, Debug)]
struct Rule {
    satisfied: bool,
    /// The rule as a sentence.
    sentence: String,
    /// The rule as JSON in Auth0's format.
    value: Value,
}

/// The rules that a refused password violates.
#[derive(Clone, Debug)]
pub(crate) struct Weakness(Vec<Rule>);

/// The reason why a new password was not hashed.
#[derive(Debug)]
pub(crate) enum PasswordHashError {
    /// The password violates the policy.
    Weak(Weakness),
    /// Hashing failed.
    Failed,
}

/// A kind of characters: its description, its code in Auth0's format, and its test.
type CharacterClass = (&'static str, &'static str, fn(char) -> bool);
const CHARACTER_CLASSES: [CharacterClass; 4] = [
    ("lower case letters (a-z)", "lowerCase", |c| c.is_ascii_lowercase()),
    ("upper case letters (A-Z)", "upperCase", |c| c.is_ascii_uppercase()),
    ("numbers (i.e. 0-9)", "numbers", |c| c.is_ascii_digit()),
    ("special characters (e.g. !@#$%^&*)", "specialCharacters", |c| c.is_ascii_punctuation() || c == ' '),
];

impl PasswordPolicy {
    /// Returns the rules, each with whether `password` satisfies it.
    fn rules(&self, password: &str) -> Vec<Rule> {
        use PasswordLevel as L;
        let least = self.min_length.unwrap_or(match self.level {
            L::None => 1,
            L::Low => 6,
            L::Fair | L::Good => 8,
            L::Excellent => 10,
        });
        let length = password.chars().count();
        let satisfied = length >= least && length <= MAX_LENGTH;
        let mut rules = vec![Rule {
            satisfied,
            sentence: format!("At least {least} characters in length"),
            value: json!({ "message": "At least %d characters in length", "format": [least],
                "code": "lengthAtLeast", "verified": satisfied }),
        }];
        let kinds = match self.level {
            L::None | L::Low => None,
            L::Fair => Some((3, 3)),
            L::Good | L::Excellent => Some((3, 4)),
        };
        rules.extend(kinds.map(|(wanted, of)| character_classes_rule(password, wanted, of)));
        if self.level == L::Excellent {
            let characters: Vec<char> = password.chars().collect();
            let satisfied = !characters.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
            rules.push(Rule {
                satisfied,
                sentence: "No more than 2 identical characters in a row (e.g., \"aaa\" not allowed)"
                    .to_owned(),
                value: json!({
                    "message": "No more than %d identical characters in a row (e.g., \"%s\" not allowed)",
                    "format": [2, "aaa"], "code": "identicalChars", "verified": satisfied }),
            });
        }
        rules
    }

    /// Returns the rules as sentences for a person who chooses a password.
    pub(crate) fn requirements(&self) -> Vec<String> {
        self.rules("").into_iter().map(|rule| rule.sentence).collect()
    }

    /// Hashes a new password on a blocking thread.
    ///
    /// # Errors
    /// [`PasswordHashError`].
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, PasswordHashError> {
        let rules = self.rules(&normal_form(&password));
        if rules.iter().any(|rule| !rule.satisfied) {
            return Err(PasswordHashError::Weak(Weakness(rules)));
        }
        with_hash_permit(move || hash_password(&password)).await.ok_or(PasswordHashError::Failed)
    }
}

/// Returns the rule that requires `wanted` of the first `of` kinds of characters.
fn character_classes_rule(password: &str, wanted: usize, of: usize) -> Rule {
    let found: Vec<_> = CHARACTER_CLASSES[..of].iter().map(|(.., is)| password.chars().any(is)).collect();
    let satisfied = found.iter().filter(|found| **found).count() >= wanted;
    let items: Vec<_> = CHARACTER_CLASSES
        .iter()
        .zip(&found)
        .map(|((message, code, _), verified)| json!({ "message": message, "code": code, "verified": verified }))
        .collect();
    let names: Vec<_> = CHARACTER_CLASSES[..of].iter().map(|(name, ..)| *name).collect();
    let (sentence, value) = if wanted == of {
        let message = "Should contain:";
        (message.to_owned(), json!({ "message": message, "code": "shouldContain" }))
    } else {
        let value = json!({ "message": "Contain at least %d of the following %d types of characters:",
            "format": [wanted, of], "code": "containsAtLeast" });
        (format!("Contain at least {wanted} of the following {of} types of characters:"), value)
    };
    let mut value = value;
    value["items"] = items.into();
    value["verified"] = satisfied.into();
    Rule { satisfied, sentence: format!("{sentence} {}", names.join(", ")), value }
}

impl Weakness {
    /// Returns the rules in the format of Auth0's sign-up, as far as it is recorded (contract [C4](model::contract#c4),
    /// [U-2](model::contract#u-2)).
    pub(crate) fn value(&self) -> Value {
        let rules: Vec<_> = self.0.iter().map(|rule| rule.value.clone()).collect();
        let policy: Vec<_> = self.0.iter().map(|rule| format!("* {}", rule.sentence)).collect();
        json!({
            "name": "PasswordStrengthError",
            "message": "Password is too weak",
            "code": "invalid_password",
            "description": { "rules": rules, "verified": false },
            "policy": policy.join("\n"),
            "statusCode": 400,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(level: PasswordLevel, min_length: Option<usize>, password: &str) -> bool {
        PasswordPolicy { level, min_length }.rules(password).iter().all(|rule| rule.satisfied)
    }

    #[test]
    fn each_level_asks_for_what_auth0_documents() {
        use PasswordLevel as L;
        for (level, good, bad) in [
            (L::None, &["x", "  "][..], &[""][..]),
            (L::Low, &["aaaaaa", "ünïcöd"], &["aaaaa"]),
            (L::Fair, &["abcdEFG1"], &["abcdEFGH", "abcdefg1", "ABCDEFG1", "abcEF1"]),
            (L::Good, &["abcdEFG1", "abcdef1!", "ABCDE 1!"], &["abcdefg1", "abcdefgh", "aB1!"]),
            (L::Excellent, &["abcdEFGH11", "aabbAABB11"], &["abcdEFGH1", "abcdEFG111", "abcdefgh11"]),
        ] {
            for password in good {
                assert!(takes(level, None, password), "{level:?} {password}");
            }
            for password in bad {
                assert!(!takes(level, None, password), "{level:?} {password}");
            }
        }
    }

    #[test]
    fn a_length_of_ones_own_counts_in_place_of_the_levels() {
        assert!(takes(PasswordLevel::Excellent, Some(4), "aB1x"));
        assert!(!takes(PasswordLevel::Low, Some(12), "abcdefgh"));
        assert!(!takes(PasswordLevel::None, None, &"a".repeat(MAX_LENGTH + 1)), "hashing is bounded");
    }

    #[test]
    fn a_refusal_tells_each_rule_and_nothing_of_the_password() {
        let rules = PasswordPolicy { level: PasswordLevel::Good, min_length: None }.rules("hunter");
        let body = Weakness(rules).value();
        assert_eq!(body["description"]["rules"][0]["verified"], false);
        assert_eq!(body["description"]["rules"][1]["items"][0]["verified"], true);
        assert_eq!(
            body["policy"],
            "* At least 8 characters in length\n* Contain at least 3 of the following 4 types of characters: \
             lower case letters (a-z), upper case letters (A-Z), numbers (i.e. 0-9), special characters (e.g. \
             !@#$%^&*)"
        );
        assert!(!body.to_string().contains("hunter"));
    }
}
