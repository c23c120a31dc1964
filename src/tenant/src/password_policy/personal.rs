//! Passwords that are made of what is known of their owner.

use model::{Metadata, Profile};
use store::fold_text;

/// Whether a password can be made of what is known of its owner: the address, the user name, the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalWords {
    /// It can.
    Accepted,
    /// It is not one of them, with nothing but digits and signs around it.
    NotAlone,
    /// It contains none of them.
    NotContained,
}

/// The words that are known of the owner of a password, in the form in which they are compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owner(Vec<String>);

/// The fewest characters of a word that a password must not contain: shorter ones are in many.
const SHORTEST: usize = 3;

impl Owner {
    /// Returns the words of a person: the address and its local part, the user name and the names, as in Auth0's
    /// password options.
    pub(crate) fn of(profile: &Profile, user_metadata: Option<&Metadata>) -> Self {
        let mut owner = Self::default();
        owner.add(profile, user_metadata);
        owner
    }

    /// Adds the words of another profile of the person.
    pub(crate) fn add(&mut self, profile: &Profile, user_metadata: Option<&Metadata>) {
        let address = profile.email();
        let local_part =
            address.and_then(|address| address.rsplit_once('@')).map(|(local_part, _)| local_part);
        let names = ["username", "name", "nickname", "given_name", "family_name", "phone_number"];
        let metadata = ["name", "first", "last"].into_iter();
        let metadata = metadata.filter_map(|key| user_metadata?.get(key)?.as_str());
        let words = names.into_iter().filter_map(|key| profile.text(key)).chain(metadata);
        let words = words.chain(address).chain(local_part);
        self.0.extend(words.map(str::trim).filter(|word| !word.is_empty()).map(fold_text));
    }

    /// Returns whether the rule refuses a password.
    pub(super) fn is_refused(&self, rule: PersonalWords, password: &str) -> bool {
        let password = fold_text(password);
        match rule {
            PersonalWords::Accepted => false,
            PersonalWords::NotAlone => self.0.iter().any(|word| is_little_more(&password, word)),
            PersonalWords::NotContained => self.0.iter().any(|word| {
                let mut parts = word.split_whitespace().chain([word.as_str()]);
                is_little_more(&password, word)
                    || parts.any(|part| part.chars().count() >= SHORTEST && password.contains(part))
            }),
        }
    }
}

/// Returns whether a password is a word, forwards or backwards, with nothing but digits and signs around it.
fn is_little_more(password: &str, word: &str) -> bool {
    let letters = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let (bare, of_word) = (letters(password), letters(word));
    let is_same = |one: &str, other: &str| one == other || one == backwards(other);
    is_same(password, word) || (of_word.chars().count() >= SHORTEST && is_same(&bare, &of_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Owner {
        let profile = Profile::default()
            .with("email", "ada.lovelace@example.test")
            .with("name", "Ad\u{e4} King")
            .with("username", "al")
            .with("phone_number", "+441815121001");
        let metadata = serde_json::json!({ "last": "Byron", "first": 7 });
        Owner::of(&profile, metadata.as_object())
    }

    #[test]
    fn a_password_is_not_a_word_of_its_owner_with_digits_and_signs_around_it() {
        for refused in [
            "ada.lovelace@example.test",
            "Ada.Lovelace@Example.TEST",
            "ada.lovelace",
            "ADA.LOVELACE1815!",
            "1815ada.lovelace",
            "ecalevol.ada",
            "ada\u{308} king",
            "AD\u{c4} KING 12",
            "byron1788",
            "al",
            "+441815121001",
        ] {
            assert!(ada().is_refused(PersonalWords::NotAlone, refused), "{refused}");
            assert!(ada().is_refused(PersonalWords::NotContained, refused), "{refused}");
            assert!(!ada().is_refused(PersonalWords::Accepted, refused), "{refused}");
            assert!(!Owner::default().is_refused(PersonalWords::NotContained, refused), "{refused}");
        }
        for accepted in ["analytical engine", "alabaster wall", "", "12345678", "al-1815-$%"] {
            assert!(!ada().is_refused(PersonalWords::NotContained, accepted), "{accepted}");
        }
    }

    #[test]
    fn a_password_contains_no_word_of_its_owner_where_the_connection_says_so() {
        for refused in ["kingdom of numbers", "my byron poems", "call +441815121001 now"] {
            assert!(ada().is_refused(PersonalWords::NotContained, refused), "{refused}");
            assert!(!ada().is_refused(PersonalWords::NotAlone, refused), "{refused}");
        }
    }
}
