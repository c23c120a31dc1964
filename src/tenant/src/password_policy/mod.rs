//! Password policies: what a connection requires of new passwords.

mod common;
mod personal;

use serde_json::{Value, json};

use crate::password_hash::{hash_password, normal_form, with_hash_permit};
use crate::secret::Secret;

pub(crate) use personal::Owner;
pub use personal::PersonalWords;

/// The maximum number of characters of a password, so that hashing it takes a bounded time.
const MAX_LENGTH: usize = 1024;

/// What a connection requires of new passwords (Auth0: "Password Strength in Auth0 Database Connections", "Password Options in
/// Auth0 Database Connections").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The required kinds of characters.
    pub level: PasswordLevel,
    /// The minimum number of characters; `None` for the minimum of the level.
    pub min_length: Option<usize>,
    /// The passwords that are refused, in any case, besides those that are common everywhere. `None` if common ones are
    /// accepted.
    pub dictionary: Option<Vec<String>>,
    /// Whether a password can be made of what is known of its owner.
    pub personal_words: PersonalWords,
}

impl Default for PasswordPolicy {
    /// Returns a policy of eight characters of any kind that are neither a common password nor the owner's address or name, as
    /// NIST SP 800-63B requires. Auth0's default accepts one character, and everything.
    fn default() -> Self {
        Self {
            level: PasswordLevel::None,
            min_length: Some(8),
            dictionary: Some(Vec::new()),
            personal_words: PersonalWords::NotAlone,
        }
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

/// Why a password is refused.
#[derive(Clone, Debug)]
pub(crate) enum Weakness {
    /// It violates some of these rules.
    Rules(RuleList),
    /// It is a common password.
    Common,
    /// It is made of what is known of its owner.
    Personal,
}

/// The rules of a policy, each with whether a password satisfies it.
#[derive(Clone, Debug)]
pub(crate) struct RuleList(Vec<Rule>);

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
        let common = self.dictionary.as_ref().map(|_| "Not a password that many people have");
        let personal = match self.personal_words {
            PersonalWords::Accepted => None,
            PersonalWords::NotAlone => Some("Not your e-mail address or your name"),
            PersonalWords::NotContained => Some("Nothing of your e-mail address or your name in it"),
        };
        let rules = self.rules("").into_iter().map(|rule| rule.sentence);
        rules.chain([common, personal].into_iter().flatten().map(str::to_owned)).collect()
    }

    fn check(&self, password: &str, owner: &Owner) -> Result<(), Weakness> {
        let rules = self.rules(password);
        if rules.iter().any(|rule| !rule.satisfied) {
            return Err(Weakness::Rules(RuleList(rules)));
        }
        if self.dictionary.as_ref().is_some_and(|custom| common::is_common(password, custom)) {
            return Err(Weakness::Common);
        }
        if owner.is_refused(self.personal_words, password) { Err(Weakness::Personal) } else { Ok(()) }
    }

    /// Hashes a new password on a blocking thread.
    ///
    /// # Errors
    /// [`PasswordHashError`].
    pub(crate) async fn hash(&self, password: Secret, owner: &Owner) -> Result<String, PasswordHashError> {
        self.check(&normal_form(&password), owner).map_err(PasswordHashError::Weak)?;
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
    /// Returns the name and the message of Auth0's error.
    fn error(&self) -> (&'static str, &'static str) {
        match self {
            Self::Rules(_) => ("PasswordStrengthError", "Password is too weak"),
            Self::Common => ("PasswordDictionaryError", "Password is too common"),
            Self::Personal => ("PasswordNoUserInfoError", "Password contains user information"),
        }
    }

    /// Returns the message of the Management API.
    pub(crate) fn message(&self) -> String {
        let (name, message) = self.error();
        format!("{name}: {message}")
    }

    /// Returns a sentence for the person who chose the password.
    pub(crate) fn sentence(&self) -> &'static str {
        match self {
            Self::Rules(_) => "This password is too weak. See below what it needs.",
            Self::Common => {
                "Many people have this password, so that it is guessed first. Choose another one."
            }
            Self::Personal => "This password is your address or your name. Choose another one.",
        }
    }

    /// Returns the reason in the format of Auth0's sign-up, as far as it is recorded (contract [C4](model::contract#c4),
    /// [U-2](model::contract#u-2)).
    pub(crate) fn value(&self) -> Value {
        let (name, message) = self.error();
        let mut value =
            json!({ "name": name, "message": message, "code": "invalid_password", "statusCode": 400 });
        if let Self::Rules(RuleList(rules)) = self {
            let policy: Vec<_> = rules.iter().map(|rule| format!("* {}", rule.sentence)).collect();
            let rules: Vec<_> = rules.iter().map(|rule| rule.value.clone()).collect();
            value["description"] = json!({ "rules": rules, "verified": false });
            value["policy"] = policy.join("\n").into();
        } else {
            value["description"] = message.into();
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(level: PasswordLevel, min_length: Option<usize>, password: &str) -> bool {
        let policy = PasswordPolicy { level, min_length, ..PasswordPolicy::default() };
        policy.rules(password).iter().all(|rule| rule.satisfied)
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
        let policy =
            PasswordPolicy { level: PasswordLevel::Good, min_length: None, ..PasswordPolicy::default() };
        let body = Weakness::Rules(RuleList(policy.rules("hunter"))).value();
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
