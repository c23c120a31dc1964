//! `oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported`: a request object without a signature is refused.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::suite::{CLIENT, SIGNING, Suite};

basic_and_form_post!();

async fn run(suite: &Suite) {
    let supported = suite.metadata["request_object_signing_alg_values_supported"].as_array().unwrap();
    assert!(!supported.contains(&"none".into()));
    let mut browser = suite.browser();
    suite.flow(&mut browser, &[]).await;
    for (client, error) in [(CLIENT, "request_not_supported"), (SIGNING, "invalid_request_object")] {
        let request = suite.request_of(client, &[]);
        let claims = serde_json::to_vec(&request.sent().into_iter().collect::<BTreeMap<_, _>>()).unwrap();
        let [header, claims] = [&br#"{"alg":"none"}"#[..], &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let with = [("request", &*format!("{header}.{claims}."))];
        let callback = suite.authorize(&mut browser, &suite.request_of(client, &with)).await;
        assert_eq!(callback.error(), Some(error));
    }
}
