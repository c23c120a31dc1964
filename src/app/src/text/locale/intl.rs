//! The browser's `Intl`.

use js_sys::{Array, Date, Intl, Number, Object, Reflect};
use wasm_bindgen::JsValue;

use super::ListType;

#[expect(clippy::cast_precision_loss, reason = "counts of what a page shows fit into 53 bits")]
pub(super) fn plural_category(tag: &str, count: usize) -> String {
    Intl::PluralRules::new(&Array::of1(&tag.into()), &Object::new()).select(count as f64).into()
}

pub(super) fn list(tag: &str, elements: &[String], list_type: ListType) -> Vec<(bool, String)> {
    let options = options(&[("type", list_type.name())]);
    let elements: Array = elements.iter().map(JsValue::from).collect();
    let parts = Intl::ListFormat::new(&Array::of1(&tag.into()), &options).format_to_parts(&elements);
    let text = |part: &JsValue, key: &str| {
        Reflect::get(part, &key.into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
    };
    parts.iter().map(|part| (text(&part, "type") == "element", text(&part, "value"))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of what a page shows fit into 53 bits")]
pub(super) fn number(tag: &str, number: usize) -> String {
    Number::from(number as f64).to_locale_string(tag).into()
}

pub(super) fn date_and_time(tag: &str, seconds: i64) -> String {
    date_string(tag, seconds, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

pub(super) fn local_date_and_time(tag: &str, seconds: i64) -> String {
    date_string(tag, seconds, &[("dateStyle", "medium"), ("timeStyle", "short"), ("timeZone", "UTC")])
}

pub(super) fn date(tag: &str, seconds: i64) -> String {
    date_string(tag, seconds, &[("dateStyle", "medium"), ("timeZone", "UTC")])
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into 53 bits")]
fn date_string(tag: &str, seconds: i64, of: &[(&str, &str)]) -> String {
    Date::new(&JsValue::from_f64(seconds as f64 * 1000.0)).to_locale_string(tag, &options(of)).into()
}

fn options(options: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in options {
        // Fails only for a frozen object.
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}
