//! Texts of the safety line: how many ways into the account there are, and what follows from it.

use super::messages::messages;
use model::unlink_policy::WaysIn;

messages! { ways_in:
    /// The number of logins that open the account.
    count(ways_in: usize) = "{ways_in, plural, one {# way in.} other {# ways in.}}";
    /// With several, one of them the person's own.
    losing_one() = "Losing one will not lock you out.";
    /// With one. Leads to the section for linking.
    link_a_second() = "Link a second, so that losing it does not lock you out.";
    /// With logins of a company only.
    only_company() = "Only your company opens this account.";
    /// What to do then. Leads to the section for linking.
    link_your_own() = "Link a login of your own before you leave.";
    /// Without any login that can sign in.
    none() = "No login here can sign in at the moment.";
    /// What to do then. Leads to the section for linking.
    link_one_that_can() = "Link one that can before you sign out.";
}

/// How many logins open the account, as a sentence.
#[must_use]
pub fn ways_in(ways_in: WaysIn) -> String {
    match ways_in {
        WaysIn::None => none().to_owned(),
        WaysIn::OnlyCompany(_) => only_company().to_owned(),
        WaysIn::One | WaysIn::Several(_) => count(ways_in.count()),
    }
}

/// What follows from [`ways_in`]: a promise, or what to do.
#[must_use]
pub fn safety_of(ways_in: WaysIn) -> &'static str {
    match ways_in {
        WaysIn::None => link_one_that_can(),
        WaysIn::One => link_a_second(),
        WaysIn::OnlyCompany(_) => link_your_own(),
        WaysIn::Several(_) => losing_one(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_safety_line_counts_and_says_what_to_do() {
        let line = |ways: WaysIn| format!("{} {}", ways_in(ways), safety_of(ways));
        assert_eq!(line(WaysIn::Several(5)), "5 ways in. Losing one will not lock you out.");
        assert_eq!(line(WaysIn::One), "1 way in. Link a second, so that losing it does not lock you out.");
        assert_eq!(
            line(WaysIn::OnlyCompany(2)),
            "Only your company opens this account. Link a login of your own before you leave."
        );
        assert_eq!(
            line(WaysIn::None),
            "No login here can sign in at the moment. Link one that can before you sign out."
        );
    }
}
