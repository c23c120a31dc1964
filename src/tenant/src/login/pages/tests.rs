//! Tests of all pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::Markup;
use model::Provider;
use sha2::{Digest, Sha256};

use super::account::{ForgottenPage, LinkFor, SignUpPage, forgotten, sign_up};
use super::assets::{Assets, MARKS};
use super::layout::{FormRefusal, PageContext, initials};
use super::login::{ConnectionButton, FormError, LoginPage, login};
use super::logout::{confirm_logout, signed_out};
use super::new_link::{NewLinkPage, new_link};
use super::problem::{ProblemPage, WayOn, problem};
use super::scripted::{form_post, script_hash, web_message};
use super::signed_up::{SignedUpPage, signed_up};
use super::stand_in::{StandInPage, StandInPerson, person_button, stand_in};
use super::ticket::{LinkedLogin, ResetPage, VerifyPage, reset, verify};
use crate::configuration::DemoSignIn;
use crate::login::upstream::provider::UpstreamError;

const HOSTILE: &str = r#"'"><script>alert(1)</script>&"#;

fn assets() -> Assets {
    Assets {
        style: "/u/style-1.css".to_owned(),
        marks: "/u/marks-1.svg".to_owned(),
        icon: "/u/icon-1.svg".to_owned(),
    }
}

fn context(text: &str) -> PageContext<'_> {
    PageContext { tenant: text, client: text, state: text, purpose: None }
}

fn refused(sentence: &str) -> FormRefusal<'_> {
    FormRefusal { sentence, field: None }
}

fn login_page(text: &str) -> LoginPage<'_> {
    LoginPage {
        context: context(text),
        email: text,
        refusal: None,
        has_database: true,
        has_usernames: false,
        sign_up: true,
        connections: vec![ConnectionButton { connection: text, provider: text, label: text, stand_in: true }],
        demo: Vec::new(),
    }
}

fn stand_in_page<'a>(text: &'a str, provider: &'a str) -> StandInPage<'a> {
    StandInPage {
        context: context(text),
        connection: text,
        label: text,
        provider,
        people: vec![StandInPerson {
            user_id: text.to_owned(),
            name: Some(text.to_owned()),
            email: Some(text.to_owned()),
            detail: Some(text.to_owned()),
        }],
        new_person: true,
        refusal: None,
    }
}

fn problem_page<'a>(text: &'a str, href: &'a str) -> ProblemPage<'a> {
    ProblemPage { tenant: text, title: text, text, detail: Some(text), way_on: Some(WayOn::Site(href, text)) }
}

fn sign_up_page(text: &str) -> SignUpPage<'_> {
    SignUpPage {
        context: context(text),
        email: text,
        username: Some(text),
        rules: vec![text.to_owned()],
        refusal: Some(refused(text)),
    }
}

fn forgotten_page(text: &str, sent: bool) -> ForgottenPage<'_> {
    ForgottenPage { context: context(text), email: text, sent, refusal: Some(refused(text)) }
}

fn signed_up_page(text: &str, sent_again: bool) -> SignedUpPage<'_> {
    SignedUpPage { context: context(text), email: text, sent_again, refusal: Some(refused(text)) }
}

fn linked_login(text: &str, stays: Option<bool>) -> LinkedLogin {
    let (field, label, name) = (text.to_owned(), text.to_owned(), text.to_owned());
    LinkedLogin { field, provider: Provider::new(text), label, name, is_primary: true, stays }
}

fn reset_page(text: &str) -> ResetPage<'_> {
    let logins = vec![linked_login(text, None), linked_login(text, Some(false))];
    ResetPage {
        tenant: text,
        email: text,
        rules: vec![text.to_owned()],
        logins,
        refusal: Some(refused(text)),
    }
}

fn verify_page(text: &str, needs_password: bool) -> VerifyPage<'_> {
    let logins = vec![linked_login(text, Some(true))];
    VerifyPage { tenant: text, email: text, needs_password, logins, refusal: Some(refused(text)) }
}

fn new_link_page(text: &str, sent: bool) -> NewLinkPage<'_> {
    NewLinkPage {
        tenant: text,
        title: text,
        text,
        action: text,
        link_for: LinkFor::Address,
        email: text,
        sent,
        refusal: Some(refused(text)),
        way_on: Some(WayOn::SignIn(text)),
    }
}

/// Every page, with `text` in every place that takes text.
fn pages(text: &str) -> Vec<String> {
    let demo = [DemoSignIn { about: text.to_owned(), email: text.to_owned(), password: text.to_owned() }];
    let refused =
        LoginPage { refusal: Some(FormError::Blocked), demo: demo.iter().collect(), ..login_page(text) };
    let unreachable = FormError::Provider { problem: UpstreamError::Unreachable, label: text };
    [
        login(&assets(), &login_page(text)),
        login(&assets(), &LoginPage { refusal: Some(unreachable), ..login_page(text) }),
        login(&assets(), &refused),
        stand_in(&assets(), &stand_in_page(text, text)),
        stand_in(&assets(), &stand_in_page(text, "sms")),
        problem(&assets(), &problem_page(text, text)),
        signed_out(&assets(), text),
        confirm_logout(&assets(), text, &[("state", text)]),
        sign_up(&assets(), &sign_up_page(text)),
        forgotten(&assets(), &forgotten_page(text, false)),
        forgotten(&assets(), &forgotten_page(text, true)),
        signed_up(&assets(), &signed_up_page(text, false)),
        signed_up(&assets(), &signed_up_page(text, true)),
        reset(&assets(), &reset_page(text)),
        verify(&assets(), &verify_page(text, true)),
        verify(&assets(), &verify_page(text, false)),
        new_link(&assets(), &new_link_page(text, false)),
        new_link(&assets(), &new_link_page(text, true)),
    ]
    .into_iter()
    .map(Markup::into_string)
    .collect()
}

#[test]
fn hostile_text_stays_text_on_every_page() {
    let calm = pages("calm");
    for (hostile, calm) in pages(HOSTILE).iter().zip(&calm) {
        assert!(!hostile.contains("<script"), "{hostile}");
        // A line may break in any name; what is compared are the tags around names.
        let hostile = hostile.replace("<wbr>", "");
        // Text that broke out would add tags or end an attribute early.
        assert_eq!(hostile.matches('<').count(), calm.matches('<').count(), "{hostile}");
        assert_eq!(hostile.matches('"').count(), calm.matches('"').count(), "{hostile}");
    }
}

#[test]
fn no_page_needs_a_script_or_an_inline_style() {
    for page in pages("calm") {
        for banned in ["<script", "<style", " style=", " onclick=", " onsubmit=", "javascript:"] {
            assert!(!page.contains(banned), "{banned} in {page}");
        }
    }
}

#[test]
fn every_visible_input_has_a_label_and_every_id_is_unique() {
    for page in pages("calm") {
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
        }
        for input in page.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
            if input.contains("type=\"hidden\"") {
                continue;
            }
            let id = input.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            assert!(page.contains(&format!("<label for=\"{id}\"")), "{id}");
        }
    }
}

#[test]
fn every_element_that_is_referred_to_exists() {
    for page in pages("calm") {
        for attribute in ["aria-describedby=\"", "aria-labelledby=\""] {
            let ids = page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            for id in ids.flat_map(str::split_whitespace) {
                assert!(page.contains(&format!(" id=\"{id}\"")), "{id}");
            }
        }
    }
}

#[test]
fn a_connection_button_carries_state_and_connection_encoded() {
    let mut page = login_page("calm");
    page.context.state = "a b&c=d#e";
    page.connections[0].connection = "acme & söhne";
    let html = login(&assets(), &page).into_string();
    let href = "/u/connection?state=a+b%26c%3Dd%23e&amp;connection=acme+%26+s%C3%B6hne";
    assert!(html.contains(&format!("href=\"{href}\"")), "{html}");
}

#[test]
fn only_stand_ins_are_called_so() {
    let mut page = login_page("calm");
    assert!(login(&assets(), &page).into_string().contains("demo stand-in"));
    page.connections[0].stand_in = false;
    assert!(!login(&assets(), &page).into_string().contains("demo stand-in"));
}

#[test]
fn a_connection_shows_its_providers_mark_or_else_its_initials() {
    let mut page = login_page("calm");
    page.connections[0].provider = "google-oauth2";
    assert!(login(&assets(), &page).into_string().contains("href=\"/u/marks-1.svg#google\""));
    page.connections[0].provider = "unheard-of";
    let html = login(&assets(), &page).into_string();
    assert!(!html.contains("marks-1.svg") && html.contains(">C</span>"), "{html}");
}

#[test]
fn the_sprite_has_the_marks_of_every_common_provider() {
    for provider in [
        "apple",
        "auth0",
        "email",
        "facebook",
        "github",
        "google-oauth2",
        "linkedin",
        "samlp",
        "sms",
        "twitter",
        "waad",
        "windowslive",
    ] {
        assert!(
            MARKS.contains(&format!("<symbol id=\"{}\"", Provider::new(provider).mark().unwrap())),
            "{provider}"
        );
    }
}

#[test]
fn the_focus_starts_where_the_person_has_to_type() {
    let focused = |email| {
        let html = login(&assets(), &LoginPage { email, ..login_page("calm") }).into_string();
        let input = html.split("<input").find(|input| input.contains(" autofocus")).unwrap();
        input.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(focused(""), "username");
    assert_eq!(focused("ada@example.com"), "password");
}

#[test]
fn a_refusal_is_told_at_the_field_that_it_is_about_and_the_focus_is_there() {
    for field in ["email", "username", "password"] {
        let refusal = Some(FormRefusal { sentence: "No.", field: Some(field) });
        let html = sign_up(&assets(), &SignUpPage { refusal, ..sign_up_page("calm") }).into_string();
        let inputs: Vec<&str> =
            html.split("<input").skip(1).filter_map(|rest| rest.split('>').next()).collect();
        for input in inputs {
            let is_it = input.contains(&format!("name=\"{field}\""));
            assert_eq!(input.contains(" autofocus"), is_it, "{field}: {input}");
            assert_eq!(input.contains("aria-invalid=\"true\""), is_it, "{field}: {input}");
            assert_eq!(input.contains("aria-describedby=\"refusal"), is_it, "{field}: {input}");
        }
    }
}

#[test]
fn a_password_manager_keeps_a_password_with_what_the_person_signs_in_with() {
    let named = |html: String| {
        let inputs = html.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
        let named = inputs.filter(|input| input.contains(r#"autocomplete="username""#));
        named
            .map(|input| input.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
            .collect()
    };
    let by_name: Vec<String> = named(sign_up(&assets(), &sign_up_page("calm")).into_string());
    assert_eq!(by_name, ["username"]);
    let page = SignUpPage { username: None, ..sign_up_page("calm") };
    let by_address: Vec<String> = named(sign_up(&assets(), &page).into_string());
    assert_eq!(by_address, ["email"]);
    for html in [reset(&assets(), &reset_page("calm")), verify(&assets(), &verify_page("calm", true))] {
        let html = html.into_string();
        assert!(html.contains(r#"autocomplete="username" dir="auto" readonly"#), "{html}");
    }
}

#[test]
fn a_wrong_password_is_told_at_the_fields_and_keeps_the_address() {
    let page =
        LoginPage { email: "ada@example.com", refusal: Some(FormError::WrongPassword), ..login_page("calm") };
    let html = login(&assets(), &page).into_string();
    assert!(html.contains(r#"role="alert">Wrong e-mail address or password.<"#), "{html}");
    assert_eq!(html.matches(r#"aria-invalid="true" aria-describedby="refusal""#).count(), 2, "{html}");
    assert!(html.contains(r#"value="ada@example.com""#), "{html}");
}

#[test]
fn a_demo_sign_in_posts_what_a_person_would_type() {
    let demo = [DemoSignIn {
        about: "three logins".to_owned(),
        email: "ada@example.com".to_owned(),
        password: "pass phrase".to_owned(),
    }];
    let html =
        login(&assets(), &LoginPage { demo: demo.iter().collect(), ..login_page("calm") }).into_string();
    let form = html.split("<form").nth(2).unwrap();
    for part in [
        r#"method="post" action="/u/login""#,
        r#"name="state" value="calm""#,
        r#"name="username" value="ada@example.com""#,
        r#"name="password" value="pass phrase""#,
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
}

#[test]
fn only_where_people_can_sign_up_are_they_led_there() {
    let page = |sign_up| login(&assets(), &LoginPage { sign_up, ..login_page("calm") }).into_string();
    assert!(page(true).contains("formaction=\"/u/signup?state=calm\""));
    assert!(!page(false).contains("/u/signup") && page(false).contains("/u/forgot-password?state=calm"));
}

#[test]
fn without_a_database_nobody_is_asked_for_a_password() {
    let demo = [DemoSignIn { about: String::new(), email: String::new(), password: String::new() }];
    let page = LoginPage { has_database: false, demo: demo.iter().collect(), ..login_page("calm") };
    assert!(!login(&assets(), &page).into_string().contains("name=\"password\""));
}

/// Returns the places outside of tags where `name` stands beside other text without being isolated.
fn not_isolated(html: &str, name: &str) -> Vec<String> {
    let is_text = |at: usize| html[..at].rfind('<') < html[..at].rfind('>');
    let is_isolated = |at: usize| {
        html[..at].ends_with(['>', '\u{2068}']) && html[at + name.len()..].starts_with(['<', '\u{2069}'])
    };
    let places = html.match_indices(name).map(|(at, _)| at);
    let around =
        |at: usize| html[..at].chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
    places.filter(|at| is_text(*at) && !is_isolated(*at)).map(around).collect()
}

#[test]
fn no_name_beside_other_text_changes_its_direction_on_any_page_or_in_its_title() {
    for name in ["ليلى", "אסתר"] {
        for html in pages(name) {
            // The title of a page about a problem is a sentence, which a test may call what it likes.
            let html = html.replace(&format!("<title>{name} · "), "<title>Problem · ");
            assert_eq!(not_isolated(&html, name), [""; 0], "{html}");
        }
    }
    assert_eq!(not_isolated("<p title=\"a x\">Is x yours?</p>", "x").len(), 1);
}

#[test]
fn a_stand_in_says_that_it_is_not_the_provider() {
    let html = stand_in(&assets(), &stand_in_page("Google", "google-oauth2")).into_string();
    assert!(html.contains("This is not <bdi>Google</bdi>."), "{html}");
}

#[test]
fn a_person_is_chosen_by_one_button_that_carries_their_id() {
    let mut page = stand_in_page("calm", "google-oauth2");
    page.people[0].user_id = "google-oauth2|108".to_owned();
    let html = stand_in(&assets(), &page).into_string();
    assert!(html.contains(r#"type="submit" name="choice" value="google-oauth2|108""#), "{html}");
}

#[test]
fn a_person_without_any_detail_is_known_by_their_id() {
    let person = StandInPerson { user_id: "github|42".to_owned(), name: None, email: None, detail: None };
    assert!(person_button(&person).into_string().contains("<bdi>github|42</bdi>"));
}

#[test]
fn only_text_message_stand_ins_ask_for_a_phone_number() {
    let field = |provider| {
        let html = stand_in(&assets(), &stand_in_page("calm", provider)).into_string();
        (html.contains("name=\"phone_number\""), html.contains("name=\"email\""))
    };
    assert_eq!(field("sms"), (true, false));
    assert_eq!(field("samlp"), (false, true));
}

#[test]
fn a_problem_links_only_to_paths_and_web_pages() {
    let has_link = |href| problem(&assets(), &problem_page("calm", href)).into_string().contains("<a ");
    for href in ["/", "/authorize?a=b", "https://app.example/", "http://localhost:3000/"] {
        assert!(has_link(href), "{href}");
    }
    for href in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", ""] {
        assert!(!has_link(href), "{href}");
    }
}

#[test]
fn initials_are_the_first_letters_of_the_first_and_the_last_word() {
    for (text, letters) in [
        ("Ada Lovelace", "AL"),
        ("Ada King, Countess of Lovelace", "AL"),
        ("ada@example.com", "A"),
        ("+44 20 7946", "#"),
        ("ليلى منصور", "ل"),
        ("E\u{301}va Novák", "E\u{301}N"),
        ("", "#"),
    ] {
        assert_eq!(initials(text), letters, "{text}");
    }
}

#[test]
fn a_web_message_goes_to_the_one_origin_in_the_contracts_shape() {
    let response = serde_json::json!({ "code": "abc", "state": "xyz" });
    let (html, _) = web_message(&response, "https://app.example");
    let script = r#"(window.opener || window.parent).postMessage({"type":"authorization_response","response":{"code":"abc","state":"xyz"}}, "https://app.example");"#;
    assert!(html.contains(&format!("<script>{script}</script>")), "{html}");
}

#[test]
fn a_web_message_cannot_be_broken_out_of() {
    let attack = "</script><script>alert(1)</script><!--<script>]]>\u{2028}\u{2029}\"\\'&lt;\n";
    let response = serde_json::json!({ "state": attack, attack: attack });
    let (html, _) = web_message(&response, &format!("https://app.example{attack}"));
    assert_eq!(html.matches("<script>").count(), 1, "{html}");
    assert_eq!(html.matches("</script>").count(), 1, "{html}");
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(!script.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\n']), "{script}");
    let message = script.split("postMessage(").nth(1).unwrap();
    let sent: serde_json::Value =
        serde_json::Deserializer::from_str(message).into_iter().next().unwrap().unwrap();
    assert_eq!(sent["response"], response);
}

#[test]
fn a_posted_form_cannot_be_broken_out_of_and_its_hash_is_that_of_its_script() {
    let (html, hash) = form_post(&assets(), HOSTILE, "https://a.example/?b=\"", &[("state", HOSTILE)]);
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert_eq!(html.matches("<input").count(), 1, "{html}");
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert_eq!(hash, script_hash(script));
}

#[test]
fn a_web_messages_hash_is_that_of_its_script() {
    let (html, hash) = web_message(&serde_json::json!({ "error": "login_required" }), "https://a.example");
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert_eq!(hash, format!("sha256-{}", STANDARD.encode(Sha256::digest(script))));
}

#[test]
fn nothing_is_decided_beforehand_about_a_linked_login_and_every_login_needs_a_decision() {
    let page = ResetPage { logins: vec![linked_login("github|42", None)], ..reset_page("calm") };
    let markup = reset(&assets(), &page).into_string();
    let radio = |input: &&str| input.contains("type=\"radio\"");
    let radios: Vec<&str> =
        markup.split("<input").filter_map(|rest| rest.split('>').next()).filter(radio).collect();
    assert_eq!(radios.len(), 2);
    assert!(radios.iter().all(|radio| radio.contains(" required") && !radio.contains("checked")), "{markup}");
}
