//! The whole catalogue, and other languages through the same functions.

use std::path::Path;
use std::{fs, io};

use model::User;
use serde_json::json;

use super::locale::{ENGLISH, Locale, with_locale};
use super::message_format::{Argument, format};
use super::messages::Declared;
use super::*;
use crate::connection_names::ConnectionNames;
use model::unlink_policy::UnlinkPolicy;

fn declared() -> Vec<Declared> {
    let sections = [
        deleting::declared(),
        demo::declared(),
        details::declared(),
        failure::declared(),
        label::declared(),
        linking::declared(),
        list::declared(),
        list_as_text::declared(),
        naming::declared(),
        page::declared(),
        unlink_blocked::declared(),
        unlinking::declared(),
        values::declared(),
        ways_in::declared(),
    ];
    sections.into_iter().flatten().collect()
}

/// Returns what is wrong with `pattern` as one of the message `declared`.
fn problem(declared: &Declared, pattern: &str) -> Option<String> {
    let list = ["a".to_owned(), "b".to_owned()];
    let argument = |of: &str| match of {
        "&str" | "Option<&str>" => Argument::Name("Ada"),
        "Message<'_>" | "Option<Message<'_>>" => Argument::Message("Google"),
        "Keyword<'_>" => Argument::Keyword("other"),
        "usize" | "u32" => Argument::Count(2),
        "i64" => Argument::Time(0),
        "&[String]" => Argument::List(&list),
        other => panic!("{}: no argument is of type {other}", declared.key),
    };
    let names: Vec<&str> = declared.arguments.iter().map(|(name, _)| *name).collect();
    let arguments: Vec<Argument<'_>> = declared.arguments.iter().map(|(_, of)| argument(of)).collect();
    let is_shown_as_it_is = arguments.is_empty();
    match format(pattern, &names, &arguments) {
        Err(error) => Some(format!("{}: {:?} at {}", declared.key, error.problem, error.at)),
        Ok(formatted) if formatted.named.count_ones() as usize != names.len() => {
            Some(format!("{}: an argument is not named", declared.key))
        }
        Ok(formatted) if is_shown_as_it_is && formatted.parts.iter().any(|part| part.text != pattern) => {
            Some(format!("{}: without arguments, a pattern is shown as it is", declared.key))
        }
        Ok(_) => None,
    }
}

/// Returns what is wrong with the patterns of a locale.
fn problems(locale: &Locale) -> Vec<String> {
    let all = declared();
    let problem = |(key, pattern): &(&str, &str)| match all.iter().find(|declared| declared.key == *key) {
        None => Some(format!("{key}: no such message")),
        Some(declared) => problem(declared, pattern),
    };
    locale.patterns.iter().filter_map(problem).collect()
}

#[test]
fn every_pattern_can_be_read_and_names_exactly_its_arguments() {
    let all = declared();
    let wrong: Vec<String> = all.iter().filter_map(|declared| problem(declared, declared.pattern)).collect();
    assert_eq!(wrong, [""; 0]);
    assert!(all.len() > 150, "{}", all.len());
    assert_eq!(problems(&ENGLISH), [""; 0]);
}

#[test]
fn a_wrong_translation_is_found() {
    let wrong = Locale {
        tag: "de",
        is_right_to_left: false,
        patterns: &[
            ("list.heading", "Anmeldungen"),
            ("list.chosen", "{count, plural, one {# Anmeldung}}"),
            ("linking.back_to", "Zurück"),
            ("list.lede", "Sie können's ''hier'' lesen"),
        ],
    };
    assert_eq!(
        problems(&wrong),
        [
            "list.heading: no such message",
            "list.chosen: NoOther at 33",
            "linking.back_to: an argument is not named",
            "list.lede: without arguments, a pattern is shown as it is",
        ]
    );
}

/// Verbs at the end, and nouns with cases and articles.
static GERMAN: Locale = Locale {
    tag: "de",
    is_right_to_left: false,
    patterns: &[
        (
            "label.kind_of_login",
            "{kind, select, auth0 {Passwort} email {Code per E-Mail} other {Andere Anmeldung}}",
        ),
        ("label.ask_to_unlink", "Verknüpfung mit {login}{who, select, none {} other { ({who})}} aufheben?"),
        ("label.login_unlinked", "Die Verknüpfung mit {login} wurde aufgehoben."),
        (
            "list.chosen",
            "{count, plural, =0 {Wählen Sie aus.} one {# Anmeldung gewählt} other {# Anmeldungen gewählt}}",
        ),
        ("unlinking.remains", "Sie können sich weiterhin anmelden mit: <b>{logins, list, conjunction}</b>."),
        (
            "unlinking.splits_off",
            "Wer sich danach mit {logins, list, disjunction} anmeldet, öffnet {logins, plural, one {} other {jeweils }}ein \
             <b>eigenes, leeres Konto</b>.",
        ),
        (
            "linking.go_back_as",
            "{before, select, none {Mit Ihrem Konto anmelden} other {Als {before} anmelden}}",
        ),
    ],
};

/// No plural, no spaces, and the number before its counter.
static JAPANESE: Locale = Locale {
    tag: "ja",
    is_right_to_left: false,
    patterns: &[
        ("label.kind_of_login", "{kind, select, auth0 {パスワード} other {その他}}"),
        ("label.login", "{who, select, none {{login}} other {{login}（{who}）}}"),
        ("label.login_stays", "{login}はそのままです。{reason}"),
        ("list.chosen", "{count, plural, =0 {選択してください。} other {#件を選択中}}"),
        ("list.main_stays", "メインのログインは解除できません。"),
        ("unlinking.remains", "引き続き<b>{logins, list, conjunction}</b>でログインできます。"),
    ],
};

/// Six plural categories, from right to left.
static ARABIC: Locale = Locale {
    tag: "ar",
    is_right_to_left: true,
    patterns: &[
        (
            "list.chosen",
            "{count, plural, zero {لم يتم الاختيار} one {تسجيل واحد} two {تسجيلان} few {# تسجيلات} many {# تسجيلًا} other {# تسجيل}}",
        ),
        ("unlinking.remains", "لا يزال بإمكانك الدخول باستخدام <b>{logins, list, conjunction}</b>."),
        ("label.login_unlinked", "تم فصل {login}."),
    ],
};

fn account() -> User {
    let login = |provider: &str, email: &str| json!({ "provider": provider, "user_id": email, "connection": provider, "profileData": { "email": email } });
    let identities = [
        login("auth0", "a@x.example"),
        login("google-oauth2", "a@g.example"),
        login("github", "a@h.example"),
    ];
    serde_json::from_value(json!({ "user_id": "auth0|1", "email": "a@x.example", "identities": identities }))
        .unwrap()
}

/// The title and the facts of the dialog before the login at `place` is unlinked; emphasis between asterisks.
fn dialog(place: usize) -> Vec<String> {
    let user = account();
    let question = question(
        &user,
        &UnlinkPolicy::default(),
        &ConnectionNames::default(),
        &[user.identities[place].key()],
        PresentSignIn::default(),
    );
    let part = |part: &Part| if part.strong { format!("*{}*", part.text) } else { part.text.clone() };
    let facts = question.facts.iter().map(|fact| fact.sentence.iter().map(part).collect::<String>());
    [question.title.clone()].into_iter().chain(facts).map(|sentence| plain(&sentence)).collect()
}

#[test]
fn the_patterns_of_the_other_languages_fit_their_messages() {
    for locale in [&GERMAN, &JAPANESE, &ARABIC] {
        assert_eq!(problems(locale), [""; 0], "{}", locale.tag);
    }
}

#[test]
fn german_orders_its_sentences_in_its_own_way() {
    with_locale(&GERMAN, || {
        let shown = dialog(2);
        assert_eq!(shown[0], "Verknüpfung mit GitHub (a@h.example) aufheben?");
        assert_eq!(shown[1], "Sie können sich weiterhin anmelden mit: *Passwort* und *Google*.");
        assert_eq!(shown[2], "Wer sich danach mit GitHub anmeldet, öffnet ein *eigenes, leeres Konto*.");
        assert_eq!([chosen(1), chosen(2)], ["1 Anmeldung gewählt", "2 Anmeldungen gewählt"]);
        assert_eq!(change(None, None).go_back, "Mit Ihrem Konto anmelden");
        assert_eq!(plain(&change(Some("Ada"), None).go_back), "Als Ada anmelden");
    });
    assert_eq!(dialog(2)[1], "You can still sign in with *Password* and *Google*.");
}

#[test]
fn japanese_has_neither_plurals_nor_spaces() {
    with_locale(&JAPANESE, || {
        assert_eq!(dialog(2)[1], "引き続き*パスワード*、*Google*でログインできます。");
        assert_eq!([chosen(0), chosen(1), chosen(12)], ["選択してください。", "1件を選択中", "12件を選択中"]);
        let label = labels(&account(), &ConnectionNames::default()).remove(0);
        assert_eq!(
            plain(&label.stays(model::unlink_policy::UnlinkBlocked::Primary)),
            "パスワード（a@x.example）はそのままです。メインのログインは解除できません。"
        );
    });
}

#[test]
fn arabic_has_six_plurals_and_isolates_what_is_not_arabic() {
    with_locale(&ARABIC, || {
        assert_eq!(
            [0, 1, 2, 3, 11, 100].map(chosen),
            ["لم يتم الاختيار", "تسجيل واحد", "تسجيلان", "3 تسجيلات", "11 تسجيلًا", "100 تسجيل"]
        );
        let google = &labels(&account(), &ConnectionNames::default())[1];
        assert_eq!(google.unlinked(), "تم فصل \u{2068}Google\u{2069} (\u{2068}a@g.example\u{2069}).");
    });
}

/// Values of `KeyboardEvent.key`: names of keys in every language, which nobody reads.
const KEYS: [&str; 1] = ["Escape"];

/// Returns the literals in `source` that read like words: they begin with a capital and go on in small letters.
fn words_in(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let literals = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    let reads_like_words = |literal: &&str| {
        let mut letters = literal.trim_start().chars();
        !KEYS.contains(literal)
            && letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(|c| c.is_lowercase() || c == ' ')
    };
    literals.filter(reads_like_words).map(ToOwned::to_owned).collect()
}

fn sources(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(sources(&path)?);
        } else {
            all.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    Ok(all)
}

#[test]
fn no_component_and_no_page_has_words_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = sources(&root.join("components")).unwrap();
    files.extend(sources(&root.join("pages")).unwrap());
    files.push(("lib.rs".to_owned(), fs::read_to_string(root.join("lib.rs")).unwrap()));
    assert!(files.len() > 30);
    for (file, source) in files {
        assert_eq!(words_in(&source), [""; 0], "{file}");
    }
    assert_eq!(words_in("view! { <p class=\"meta\">\"Try again\"</p> }"), ["Try again"]);
}
