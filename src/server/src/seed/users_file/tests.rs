use serde_json::{Value, json};
use tenant::password_hash::ImportedHash;
use tenant::seed::{SeedPassword, SeedUser};

use super::*;

fn connections() -> Vec<Connection> {
    vec![
        Connection::new("Username-Password-Authentication", "auth0"),
        Connection::new("google-oauth2", "google-oauth2"),
        Connection::new("github", "github"),
    ]
}

fn parsed(text: &str) -> Result<Vec<SeedUser>, String> {
    parse("users.json", text, &connections(), None).map(|file| file.users).map_err(|error| error.to_string())
}

/// Returns the user of a file with one, and what is noticed of it.
fn read_one(user: &Value) -> (SeedUser, Vec<String>) {
    let UsersFile { mut users, notices } = parse("users.json", &user.to_string(), &connections(), None)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(users.len(), 1);
    (users.remove(0), notices.iter().map(ToString::to_string).collect())
}

fn ids(text: &str) -> Vec<String> {
    let users = parsed(text).unwrap_or_else(|error| panic!("{error}"));
    users.iter().map(|seed| seed.user.user_id.to_string()).collect()
}

/// Returns a user in the format of Auth0's bulk import.
fn imported(email: &str) -> Value {
    json!({ "email": email, "email_verified": false, "given_name": "Eve", "app_metadata": { "roles": ["admin"] } })
}

/// Returns a user of the database, as the Management API returns it.
fn database_user(id: &str, attributes: Value) -> Value {
    let mut user = json!({
        "user_id": format!("auth0|{id}"),
        "identities": [{ "connection": "Username-Password-Authentication", "user_id": id, "provider": "auth0" }],
    });
    let Value::Object(attributes) = attributes else { panic!("no attributes: {attributes}") };
    user.as_object_mut().unwrap().extend(attributes);
    user
}

fn ada() -> Value {
    json!({
        "user_id": "auth0|ada",
        "email": "ada@example.com",
        "email_verified": true,
        "created_at": "2024-02-29T12:00:00.000Z",
        "user_metadata": { "theme": "dark" },
        "password": "ada-demo",
        "identities": [
            { "connection": "Username-Password-Authentication", "user_id": "ada", "provider": "auth0" },
            { "connection": "github", "user_id": 42, "provider": "github", "profileData": { "nickname": "ada" } },
        ],
    })
}

/// Returns Ada with `value` at the JSON pointer `pointer` (RFC 6901).
fn ada_with(pointer: &str, value: Value) -> Value {
    let mut ada = ada();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match ada.pointer_mut(parent).unwrap() {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(array) => array[key.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer} leads nowhere"),
    }
    ada
}

fn error_of(users: &[Value]) -> String {
    parsed(&json!(users).to_string()).unwrap_err()
}

fn error_with(pointer: &str, value: Value) -> String {
    error_of(&[ada_with(pointer, value)])
}

#[test]
fn a_user_is_read_as_the_management_api_returns_it() {
    let users = parsed(&json!([ada()]).to_string()).unwrap();
    let SeedUser { user, password } = &users[0];
    assert!(user.has_primary_first());
    assert_eq!(user.profile.email(), Some("ada@example.com"));
    assert!(user.identities[0].profile_data.is_none());
    assert!(user.identities[1].user_id.is_integer());
    assert!(user.identities[1].is_social, "follows from the provider");
    assert!(matches!(password, Some(SeedPassword::Clear(password)) if password.expose() == "ada-demo"));
}

#[test]
fn a_bcrypt_hash_is_kept_as_it_is() {
    let hash = "$2b$10$nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa";
    let mut user = ada_with("/password_hash", json!(hash));
    user.as_object_mut().unwrap().remove("password");
    let users = parsed(&json!([user]).to_string()).unwrap();
    assert!(
        matches!(&users[0].password, Some(SeedPassword::Imported(kept)) if *kept == ImportedHash::bcrypt(hash).unwrap())
    );
}

#[test]
fn broken_json_is_refused_with_line_and_column() {
    assert_eq!(parsed("[\n  {]").unwrap_err(), "users.json:2:4: key must be a string");
    assert_eq!(parsed("[] x").unwrap_err(), "users.json:1:4: expected value");
    assert_eq!(parsed("[").unwrap_err(), "users.json:1:1: EOF while parsing a list");
    assert_eq!(
        parsed("email,name\n").unwrap_err(),
        "users.json: $: this is not JSON; an export job writes what is read here in the format json, not in csv"
    );
    assert_eq!(parsed(" \n").unwrap_err(), "users.json: $: the file is empty");
    assert_eq!(parsed("{\"email\": \"a@b\"}\n{\"email\":}").unwrap_err(), "users.json:2:10: expected value");
}

#[test]
fn what_is_no_user_is_refused_with_its_place() {
    assert_eq!(parsed("[1]").unwrap_err(), "users.json: $[0]: invalid type: number, expected a user");
    assert_eq!(parsed("{}\n7").unwrap_err(), "users.json:2: $: invalid type: number, expected a user");
    assert_eq!(
        parsed(r#"{"users": [{}, "x"]}"#).unwrap_err(),
        "users.json: $.users[1]: invalid type: string, expected a user"
    );
    assert_eq!(
        parsed("{}").unwrap_err(),
        "users.json: $: a user has a user_id, an e-mail address or a user name"
    );
    assert_eq!(
        parsed(&format!("{}\n\n{}\n[]\n", ada(), json!({ "email": 7 }))).unwrap_err(),
        "users.json:3: $: a user has a user_id, an e-mail address or a user name"
    );
}

#[test]
fn users_are_read_in_every_format_that_the_api_returns() {
    let (one, other) = (database_user("1", json!({ "email": "a@b.c" })), database_user("2", json!({})));
    let both = ["auth0|1", "auth0|2"];
    assert_eq!(ids(&one.to_string()), ["auth0|1"]);
    assert_eq!(ids(&json!([one, other]).to_string()), both);
    assert_eq!(ids(&format!("\u{feff}{}", json!([one, other]))), both);
    let totals = json!({ "start": 0, "limit": 50, "length": 2, "total": 2, "users": [one, other] });
    assert_eq!(ids(&totals.to_string()), both);
    assert_eq!(ids(&json!({ "users": [one, other] }).to_string()), both);
    assert_eq!(ids(&json!({ "data": [one, other], "status": 200 }).to_string()), both);
    assert_eq!(ids(&json!({ "members": [one, other], "next": null }).to_string()), both);
    assert_eq!(ids(&format!("{one}\n{other}\n")), both);
    assert_eq!(ids(&format!("{one}\r\n\r\n{other}")), both);
    assert_eq!(ids(&format!("{}\n{}", json!({ "users": [one] }), json!([other]))), both);
    assert!(ids("[]").is_empty());
}

#[test]
fn a_page_of_a_longer_list_is_noticed() {
    let notices = |text: &Value| -> Vec<String> {
        let file = parse("users.json", &text.to_string(), &connections(), None).unwrap();
        file.notices.iter().map(ToString::to_string).collect()
    };
    let page = json!({ "start": 0, "limit": 1, "length": 1, "total": 120, "users": [ada()] });
    assert_eq!(notices(&page), ["$: this page has 1 of 120 users; the others are not in it"]);
    let page = json!({ "next": "abc", "users": [ada()] });
    assert_eq!(notices(&page), ["$: this list has a next page, which is not in it"]);
}

#[test]
fn a_user_of_a_bulk_import_gets_a_stable_id_in_the_only_database() {
    let (seed, notices) = read_one(&imported("Eve@Example.com"));
    let id = seed.user.user_id.as_str().strip_prefix("auth0|").unwrap();
    assert!(id.len() == 24 && id.bytes().all(|c| c.is_ascii_hexdigit()), "{id}");
    assert!(seed.user.has_primary_first() && notices.is_empty());
    assert_eq!(seed.user.identities[0].connection.as_str(), "Username-Password-Authentication");
    let again = parsed(&json!([imported("x@y.z"), imported(" eve@example.COM")]).to_string()).unwrap();
    assert_eq!(again[1].user.user_id, seed.user.user_id);
    assert_ne!(again[0].user.user_id, seed.user.user_id);
}

#[test]
fn a_user_id_without_identities_names_the_identity() {
    for (written, read, connection) in [
        ("2000", "auth0|2000", "Username-Password-Authentication"),
        ("auth0|2000", "auth0|2000", "Username-Password-Authentication"),
        ("legacy|2000", "auth0|legacy|2000", "Username-Password-Authentication"),
        ("google-oauth2|99", "google-oauth2|99", "google-oauth2"),
    ] {
        let (seed, _) = read_one(&json!({ "user_id": written, "email": "a@example.com" }));
        assert_eq!(seed.user.user_id.as_str(), read);
        assert_eq!(seed.user.identities[0].connection.as_str(), connection);
        assert!(seed.user.has_primary_first());
    }
    assert_eq!(
        parsed(r#"{"user_id": "twitter|7"}"#).unwrap_err(),
        r#"users.json: $.user_id: the tenant has no connection with the strategy "twitter"; it has "Username-Password-Authentication", "google-oauth2", "github""#
    );
    assert_eq!(parsed(r#"{"user_id": ""}"#).unwrap_err(), "users.json: $.user_id: the id must not be empty");
}

#[test]
fn a_bulk_import_into_one_of_several_databases_is_named() {
    let several = vec![Connection::new("members", "auth0"), Connection::new("staff", "auth0")];
    let read = |user: Value, import: Option<&str>, connections: &[Connection]| {
        parse("users.json", &json!([user]).to_string(), connections, import)
            .map(|file| file.users[0].user.identities[0].connection.to_string())
            .map_err(|error| error.to_string())
    };
    let user = || imported("eve@example.com");
    assert_eq!(read(user(), Some("staff"), &several).as_deref(), Ok("staff"));
    assert_eq!(
        read(user(), None, &several).unwrap_err(),
        r#"users.json: $[0]: a user without identities, as in Auth0's bulk import, belongs to the database that --users-connection names; its databases are "members", "staff""#
    );
    assert_eq!(
        read(json!({ "user_id": "auth0|7" }), None, &several).unwrap_err(),
        r#"users.json: $[0].user_id: this identity can be of "members", "staff", and no connection is named; --users-connection names one for all such users"#
    );
    assert_eq!(read(json!({ "user_id": "auth0|7" }), Some("staff"), &several).as_deref(), Ok("staff"));
    let named = json!({ "email": "eve@example.com", "connection": "members" });
    assert_eq!(read(named, Some("staff"), &several).as_deref(), Ok("members"));
    assert_eq!(
        read(user(), Some("github"), &several).unwrap_err(),
        r#"users.json: $: the tenant has no database "github" for --users-connection; its databases are "members", "staff""#
    );
    assert!(read(user(), None, &[]).unwrap_err().ends_with("the tenant has no database"));
}

#[test]
fn unknown_attributes_are_kept_and_misspelt_ones_noticed() {
    let user =
        database_user("1", json!({ "shoe_size": 42, "emial": "x", "department_head": { "name": "y" } }));
    let (seed, notices) = read_one(&user);
    let profile = &seed.user.profile.0;
    assert_eq!((&profile["shoe_size"], &profile["emial"]), (&json!(42), &json!("x")));
    assert_eq!(profile["department_head"], json!({ "name": "y" }));
    assert_eq!(
        notices,
        [r#"$.emial: the unknown key "emial" is kept as an attribute; did you mean "email"?"#]
    );
    let (seed, notices) = read_one(&ada_with("/identities/1/profileData/naem", json!("x")));
    assert_eq!(seed.user.identities[1].profile_data.as_ref().unwrap().0["naem"], "x");
    assert_eq!(
        notices,
        [
            r#"$.identities[1].profileData.naem: the unknown key "naem" is kept as an attribute; did you mean "name"?"#
        ]
    );
    let (_, notices) = read_one(&ada_with("/identities/1/userid", json!("x")));
    assert_eq!(
        notices,
        [
            r#"$.identities[1].userid: the unknown key "userid" of an identity is left out; did you mean "user_id"?"#
        ]
    );
}

#[test]
fn what_looks_like_a_secret_is_no_attribute() {
    for key in ["pasword", "Password", "passwordHash", "hashed_password", "api_token", "client_secret"] {
        let (seed, notices) = read_one(&database_user("1", json!({ key: "hunter2" })));
        assert!(!seed.user.profile.0.contains_key(key), "{key}");
        assert!(notices[0].contains("is left out, because it looks like a secret"), "{notices:?}");
        assert!(!notices[0].contains("hunter2"));
    }
    let (seed, notices) = read_one(&database_user("1", json!({ "pasword": "hunter2" })));
    assert!(seed.password.is_none() && notices[0].ends_with("did you mean \"password\"?"), "{notices:?}");
}

#[test]
fn tokens_of_providers_are_left_out_and_counted() {
    let mut user = ada();
    user["identities"][1].as_object_mut().unwrap().extend(
        json!({ "access_token": "hunter2", "refresh_token": "hunter2", "access_token_secret": "hunter2",
            "id_token": "hunter2", "expires_in": 3599 })
        .as_object()
        .unwrap()
        .clone(),
    );
    user["identities"][1]["profileData"]["access_token"] = json!("hunter2");
    let (seed, notices) = read_one(&user);
    assert_eq!(notices, ["$.identities[1].access_token and 4 more: tokens of providers are left out"]);
    assert!(!serde_json::to_string(&seed.user).unwrap().contains("hunter2"));
}

#[test]
fn what_this_tenant_has_nothing_of_is_left_out() {
    let empty =
        json!({ "blocked_for": [], "guardian_authenticators": [], "passkeys": [], "multifactor": [] });
    let (seed, notices) = read_one(&database_user("1", empty));
    assert!(notices.is_empty() && !seed.user.profile.0.contains_key("passkeys"));
    let factors =
        json!({ "mfa_factors": [{ "totp": { "secret": "JBTWY3DPEHPK3PNP" } }], "multifactor": ["guardian"] });
    let (seed, notices) = read_one(&database_user("1", factors));
    assert_eq!(
        notices,
        [
            "$.mfa_factors: second factors are left out: without them, the password alone signs in",
            "$.multifactor: this tenant asks for no second factor: the password alone signs in",
        ]
    );
    assert!(!serde_json::to_string(&seed.user).unwrap().contains("JBTW"));
}

#[test]
fn the_time_of_a_password_is_read_where_it_is_one() {
    let time = |attributes: Value| {
        let (seed, notices) = read_one(&database_user("1", attributes));
        assert!(!seed.user.profile.0.contains_key("password_set_date"));
        (seed.user.profile.text("last_password_reset").map(str::to_owned), notices)
    };
    let (first, second) = ("2024-01-01T00:00:00.000Z", "2024-03-01T10:00:00.000Z");
    assert_eq!(time(json!({ "password_set_date": first })), (Some(first.to_owned()), vec![]));
    let both = json!({ "password_set_date": first, "last_password_reset": second });
    assert_eq!(time(both), (Some(second.to_owned()), vec![]));
    let (read, notices) = time(json!({ "password_set_date": "long ago" }));
    assert_eq!(read, None);
    assert_eq!(
        notices,
        ["$.password_set_date: \"password_set_date\" is not an ISO 8601 time and is left out"]
    );
}

#[test]
fn an_address_or_a_user_name_that_a_database_has_twice_is_refused_with_both_paths() {
    let refused = |one: Value, other: Value| error_of(&[database_user("1", one), database_user("2", other)]);
    let expected = |second: &str, first: &str| {
        format!(
            "users.json: $[1].{second}: the same address or user name is already at $[0].{first}, and the connection \
             \"Username-Password-Authentication\" has it once"
        )
    };
    for other in ["ada@example.com", " ADA@Example.com"] {
        let error = refused(json!({ "email": "ada@example.com" }), json!({ "email": other }));
        assert_eq!(error, expected("email", "email"));
    }
    let error = refused(json!({ "email": "j\u{f6}rg@x.de" }), json!({ "email": "jo\u{308}rg@x.de" }));
    assert_eq!(error, expected("email", "email"));
    let error = refused(json!({ "username": "ada" }), json!({ "username": "Ada" }));
    assert_eq!(error, expected("username", "username"));
    let error = refused(json!({ "username": "ada@x.de" }), json!({ "email": "ada@x.de" }));
    assert_eq!(error, expected("email", "username"));
    assert!(error_of(&[imported("eve@x.de"), imported("EVE@x.de")]).contains("$[1].email: the same address"));
    // The user's own, other connections and linked identities of others are no conflict.
    let own = database_user("1", json!({ "email": "ada@x.de", "username": "ada@x.de" }));
    let social = json!({ "user_id": "github|7", "email": "ada@x.de" });
    let other_social = json!({ "user_id": "github|8", "email": "ada@x.de" });
    assert_eq!(ids(&json!([own, social, other_social]).to_string()).len(), 3);
}

#[test]
fn an_identity_without_some_keys_is_completed() {
    let user = json!({
        "user_id": "auth0|7",
        "identities": [{ "connection": "Username-Password-Authentication" }, { "provider": "github", "user_id": 9 }],
    });
    let (seed, notices) = read_one(&user);
    assert!(seed.user.has_primary_first() && notices.is_empty());
    assert_eq!(seed.user.identities[1].connection.as_str(), "github");
    assert!(seed.user.identities[1].profile_data.is_some());
    let incomplete =
        json!({ "user_id": "auth0|7", "identities": [{ "provider": "auth0" }, { "provider": "github" }] });
    assert_eq!(error_of(&[incomplete]), r#"users.json: $[0].identities[1]: missing field "user_id""#);
}

#[test]
fn a_custom_hash_is_read_named_or_refused() {
    let user = |hash: Value| database_user("1", json!({ "email": "a@b.c", "custom_password_hash": hash }));
    let bcrypt = json!({ "algorithm": "bcrypt",
        "hash": { "value": "$2y$10$nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa" } });
    let (seed, notices) = read_one(&user(bcrypt));
    assert!(matches!(seed.password, Some(SeedPassword::Imported(_))) && notices.is_empty());
    let md4 = || json!({ "algorithm": "md4", "hash": { "value": "hunter2", "encoding": "hex" } });
    let (seed, notices) = read_one(&user(md4()));
    assert!(seed.password.is_none());
    assert_eq!(
        notices,
        [
            "$.custom_password_hash: md4 is not verified here: without a usable password, a mail sets a new one"
        ]
    );
    let two = json!([
        database_user("1", json!({ "custom_password_hash": md4() })),
        database_user("2", json!({ "custom_password_hash": md4() }))
    ]);
    let file = parse("users.json", &two.to_string(), &connections(), None).unwrap();
    assert!(file.notices[0].to_string().starts_with("$[0].custom_password_hash and 1 more: md4"));
    let broken = json!({ "algorithm": "md5", "hash": { "value": "hunter2", "encoding": "hex" } });
    assert_eq!(
        error_of(&[user(broken)]),
        "users.json: $[0].custom_password_hash: the hash's value is not as long as the algorithm makes it, in hex or \
         base64 as its encoding says"
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_its_path() {
    assert_eq!(
        error_with("/identities/1/user_id", json!(true)),
        "users.json: $[0].identities[1].user_id: invalid type: boolean, expected a string or a non-negative integer"
    );
    assert_eq!(error_with("/email", json!(1)), "users.json: $[0].email: expected a string");
    assert_eq!(
        error_with("/email_verified", json!("yes")),
        "users.json: $[0].email_verified: expected true or false"
    );
    assert_eq!(
        error_with("/app_metadata", json!([])),
        "users.json: $[0].app_metadata: invalid type: sequence, expected a map"
    );
}

#[test]
fn an_invalid_time_is_refused() {
    assert_eq!(
        error_with("/created_at", json!("yesterday")),
        "users.json: $[0].created_at: \"yesterday\" is not an ISO 8601 time with a time zone, such as 2024-02-29T12:00:00.000Z"
    );
}

#[test]
fn a_user_without_identities_is_refused() {
    assert_eq!(
        error_with("/identities", json!([])),
        "users.json: $[0].identities: a user has at least one identity, the primary"
    );
}

#[test]
fn a_user_whose_first_identity_is_another_is_refused() {
    assert_eq!(
        error_with("/user_id", json!("github|42")),
        r#"users.json: $[0].identities[0]: the first identity is "auth0|ada", but the user is "github|42""#
    );
}

#[test]
fn a_primary_with_a_profile_of_its_own_is_refused() {
    assert_eq!(
        error_with("/identities/0/profileData", json!({})),
        "users.json: $[0].identities[0].profileData: the user itself is the profile of the primary identity"
    );
}

#[test]
fn a_repeated_identity_is_refused_even_when_one_id_is_a_string() {
    let other = json!({
        "user_id": "github|42",
        "identities": [{ "connection": "github", "user_id": "42", "provider": "github" }],
    });
    assert_eq!(
        error_of(&[ada(), other]),
        r#"users.json: $[1].identities[0]: "github|42" is already at $[0].identities[1]"#
    );
}

#[test]
fn an_identity_of_a_connection_that_does_not_exist_is_refused() {
    assert_eq!(
        error_with("/identities/1/connection", json!("gitlab")),
        r#"users.json: $[0].identities[1].connection: the tenant has no connection "gitlab"; it has "Username-Password-Authentication", "google-oauth2", "github""#
    );
}

#[test]
fn an_identity_whose_provider_is_not_its_connections_is_refused() {
    assert_eq!(
        error_with("/identities/1/provider", json!("google-oauth2")),
        r#"users.json: $[0].identities[1].provider: the connection "github" has the strategy "github", not "google-oauth2""#
    );
}

#[test]
fn an_empty_id_is_refused() {
    assert_eq!(
        error_with("/identities/1/user_id", json!("")),
        "users.json: $[0].identities[1].user_id: the id must not be empty"
    );
}

#[test]
fn an_invalid_password_is_refused() {
    assert_eq!(
        error_with("/password_hash", json!("x")),
        r#"users.json: $[0]: "password" and "password_hash" exclude each other"#
    );
    assert_eq!(
        error_with("/password", json!("")),
        "users.json: $[0].password: the password must not be empty"
    );
    let social = json!({
        "user_id": "github|7",
        "password": "secret",
        "identities": [{ "connection": "github", "user_id": 7, "provider": "github" }],
    });
    assert_eq!(
        error_of(&[social]),
        r#"users.json: $[0].password: a password belongs to an identity of provider "auth0", which this user does not have"#
    );
    let mut hashed = ada_with("/password_hash", json!("5f4dcc3b"));
    hashed.as_object_mut().unwrap().remove("password");
    assert_eq!(error_of(&[hashed]), "users.json: $[0].password_hash: not a bcrypt hash ($2a$, $2b$ or $2y$)");
}

#[test]
fn no_error_repeats_a_password() {
    for (place, slipped) in [
        ("/password", json!({ "was": "hunter2" })),
        ("/password", json!(["hunter2"])),
        ("/blocked", json!("hunter2")),
        ("/identities", json!("hunter2")),
    ] {
        let error = error_with(place, slipped);
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = error_with("/password", json!(271_828));
    assert!(!error.contains("271828"), "{error}");
}
