//! The details of a row, on demand: what the tenant tells about the identity.

use leptos::prelude::*;
use model::{IdentityKey, Profile};

use super::breakable::breakable;
use super::copy_button::{CopyWords, copy_button};
use super::login_name::OwnName;
use super::rows::{ListState, RowLabel};
use super::values::{json_disclosure, value};
use super::words::words;
use crate::text::details::{self, Detail, Told};

/// Renders the details of the login `key`, with the name that the person gave it.
pub fn identity_details(key: StoredValue<IdentityKey>, label: RowLabel, list: ListState) -> AnyView {
    let (details, profile) = key.with_value(|key| details_of(key, list));
    let json =
        (!profile.0.is_empty()).then(|| json_disclosure(vec![(None, details::profile_json(&profile))]));
    view! {
        <dl>
            <OwnName key label list/>
            {details.into_iter().map(detail).collect_view()}
        </dl>
        {json}
    }
    .into_any()
}

/// Returns the details of `key`, and its profile, as the list has them now.
fn details_of(key: &IdentityKey, list: ListState) -> (Vec<Detail>, Profile) {
    let (user, shown, names) =
        (list.user.get_untracked(), list.shown.get_untracked(), list.names.get_value());
    let main = user.as_ref().and_then(|user| Some((user, user.identities.first()?)));
    if let Some((user, main)) = main.filter(|(_, main)| main.key() == *key) {
        let (since, last_login) = (user.created_at.as_deref(), user.last_login.as_deref());
        return (details::details(main, &names, &user.profile, since, last_login), user.profile.clone());
    }
    let mut linked = user.iter().flat_map(|user| &user.identities).chain(&shown);
    let Some(identity) = linked.find(|identity| identity.key() == *key) else {
        return (Vec::new(), Profile::default());
    };
    let profile = identity.profile_data.clone().unwrap_or_default();
    (details::details(identity, &names, &profile, None, None), profile)
}

fn detail(Detail { label, told }: Detail) -> AnyView {
    let told = match told {
        Told::Id(id) => {
            let words = CopyWords {
                copy: details::copy(),
                label: details::copy_id(),
                copied: details::id_copied(),
                not_copied: details::id_not_copied(),
            };
            let button = copy_button(id.clone(), words);
            view! { <code translate="no">{breakable(&id)}</code>{button} }.into_any()
        }
        Told::Line(line) => words(&line),
        Told::Value(key, told) => value(&key, &told),
    };
    view! { <div><dt dir="auto">{label}</dt><dd dir="auto">{told}</dd></div> }.into_any()
}
