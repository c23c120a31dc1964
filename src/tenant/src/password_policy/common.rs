//! The passwords that many people have, which are guessed first.

use std::collections::HashSet;
use std::sync::LazyLock;

use store::fold_text;

/// About 20,000 passwords, the most common first, in lower case. Whence they come is written beside the file.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../../data/common-passwords.txt").lines().collect());

/// Returns whether a password is common in any case, or one of `custom`.
pub(super) fn is_common(password: &str, custom: &[String]) -> bool {
    let password = fold_text(password);
    COMMON.contains(password.as_str()) || custom.iter().any(|word| fold_text(word) == password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_form_in_which_it_is_compared() {
        assert!(COMMON.len() > 10_000);
        assert!(COMMON.iter().all(|password| fold_text(password) == **password && !password.is_empty()));
    }

    #[test]
    fn a_common_password_is_so_in_every_case_and_normal_form_and_a_longer_one_is_not() {
        for common in ["123456789", "Password1", "QWERTYUIOP", "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}"] {
            assert!(is_common(common, &[]), "{common}");
        }
        for other in ["correct horse battery staple", "password1 ", " ", "", "123456789012345678901"] {
            assert!(!is_common(other, &[]), "{other}");
        }
        let custom = ["\u{c5}ngstr\u{f6}m Inc".to_owned()];
        assert!(is_common("a\u{30a}ngstro\u{308}m inc", &custom));
    }
}
