use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::work::Step;
use super::*;

fn verify(password: &str, hash: &str) -> Verification {
    verify_password(&Secret::new(password), Some(hash), &Work::own())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_passwords_is_hashed_as_many_at_once_as_there_are_processors() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NOW: AtomicUsize = AtomicUsize::new(0);
    let most = available_parallelism().unwrap().get();
    let flood: Vec<_> = (0..20 * most)
        .map(|_| {
            tokio::spawn(with_hash_permit(|| {
                let at_once = NOW.fetch_add(1, Ordering::SeqCst) + 1;
                let _hash = hash_password(&Secret::new("hunter2"));
                NOW.fetch_sub(1, Ordering::SeqCst);
                at_once
            }))
        })
        .collect();
    for hashed in flood {
        let at_once = hashed.await.unwrap().unwrap();
        assert!(at_once <= most, "{at_once}");
    }
    assert_eq!(with_hash_permit(|| panic!("a broken hash")).await, None::<()>);
    assert_eq!(with_hash_permit(|| 7).await, Some(7), "and its turn is free again");
}

#[test]
fn a_password_matches_its_own_hash_only() {
    let hash = hash_password(&Secret::new("correct horse"));
    assert!(hash.starts_with("$argon2id$"));
    assert_eq!(verify("correct horse", &hash), Verification::Right);
    for wrong in ["wrong horse", "correct hörse", "Correct horse", " correct horse", ""] {
        assert_eq!(verify(wrong, &hash), Verification::Wrong, "{wrong}");
    }
    assert_eq!(verify("correct horse", "no hash"), Verification::Wrong);
}

#[test]
fn a_password_is_the_same_in_every_normal_form() {
    let (composed, decomposed) = ("P\u{e4}ssw\u{f6}rd", "Pa\u{308}sswo\u{308}rd");
    // The third is of neither form.
    for chosen in [composed, decomposed, "P\u{e4}sswo\u{308}rd"] {
        let hash = hash_password(&Secret::new(chosen));
        assert_eq!(verify(composed, &hash), Verification::Right);
        assert_eq!(verify(decomposed, &hash), Verification::Right);
        assert_eq!(verify("Passwo\u{308}rd", &hash), Verification::Wrong);
    }
    // The sign of the unit kelvin is the letter K in both forms.
    assert_eq!(verify("\u{212a}", &hash_password(&Secret::new("K"))), Verification::Right);
}

#[test]
fn a_hash_of_another_normal_form_matches_and_is_outdated() {
    let (composed, decomposed) = ("P\u{e4}ss", "Pa\u{308}ss");
    let hash = bcrypt::hash(decomposed, 4).unwrap();
    for typed in [composed, decomposed] {
        assert_eq!(verify(typed, &hash), Verification::RightAndOutdated);
    }
    assert_eq!(verify("Pass", &hash), Verification::Wrong);
    let salt = SaltString::encode_b64(&[7; 16]).unwrap();
    let ours = Argon2::default().hash_password(decomposed.as_bytes(), &salt).unwrap().to_string();
    assert_eq!(verify(composed, &ours), Verification::RightAndOutdated, "made before passwords had one form");
}

#[test]
fn a_hash_with_other_parameters_is_outdated() {
    let weak = Argon2::from(Params::new(64, 1, 1, None).unwrap());
    let salt = SaltString::encode_b64(&[7; 16]).unwrap();
    let hash = weak.hash_password(b"tiger", &salt).unwrap().to_string();
    assert_eq!(verify("tiger", &hash), Verification::RightAndOutdated);
    assert_eq!(verify("lion", &hash), Verification::Wrong);
}

#[test]
fn a_bcrypt_hash_of_each_prefix_is_understood() {
    let hash = bcrypt::hash("tiger", 4).unwrap();
    for prefix in ["$2a$", "$2b$", "$2y$"] {
        let hash = hash.replacen("$2b$", prefix, 1);
        let imported = ImportedHash::bcrypt(&hash).unwrap();
        assert_eq!(format!("{imported:?}"), "ImportedHash(…)");
        assert_eq!(verify("tiger", &hash), Verification::RightAndOutdated);
        assert_eq!(verify("lion", &hash), Verification::Wrong);
    }
    for invalid in ["$2b$10$short", &hash.replacen("$2b$", "$2x$", 1), &hash.replacen("$2b$", "$2$", 1), ""] {
        let error = ImportedHash::bcrypt(invalid).unwrap_err().to_string();
        assert_eq!(error, "not a bcrypt hash ($2a$, $2b$ or $2y$)");
    }
    let endless = hash.replacen("$04$", "$31$", 1);
    assert_eq!(ImportedHash::bcrypt(&endless), Err(InvalidHash::TooExpensive));
}

fn error_of(hash: &Value) -> String {
    ImportedHash::custom(hash).unwrap_err().to_string()
}

#[test]
fn an_algorithm_that_is_not_verified_is_named() {
    let md4 = json!({ "algorithm": "md4", "hash": { "value": "00", "encoding": "hex" } });
    assert_eq!(error_of(&md4), "md4 is not verified here");
    let pbkdf2 = json!({ "algorithm": "pbkdf2", "hash": { "value": "$pbkdf2-whirlpool$i=1,l=1$AA$AA" } });
    assert_eq!(error_of(&pbkdf2), "pbkdf2-whirlpool is not verified here");
    let ldap = json!({ "algorithm": "ldap", "hash": { "value": "{CRYPT}$1$hunter2" } });
    assert_eq!(error_of(&ldap), "ldap {crypt} is not verified here");
    let slipped = json!({ "algorithm": "$2b$04$hunter2/hunter2", "hash": { "value": "x" } });
    assert_eq!(error_of(&slipped), "an unknown algorithm is not verified here");
}

#[test]
fn a_malformed_or_too_expensive_hash_is_refused_without_its_value() {
    let expensive = InvalidHash::TooExpensive.to_string();
    let key = "A".repeat(86);
    for (hash, expected) in [
        (json!({ "algorithm": "bcrypt" }), "expected an algorithm and a hash"),
        (json!("hunter2"), "expected an algorithm and a hash"),
        (
            json!({ "algorithm": "md5", "hash": { "value": "hunter2", "encoding": "hex" } }),
            "the hash's value",
        ),
        (
            json!({ "algorithm": "sha256", "hash": { "value": "hunter2", "encoding": "utf8" } }),
            "the hash's value",
        ),
        (json!({ "algorithm": "sha1", "hash": { "value": "00ff", "encoding": "hex" } }), "the hash's value"),
        (json!({ "algorithm": "hmac", "hash": { "value": "hunter2", "digest": "md5" } }), "hmac needs a key"),
        (json!({ "algorithm": "hmac", "hash": { "value": "hunter2" } }), "hmac needs a digest"),
        (
            json!({ "algorithm": "scrypt", "hash": { "value": "00", "encoding": "hex" } }),
            "scrypt needs a keylen",
        ),
        (
            json!({ "algorithm": "scrypt", "keylen": 1, "cost": 3, "hash": { "value": "00", "encoding": "hex" } }),
            "the cost of scrypt",
        ),
        (
            json!({ "algorithm": "scrypt", "keylen": 1, "cost": 1u64 << 40, "hash": { "value": "00", "encoding": "hex" } }),
            &expensive,
        ),
        (json!({ "algorithm": "argon2", "hash": { "value": "$2b$hunter2" } }), "not an Argon2 hash"),
        (
            json!({ "algorithm": "argon2", "hash": { "value": "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA" } }),
            &expensive,
        ),
        (
            json!({ "algorithm": "pbkdf2", "hash": { "value": "$pbkdf2-sha256$i=1,l=2$AA$AA" } }),
            "not a PBKDF2 hash",
        ),
        (
            json!({ "algorithm": "pbkdf2", "hash": { "value": "$pbkdf2-sha256$hunter2" } }),
            "not a PBKDF2 hash",
        ),
        (
            json!({ "algorithm": "pbkdf2", "hash": { "value": format!("$pbkdf2-sha512$i=99999999,l=64$AA${key}") } }),
            &expensive,
        ),
        (json!({ "algorithm": "ldap", "hash": { "value": "hunter2" } }), "not a userPassword of LDAP"),
        (json!({ "algorithm": "ldap", "hash": { "value": "{SHA}hunter2" } }), "not a userPassword of LDAP"),
        (
            json!({ "algorithm": "md5", "hash": { "value": "0" }, "salt": { "value": "hunter2", "encoding": "hex" } }),
            "the salt's value",
        ),
    ] {
        let error = error_of(&hash);
        assert!(error.starts_with(expected) && !error.contains("hunter2"), "{hash}: {error}");
    }
}

/// Returns stored hashes of all kinds: none, the tenant's own, and imported ones of several costs.
fn hashes_of_all_kinds() -> Vec<Option<String>> {
    let phc = |digest: &str, iterations: u32, length: usize| {
        let key = "A".repeat((length * 4).div_ceil(3));
        let value = format!("$pbkdf2-{digest}$i={iterations},l={length}$c2FsdA${key}");
        json!({ "algorithm": "pbkdf2", "hash": { "value": value } }).to_string()
    };
    let scrypt = |cost: u64| {
        json!({ "algorithm": "scrypt", "keylen": 32, "cost": cost, "salt": { "value": "abc123" },
            "hash": { "value": "00".repeat(32), "encoding": "hex" } })
        .to_string()
    };
    let older = "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI";
    let latin = json!({ "algorithm": "sha256", "hash": { "value": "00".repeat(32), "encoding": "hex" },
        "password": { "encoding": "latin1" } });
    let kinds = [
        hash_password(&Secret::new("correct horse")),
        older.to_owned(),
        bcrypt::hash("correct horse", 4).unwrap(),
        bcrypt::hash("correct horse", 7).unwrap(),
        phc("sha256", 1000, 32),
        phc("sha256", 700, 96),
        phc("sha1", 1500, 20),
        scrypt(2),
        scrypt(16),
        latin.to_string(),
        "unreadable".to_owned(),
    ];
    [None].into_iter().chain(kinds.map(Some)).collect()
}

/// Returns the amounts of work of comparing with a hash and of the steps after it.
fn amounts(stored: Option<&str>, work: &Work) -> BTreeMap<String, u64> {
    let own = stored.and_then(imported::read).map(|hash| hash.work()).unwrap_or_default();
    let mut amounts = BTreeMap::new();
    for step in own.without(&Work::default()).into_iter().chain(work.without(&own)) {
        let (name, amount) = match step {
            Step::Bcrypt(cost) => ("bcrypt".to_owned(), 1 << cost),
            Step::Pbkdf2(digest, iterations) => (format!("{digest:?}"), iterations),
            other => (format!("{other:?}"), 1),
        };
        *amounts.entry(name).or_default() += amount;
    }
    amounts
}

// attack: guessing
#[test]
fn no_attempt_at_a_password_does_other_work_than_one_for_an_unknown_account() {
    let known = AttemptWork::default();
    let kinds = hashes_of_all_kinds();
    for stored in kinds.iter().flatten() {
        known.learn(stored);
    }
    let unknown = amounts(None, &known.get());
    assert_eq!((unknown["bcrypt"], unknown["Sha256"], unknown["Sha1"]), (128, 2100, 1500));
    assert_eq!(unknown.len(), 7, "{unknown:?}");
    for stored in &kinds {
        assert_eq!(amounts(stored.as_deref(), &known.get()), unknown, "{stored:?}");
        let wrong =
            verify_password(&Secret::new("wrong h\u{f6}rse \u{1f40e}"), stored.as_deref(), &known.get());
        assert_eq!(wrong, Verification::Wrong, "{stored:?}");
    }
}

#[test]
fn an_attempt_costs_one_hash_of_the_tenants_own_where_nothing_was_imported() {
    let own = AttemptWork::default();
    own.learn(&hash_password(&Secret::new("correct horse")));
    assert_eq!(own.get().without(&Work::default()).len(), 1);
    assert_eq!(own.get().without(&Work::own()), []);
    assert!(hash_password(&Secret::new("x")).starts_with(&own_prefix()));
}
