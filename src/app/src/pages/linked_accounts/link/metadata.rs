//! The metadata of both accounts side by side, before that of the secondary one is deleted.

use leptos::prelude::*;
use model::Metadata;
use serde_json::Value;

use crate::text;

/// A key of the secondary account's metadata that the primary account lacks or has with another value.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// The value in the primary account.
    pub mine: Option<Value>,
    /// The value in the secondary account.
    pub theirs: Value,
}

/// Returns what of `theirs` would be lost: all that `mine` does not have with the same value.
pub(super) fn differences(mine: &Metadata, theirs: &Metadata) -> Vec<Difference> {
    let differs = |(key, value): &(&String, &Value)| mine.get(*key) != Some(*value) && !value.is_null();
    let difference = |(key, value): (&String, &Value)| Difference {
        key: key.clone(),
        mine: mine.get(key).cloned(),
        theirs: value.clone(),
    };
    theirs.iter().filter(differs).map(difference).collect()
}

/// Formats a value for people: text without quotes, everything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The metadata that the person keeps. A copy is a handle to the same choice.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    differences: StoredValue<Vec<Difference>>,
    /// The keys whose value in the secondary account is kept.
    taken: RwSignal<Vec<String>>,
}

impl Choice {
    /// The choice that is made unless the person makes another one: keys that only the secondary account has are kept,
    /// and keys of both have the value of the primary account.
    pub(super) fn among(differences: Vec<Difference>) -> Self {
        let lacked = differences.iter().filter(|difference| difference.mine.is_none());
        let taken = RwSignal::new(lacked.map(|difference| difference.key.clone()).collect());
        Self { differences: StoredValue::new(differences), taken }
    }

    fn choose(self, key: &str, take: bool) {
        self.taken.update(|taken| {
            taken.retain(|other| other != key);
            if take {
                taken.push(key.to_owned());
            }
        });
    }

    /// Returns the metadata to take over.
    pub(super) fn taken(self) -> Metadata {
        let taken = self.taken.get_untracked();
        self.differences.with_value(|all| {
            let wanted = all.iter().filter(|one| taken.contains(&one.key));
            wanted.map(|one| (one.key.clone(), one.theirs.clone())).collect()
        })
    }
}

/// Asks, key by key, which value to keep. Returns nothing where there is nothing to choose from.
pub(super) fn choices(choice: Choice) -> Option<AnyView> {
    let differences = choice.differences.get_value();
    (!differences.is_empty()).then(|| {
        let rows = differences.into_iter().enumerate();
        view! {
            <h3 class="choices">{text::metadata_title()}</h3>
            <p>{text::metadata_story()}</p>
            {rows.map(|(place, one)| row(choice, place, one)).collect_view()}
        }
        .into_any()
    })
}

fn row(choice: Choice, place: usize, difference: Difference) -> impl IntoView {
    let Difference { key, mine, theirs } = difference;
    let group = format!("metadata-{place}");
    let (k1, k2, k3, k4) = (key.clone(), key.clone(), key.clone(), key.clone());
    let none = mine.is_none();
    let mine = mine.as_ref().map_or_else(|| text::metadata_none().to_owned(), shown);
    let taken = choice.taken;
    view! {
        <fieldset class="choice">
            <legend translate="no">{key}</legend>
            <label>
                <input
                    type="radio"
                    name=group.clone()
                    checked=move || !taken.read().contains(&k1)
                    on:change=move |_| choice.choose(&k2, false)
                />
                <span class="choice-side">{text::metadata_here()}</span>
                <bdi class="choice-value" class:none=none translate=(!none).then_some("no")>{mine}</bdi>
            </label>
            <label>
                <input
                    type="radio"
                    name=group
                    checked=move || taken.read().contains(&k3)
                    on:change=move |_| choice.choose(&k4, true)
                />
                <span class="choice-side">{text::metadata_there()}</span>
                <bdi class="choice-value" translate="no">{shown(&theirs)}</bdi>
            </label>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(value: &Value) -> Metadata {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn only_what_would_be_lost_is_asked_about() {
        let mine = metadata(&json!({ "theme": "light", "locale": "en", "a": 1 }));
        let theirs = metadata(&json!({ "theme": "dark", "locale": "en", "phone": "x", "gone": null }));
        let found = differences(&mine, &theirs);
        let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["phone", "theme"]);
        assert_eq!(found[0].mine, None);
        assert_eq!(found[1].mine, Some(json!("light")));
    }

    #[test]
    fn text_is_shown_without_quotes_and_the_rest_as_json() {
        assert_eq!(shown(&json!("dark")), "dark");
        assert_eq!(shown(&json!({ "a": [1] })), r#"{"a":[1]}"#);
    }
}
