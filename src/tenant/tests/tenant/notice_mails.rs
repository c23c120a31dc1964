//! Mails that tell people what happened to their account.

use axum::http::Method;
use insta::assert_snapshot;
use serde_json::json;

use crate::test_tenant::{Browser, DATABASE, PAGE, TestTenant, email, unproven_user, user};

const GOOGLE: &str = "google-oauth2|9";
const PATH: &str = "/api/v2/users/auth0%7C1/identities";

async fn tenant() -> TestTenant {
    TestTenant::with_users(&[&["auth0|1"], &[GOOGLE]]).await
}

async fn link(tenant: &TestTenant) {
    let body = json!({ "link_with": tenant.id_token(GOOGLE, PAGE).await });
    let token = tenant.user_token("auth0|1").await;
    assert_eq!(tenant.post_json(PATH, Some(&token), &body).await.status, 201);
}

async fn unlink(tenant: &TestTenant) {
    let path = format!("{PATH}/google-oauth2/9");
    assert_eq!(tenant.call(Method::DELETE, &path, &tenant.user_token("auth0|1").await).await.status, 200);
}

/// Returns the recipients and subjects of the mails so far, which are without links.
async fn told(tenant: &TestTenant) -> Vec<(String, String)> {
    let mails = tenant.take_mails().await;
    assert!(mails.iter().all(|mail| mail.link.is_none() && !mail.text.contains("http")));
    mails.into_iter().map(|mail| (mail.to, mail.subject)).collect()
}

// attack: accounts
#[tokio::test]
async fn no_login_is_linked_or_unlinked_without_a_mail_to_both_addresses() {
    let tenant = tenant().await;
    link(&tenant).await;
    let mails = tenant.take_mails().await;
    let text = mails[0].text.replace('\u{2068}', "«").replace('\u{2069}', "»");
    assert_snapshot!(text, @r#"
    The login «Google» («googleoauth29@example.test») was linked to the account «auth01@example.test» at «Linked Accounts», and opens it from now on.

    Time: 2026-01-01T00:00:00.000Z

    If this was not you, somebody else is in the account: set a new password by "Forgot your password?" where you sign in, and look at the logins that are linked.
    "#);
    assert_eq!(mails[0].text, mails[1].text);
    let recipients: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(recipients, [&*email("auth0|1"), &*email(GOOGLE)]);
    unlink(&tenant).await;
    let subject = "A login was unlinked from your account at \u{2068}Linked Accounts\u{2069}".to_owned();
    assert_eq!(told(&tenant).await, [(email("auth0|1"), subject.clone()), (email(GOOGLE), subject)]);
    // Nothing is linked any longer, so nothing happens.
    unlink(&tenant).await;
    assert_eq!(told(&tenant).await, []);
}

#[tokio::test]
async fn what_is_refused_and_what_a_machine_links_is_not_told() {
    let tenant = TestTenant::with_seeds(vec![unproven_user(&["auth0|1"]), user(&[GOOGLE])]).await;
    let body = json!({ "link_with": tenant.id_token(GOOGLE, PAGE).await });
    let token = tenant.user_token("auth0|1").await;
    assert_eq!(tenant.post_json(PATH, Some(&token), &body).await.status, 403);
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "provider": "google-oauth2", "user_id": "9" });
    assert_eq!(tenant.post_json(PATH, Some(&machine), &body).await.status, 201);
    let path = format!("{PATH}/google-oauth2/9");
    assert_eq!(tenant.call(Method::DELETE, &path, &machine).await.status, 200);
    assert_eq!(told(&tenant).await, []);
}

#[tokio::test]
async fn accounts_with_one_address_get_one_mail() {
    let mut google = user(&[GOOGLE]);
    google.user.profile = google.user.profile.with("email", email("auth0|1").to_uppercase());
    let tenant = TestTenant::with_seeds(vec![user(&["auth0|1"]), google]).await;
    link(&tenant).await;
    assert_eq!(told(&tenant).await.len(), 1);
}

// attack: accounts
#[tokio::test]
async fn no_password_is_changed_without_a_mail_to_the_addresses_of_the_account() {
    let tenant = TestTenant::with_users(&[&[GOOGLE, "auth0|1"]]).await;
    let subject = "Your password at \u{2068}Linked Accounts\u{2069} was changed".to_owned();
    let expected = [(email(GOOGLE), subject.clone()), (email("auth0|1"), subject)];
    let body = json!({ "client_id": PAGE, "connection": DATABASE, "email": email("auth0|1") });
    tenant.post_json("/dbconnections/change_password", None, &body).await;
    let mut browser = Browser::new(&tenant);
    browser.get(&tenant.take_link().await).await;
    assert_eq!(browser.post("/u/reset-password", &[("password", "battery staple")]).await.status, 200);
    assert_eq!(told(&tenant).await, expected);
    // Also when a machine changes it.
    let machine = tenant.machine_token("update:users").await;
    let body = json!({ "password": "correct battery", "connection": DATABASE });
    let path = "/api/v2/users/google-oauth2%7C9";
    assert_eq!(tenant.send_json(Method::PATCH, path, Some(&machine), &body).await.status, 200);
    assert_eq!(told(&tenant).await, expected);
}

// attack: accounts
#[tokio::test]
async fn no_address_is_changed_without_a_mail_to_the_old_one_and_the_new_one_learns_nothing() {
    let tenant = tenant().await;
    let machine = tenant.machine_token("update:users").await;
    for (body, mails) in [
        (json!({ "email": "new@example.test" }), 1),
        (json!({ "email": "NEW@example.test" }), 0),
        (json!({ "nickname": "ada" }), 0),
    ] {
        let path = "/api/v2/users/auth0%7C1";
        assert_eq!(tenant.send_json(Method::PATCH, path, Some(&machine), &body).await.status, 200);
        let subject = "Your e-mail address at \u{2068}Linked Accounts\u{2069} was changed".to_owned();
        let expected = vec![(email("auth0|1"), subject)];
        assert_eq!(told(&tenant).await, if mails == 1 { expected } else { vec![] }, "{body}");
    }
}

// attack: floods
#[tokio::test]
async fn a_person_who_links_and_unlinks_never_fills_a_mailbox_and_others_never_use_up_its_mails() {
    let other = "google-oauth2|77";
    let mut sharing = user(&[other]);
    sharing.user.profile = sharing.user.profile.with("email", email(GOOGLE));
    let tenant =
        TestTenant::with_seeds(vec![user(&["auth0|1"]), user(&[GOOGLE]), user(&["auth0|2"]), sharing]).await;
    for _ in 0..30 {
        link(&tenant).await;
        unlink(&tenant).await;
    }
    assert_eq!(told(&tenant).await.len(), 40);
    let body = json!({ "link_with": tenant.id_token(other, PAGE).await });
    let token = tenant.user_token("auth0|2").await;
    assert_eq!(tenant.post_json("/api/v2/users/auth0%7C2/identities", Some(&token), &body).await.status, 201);
    let recipients: Vec<String> = told(&tenant).await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(recipients, [email("auth0|2"), email(GOOGLE)]);
}
