//! The metadata of both accounts side by side, before that of the secondary one is discarded.

use leptos::html::Dialog;
use leptos::prelude::*;
use model::Metadata;
use serde_json::Value;

use crate::components::Icon;
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

/// The dialog that asks, key by key, what to keep. By default, keys that only the secondary account has are kept, and
/// keys of both have the value of the primary account.
#[component]
pub fn MetadataDialog(
    /// The keys that differ.
    differences: Vec<Difference>,
    /// The name of the secondary account.
    whose: String,
    /// Called with the metadata to take over.
    on_link: Callback<Metadata>,
    /// Called when the person cancels.
    on_cancel: Callback<()>,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            // Fails only outside the document.
            let _ = dialog.show_modal();
        }
    });
    let taken = RwSignal::new(
        differences
            .iter()
            .filter(|difference| difference.mine.is_none())
            .map(|difference| difference.key.clone())
            .collect::<Vec<String>>(),
    );
    let choose = move |key: &str, take: bool| {
        taken.update(|taken| {
            taken.retain(|other| other != key);
            if take {
                taken.push(key.to_owned());
            }
        });
    };
    let all = StoredValue::new(differences.clone());
    let link = move |_| {
        let taken = taken.get_untracked();
        let mut chosen = Metadata::new();
        all.with_value(|all| {
            let wanted = all.iter().filter(|one| taken.contains(&one.key));
            chosen.extend(wanted.map(|one| (one.key.clone(), one.theirs.clone())));
        });
        on_link.run(chosen);
    };
    let row = move |place: usize, difference: Difference| {
        let Difference { key, mine, theirs } = difference;
        let group = format!("metadata-{place}");
        let (k1, k2, k3, k4) = (key.clone(), key.clone(), key.clone(), key.clone());
        let none = mine.is_none();
        let mine = mine.as_ref().map_or_else(|| text::metadata_none().to_owned(), shown);
        view! {
            <fieldset class="choice">
                <legend translate="no">{key}</legend>
                <label>
                    <input
                        type="radio"
                        name=group.clone()
                        checked=move || !taken.read().contains(&k1)
                        on:change=move |_| choose(&k2, false)
                    />
                    <span class="choice-side">{text::metadata_here()}</span>
                    <bdi class="choice-value" class:none=none translate=(!none).then_some("no")>{mine}</bdi>
                </label>
                <label>
                    <input
                        type="radio"
                        name=group
                        checked=move || taken.read().contains(&k3)
                        on:change=move |_| choose(&k4, true)
                    />
                    <span class="choice-side">{text::metadata_there()}</span>
                    <bdi class="choice-value" translate="no">{shown(&theirs)}</bdi>
                </label>
            </fieldset>
        }
    };
    let cancel = move |event: web_sys::Event| {
        event.prevent_default();
        on_cancel.run(());
    };
    view! {
        <dialog class="wide" node_ref=dialog aria-labelledby="metadata-title" on:cancel=cancel>
            <div class="dialog-body">
                <h2 id="metadata-title">{text::metadata_title()}</h2>
                <p class="dialog-who"><bdi translate="no">{whose}</bdi></p>
                <p class="dialog-text"><Icon name="ui-stay"/>{text::metadata_story()}</p>
                {differences.into_iter().enumerate().map(|(place, one)| row(place, one)).collect_view()}
            </div>
            <div class="dialog-acts">
                <button type="button" class="button" autofocus on:click=move |_| on_cancel.run(())>
                    {text::do_not_link()}
                </button>
                <button type="button" class="button solid" on:click=link>{text::link_now()}</button>
            </div>
        </dialog>
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
