//! Databases of released versions: this version opens them, with all that is in them.

use std::fs;
use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{Server, work_dir};

const ADA: &str = "/api/v2/users/auth0%7C65a000000000000000000001";

/// The databases, by the name of their version in `data`. Each was written by the demo of that version, in which Ada
/// unlinked her first Google login and set a colour in her metadata.
const RELEASED: [&str; 1] = ["0.2.0"];

#[tokio::test]
async fn a_database_of_every_released_version_opens_with_all_that_is_in_it() {
    for version in RELEASED {
        let work_dir = work_dir();
        let database = work_dir.path().join("released.db");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/process/data/{version}.db"));
        fs::copy(file, &database).unwrap();
        let server = Server::start(work_dir.path(), &["--database", "sqlite:released.db"]);
        assert_eq!(server.json("/health/ready").await["status"], "ok", "{version}");
        let token = server.sign_in("ada@example.com", "ada-demo").await;
        let (status, user) = server.call_management_api(Method::GET, ADA, &token).await;
        assert_eq!(status, StatusCode::OK, "{version}");
        let identities = user["identities"].as_array().unwrap();
        let ids: Vec<_> = identities.iter().map(|identity| identity["user_id"].clone()).collect();
        let kept =
            json!(["65a000000000000000000001", "104388216570921137785", 18_151_210, "acme-saml|eng/ada"]);
        assert_eq!(json!(ids), kept, "{version}");
        assert_eq!(user["user_metadata"]["color"], "blue", "{version}");
        let unlink = format!("{ADA}/identities/github/18151210");
        let (status, left) = server.call_management_api(Method::DELETE, &unlink, &token).await;
        assert_eq!((status, left.as_array().map(Vec::len)), (StatusCode::OK, Some(3)), "{version}");
        assert_eq!(left[0]["user_id"], json!("65a000000000000000000001"), "{version}");
    }
}
