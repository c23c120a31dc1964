//! The metadata of both accounts side by side, before that of the secondary one is deleted.

use leptos::prelude::*;
use model::Metadata;
use serde_json::Value;

use crate::components::{in_parts, json_disclosure, value};
use crate::text::{self, values};

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
    let differences = theirs.iter().filter(differs).map(difference);
    // First what is lost unless the person chooses it: those that come first are shown first.
    let (mut differences, lacked): (Vec<_>, Vec<_>) =
        differences.partition(|difference| difference.mine.is_some());
    differences.extend(lacked);
    differences
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

/// Asks, key by key, which value to keep, with the JSON of both sides one click away. Returns nothing where there is nothing
/// to choose from.
pub(super) fn choices(choice: Choice) -> Option<AnyView> {
    let differences = choice.differences.get_value();
    (!differences.is_empty()).then(|| {
        let labels = values::labels(differences.iter().map(|one| one.key.as_str()));
        let mut json = vec![
            (Some(text::metadata_here()), side(&differences, |one| one.mine.clone())),
            (Some(text::metadata_there()), side(&differences, |one| Some(one.theirs.clone()))),
        ];
        json.retain(|(_, side)| side.as_object().is_some_and(|side| !side.is_empty()));
        let rows: Vec<(usize, String, Difference)> = differences
            .into_iter()
            .zip(labels)
            .enumerate()
            .map(|(place, (one, label))| (place, label, one))
            .collect();
        let rows = in_parts(rows, move |rows| {
            rows.iter()
                .map(|(place, label, one)| row(choice, *place, label.clone(), one))
                .collect_view()
                .into_any()
        });
        view! {
            <h3 class="choices">{text::metadata_title()}</h3>
            <p>{text::metadata_story()}</p>
            {json_disclosure(json)}
            {rows}
        }
        .into_any()
    })
}

/// Returns the values of one side as an object.
fn side(differences: &[Difference], value: impl Fn(&Difference) -> Option<Value>) -> Value {
    let mut side = Metadata::new();
    for one in differences {
        if let Some(value) = value(one) {
            side.insert(one.key.clone(), value);
        }
    }
    Value::Object(side)
}

fn row(choice: Choice, place: usize, label: String, difference: &Difference) -> AnyView {
    let Difference { key, mine, theirs } = difference;
    let group = format!("metadata-{place}");
    view! {
        <fieldset class="choice">
            <legend dir="auto">{label}</legend>
            {option(choice, key, &group, false, mine.as_ref())}
            {option(choice, key, &group, true, Some(theirs))}
        </fieldset>
    }
    .into_any()
}

/// Renders the button that keeps the value of one side. A value of one line is part of its label; a longer one stands below,
/// where it has controls of its own, and describes the button.
fn option(choice: Choice, key: &str, group: &str, is_theirs: bool, kept: Option<&Value>) -> AnyView {
    let (of_state, of_change) = (key.to_owned(), key.to_owned());
    let taken = choice.taken;
    let is_line = kept.is_none_or(|kept| values::shown(key, kept).is_line());
    let rendered = match kept {
        Some(kept) => value(key, kept),
        None => view! { <span class="none">{text::metadata_none()}</span> }.into_any(),
    };
    let id = format!("{group}-{is_theirs}");
    let (described_by, described) = ((!is_line).then(|| id.clone()), (!is_line).then_some(id));
    let (inside, below) = if is_line { (Some(rendered), None) } else { (None, Some(rendered)) };
    view! {
        <div class="choice-option">
            <label>
                <input
                    type="radio"
                    name=group.to_owned()
                    aria-describedby=described_by
                    checked=move || taken.read().contains(&of_state) == is_theirs
                    on:change=move |_| choice.choose(&of_change, is_theirs)
                />
                <span class="choice-side">{if is_theirs { text::metadata_there() } else { text::metadata_here() }}</span>
                {inside.map(|inside| view! { <span class="choice-value">{inside}</span> })}
            </label>
            {below.map(|below| view! { <div class="choice-value" id=described>{below}</div> })}
        </div>
    }
    .into_any()
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
        assert_eq!(keys, ["theme", "phone"]);
        assert_eq!(found[0].mine, Some(json!("light")));
        assert_eq!(found[1].mine, None);
    }
}
