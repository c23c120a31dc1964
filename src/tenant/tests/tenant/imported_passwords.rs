//! Sign-in with passwords whose hashes another system computed (contract B4).

use serde_json::{Value, json};
use tenant::password_hash::ImportedHash;
use tenant::seed::SeedPassword;

use crate::test_tenant::{Browser, DATABASE, TestTenant, email, user};

const PASSWORD: &str = "P\u{e4}ssw\u{f6}rd 1";

/// A `custom_password_hash` of [`PASSWORD`] by every algorithm. The values were computed by Python's `hashlib`.
fn hashes() -> Vec<Value> {
    let hash = |algorithm: &str, value: &str| json!({ "algorithm": algorithm, "hash": { "value": value } });
    let digest = |algorithm: &str, value: &str, encoding: &str, position: Option<&str>| {
        let salt = position.map(|position| json!({ "value": "abc123", "position": position }));
        json!({ "algorithm": algorithm, "hash": { "value": value, "encoding": encoding }, "salt": salt })
    };
    let encoded = |algorithm: &str, value: &str, encoding: &str| {
        json!({ "algorithm": algorithm, "hash": { "value": value, "encoding": "hex" },
            "password": { "encoding": encoding } })
    };
    let hmac = |digest: &str, value: &str, key: Value| {
        json!({ "algorithm": "hmac",
            "hash": { "value": value, "encoding": "base64", "digest": digest, "key": key } })
    };
    let bcrypt = bcrypt::hash(PASSWORD, 4).unwrap();
    let salted = bcrypt::hash(format!("abc123{PASSWORD}"), 4).unwrap();
    vec![
        hash("bcrypt", &bcrypt),
        hash("bcrypt", &bcrypt.replacen("$2b$", "$2y$", 1)),
        json!({ "algorithm": "bcrypt", "hash": { "value": salted },
            "salt": { "value": "616263313233", "encoding": "hex" } }),
        hash("pbkdf2", "$pbkdf2-sha1$i=1000,l=20$c29tZSBzYWx0IGJ5dGVzIQ$Y+bwteCmtFe+HpFIcRDnFRlbk50"),
        hash(
            "pbkdf2",
            "$pbkdf2-sha256$i=1000,l=32$c29tZSBzYWx0IGJ5dGVzIQ$ln6eSnwnIlCaeKKfCAzp6fFcDS+K9rf4QinFu92rpr4",
        ),
        hash(
            "pbkdf2",
            "$pbkdf2-RSA-SHA512$i=2000,l=64$c29tZSBzYWx0IGJ5dGVzIQ$S+YaM668mXNKmFURlCDeuhYoZgCUQFCWScdw1BroioAWiQXnmmhQs0OhvqqNwOQqRvvyc5CXVk82Gtout6TkQw",
        ),
        hash("pbkdf2", "$pbkdf2-md5$i=1000,l=16$c29tZSBzYWx0IGJ5dGVzIQ$S8lCrCfFPF4TL9W55fdM3Q"),
        hash(
            "pbkdf2",
            "$pbkdf2-sha256$c29tZSBzYWx0IGJ5dGVzIQ$xAb/+XWwIUqgmqJLg5QjBqkosDvoIfYDfShEjUrOfiRB4sBWq1QO+g54CpV4EjOwybLgV6aGGo1i5f22smouRA",
        ),
        json!({ "algorithm": "scrypt", "keylen": 32, "cost": 4096, "salt": { "value": "abc123" },
            "hash": { "value": "5b5ddae72a8a4b5b59755591dd221f5936bc21070702db6769c470c0248f6c15",
                "encoding": "hex" } }),
        json!({ "algorithm": "scrypt", "keylen": 64, "cost": 1024, "blockSize": 4, "parallelization": 2,
            "salt": { "value": "YWJjMTIz", "encoding": "base64" },
            "hash": { "encoding": "base64", "value":
                "dOcBn0V27QTs1jX90eZ6sHZKQ-j8Xii_2ndaSwEVRL7kaZnzAU8sVw5gJH4T9NWvGqtG_Pe0QWxyNE_ZGhFriA==" } }),
        digest("md5", "18AFA134D2DDD40C0F6C03C7F144891E", "hex", None),
        digest("md5", "42c2a155dbcba98ab22569a82c1ee019", "hex", Some("prefix")),
        digest("sha1", "X1m9J4xkZ/fO5vmUepEwGIbsHUg=", "base64", Some("suffix")),
        digest(
            "sha256",
            "e4d672e89794977c53d351d5a79f5b54bb1838ffe85fd6abf8de06d36e96a48f",
            "hex",
            Some("prefix"),
        ),
        digest(
            "sha512",
            "WW6Iq/Rc1QbhgRY/wyrBkC7/VbDThSpH7XE1JmuLSc2BugXnEfsPwn09jG8DxLg8V4VjOPSxUd62R8RmuQfuuw==",
            "base64",
            Some("suffix"),
        ),
        encoded("sha256", "a884fa72b9f51fe5ef5c089a486e7c40e560d1c6b51ee386734e90650e0236ae", "ucs2"),
        encoded("sha1", "43922cb05a82f38c3753b5a134e7753fc88de8ad", "latin1"),
        hmac("md5", "UqGrnzOxz0UxEjAC1+ONuA==", json!({ "value": "shh" })),
        hmac("sha1", "cOqEffRKyOe7XtJcCY5jh+QIl0Y=", json!({ "value": "736868", "encoding": "hex" })),
        hmac("sha256", "v3/ZeC6A4/ZA9XgGzyGPxZQ2rsBLSjw/pKppwoPXSWw=", json!({ "value": "shh" })),
        hash("ldap", "{SHA}8gnCJHziCiXxawCN+CmBTpn5aZo="),
        hash("ldap", "{MD5}GK+hNNLd1AwPbAPH8USJHg=="),
        hash("ldap", "{SSHA}Wmf2IAXTby4YDuBGE3m9PNoGXB1zYWx0c2FsdA=="),
        hash("ldap", "{SMD5}QQmD7D96VK06wqR9mtzRPnNhbHRzYWx0"),
        hash("ldap", "{SSHA384}krzem7MMRWTRZJ8mcRllK3R3TR4G+tfOQlNdp1OEsw/HfgcfDM0M33QQcz8BmQggc2FsdHNhbHQ="),
    ]
}

async fn stored_hash(tenant: &TestTenant, id: &str) -> String {
    let connection = model::ConnectionName::new(DATABASE);
    let mut reader = tenant.store.read().await.unwrap();
    reader.find_credential(&connection, &email(id)).await.unwrap().unwrap().password_hash
}

#[tokio::test]
async fn a_password_of_every_algorithm_signs_in_and_gets_the_tenants_own_hash() {
    let id = "auth0|1";
    for hash in hashes() {
        // A tenant of its own, because each attempt does the work of all hashes that a tenant has.
        let mut seed = user(&[id]);
        seed.password = Some(SeedPassword::Imported(ImportedHash::custom(&hash).unwrap()));
        let tenant = TestTenant::with_seeds(vec![seed]).await;
        let imported = stored_hash(&tenant, id).await;
        assert!(!imported.starts_with("$argon2"), "{hash}");
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        for wrong in ["P\u{e4}ssw\u{f6}rd 2", "Passwo\u{308}rd 1", ""] {
            let refused = browser.type_password(&login_state, &email(id), wrong).await;
            assert_eq!(refused.status, 401, "{hash} takes {wrong}");
        }
        assert_eq!(stored_hash(&tenant, id).await, imported, "a wrong password changes nothing");
        for _ in 0..2 {
            let mut browser = Browser::new(&tenant);
            let login_state = browser.start_login(&[]).await;
            let response = browser.type_password(&login_state, &email(id), PASSWORD).await;
            assert!(response.parameter("code").is_some(), "{hash} is not understood");
            assert!(stored_hash(&tenant, id).await.starts_with("$argon2id$"), "{hash}");
        }
    }
}

#[tokio::test]
async fn a_password_typed_in_another_normal_form_signs_in() {
    let decomposed = "Pa\u{308}sswo\u{308}rd 1";
    let mut seed = user(&["auth0|1"]);
    let hash = ImportedHash::bcrypt(&bcrypt::hash(decomposed, 4).unwrap()).unwrap();
    seed.password = Some(SeedPassword::Imported(hash));
    let tenant = TestTenant::with_seeds(vec![seed]).await;
    // The first sign-in replaces the hash of the decomposed form, the second and third use the new one.
    for typed in [PASSWORD, decomposed, PASSWORD] {
        let mut browser = Browser::new(&tenant);
        let login_state = browser.start_login(&[]).await;
        let response = browser.type_password(&login_state, &email("auth0|1"), typed).await;
        assert!(response.parameter("code").is_some(), "{typed:?}");
        assert!(stored_hash(&tenant, "auth0|1").await.starts_with("$argon2id$"));
    }
    let mut browser = Browser::new(&tenant);
    let login_state = browser.start_login(&[]).await;
    let refused = browser.type_password(&login_state, &email("auth0|1"), "Passwo\u{308}rd 1").await;
    assert_eq!(refused.status, 401);
}
