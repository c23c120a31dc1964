//! The stand-ins for social and company logins.

use crate::bench::{Bench, Browser, email};

#[tokio::test]
async fn a_known_person_opens_the_account_that_their_identity_is_linked_to() {
    let bench = Bench::with_users(&[&["auth0|1", "google-oauth2|9"]]).await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    let page = browser.get(&format!("/u/connection?state={handle}&connection=google-oauth2")).await;
    assert!(page.text.contains("googleoauth29@example.test"));
    assert!(page.text.to_lowercase().contains("stand-in"));
    let answer = browser.stand_in("google-oauth2", &[("choice", "9")]).await;
    assert_eq!(bench.account_of(&answer.parameter("code").unwrap()).await, "auth0|1");
}

#[tokio::test]
async fn a_new_person_gets_an_account_and_is_known_the_next_time() {
    let bench = Bench::with_users(&[]).await;
    let typed = [("choice", ""), ("name", "Ada"), ("email", "ada@example.test"), ("email_verified", "true")];
    let answer = Browser::new(&bench).stand_in("github", &typed).await;
    let account = bench.account_of(&answer.parameter("code").unwrap()).await;
    let row = bench.row(&account).await.unwrap();
    assert!(
        account.starts_with("github|")
            && row.identities[0].user_id.is_integer()
            && row.identities[0].is_social
    );
    assert_eq!((row.profile.name(), row.profile.email_verified()), (Some("Ada"), Some(true)));
    let again = Browser::new(&bench).stand_in("github", &typed).await;
    assert_eq!(bench.account_of(&again.parameter("code").unwrap()).await, account);
}

#[tokio::test]
async fn a_new_id_has_the_form_of_its_provider() {
    let bench = Bench::with_users(&[]).await;
    let typed = [("choice", ""), ("email", "a@example.test"), ("phone_number", "+44 20 7946-0000")];
    for (connection, starts, length) in [
        ("google-oauth2", "google-oauth2|", 35),
        ("acme", "samlp|acme|a@example.test", 25),
        ("sms", "sms|", 28),
    ] {
        let answer = Browser::new(&bench).stand_in(connection, &typed).await;
        let account = bench.account_of(&answer.parameter("code").unwrap()).await;
        assert!(account.starts_with(starts) && account.len() == length, "{account}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_adds_nobody() {
    let bench = Bench::with_users(&[&["google-oauth2|9"]]).await;
    for (connection, fields, sentence) in [
        ("google-oauth2", vec![("choice", "10")], "no longer here"),
        ("google-oauth2", vec![("choice", "")], "Type a name"),
        ("google-oauth2", vec![("choice", ""), ("email", "no address")], "An e-mail address looks like"),
        ("sms", vec![("choice", ""), ("phone_number", "12")], "A phone number looks like"),
    ] {
        let answer = Browser::new(&bench).stand_in(connection, &fields).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(sentence), "{fields:?}");
    }
    let mut reader = bench.store.read().await.unwrap();
    for connection in ["google-oauth2", "sms"] {
        let people = reader.list_people(&model::ConnectionName::new(connection), 10).await.unwrap();
        assert_eq!(people.len(), usize::from(connection == "google-oauth2"));
    }
    assert_eq!(bench.row("google-oauth2|9").await.unwrap().profile.email(), Some(&*email("google-oauth2|9")));
}

#[tokio::test]
async fn a_connection_that_the_application_may_not_use_is_not_offered() {
    let bench = Bench::with_users(&[]).await;
    let mut browser = Browser::new(&bench);
    let handle = browser.begin(&[]).await;
    let page = browser.get(&format!("/u/login?state={handle}")).await;
    assert!(page.text.contains("connection=github") && !page.text.contains("connection=facebook"));
    for connection in ["facebook", "unknown", crate::bench::DATABASE] {
        let path = format!("/u/connection?state={handle}&connection={connection}");
        assert_eq!(browser.get(&path).await.status, 400, "{connection}");
        let fields = [("state", &*handle), ("connection", connection), ("choice", ""), ("name", "Eve")];
        assert_eq!(browser.post("/u/stand-in", &fields).await.status, 400, "{connection}");
    }
}
