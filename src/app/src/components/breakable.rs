//! Line breaks in account names.

use leptos::prelude::*;

/// Renders `account_name` so that an e-mail address can break after its `@` rather than in the middle of a word.
pub fn breakable(account_name: &str) -> impl IntoView + use<> {
    let (before, after) =
        account_name.split_once('@').map_or((account_name, None), |(before, after)| (before, Some(after)));
    let after = after.map(|after| view! { "@"<wbr/>{after.to_owned()} });
    view! { {before.to_owned()}{after} }
}
