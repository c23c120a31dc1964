//! The modules of the OpenID Foundation's conformance suite for providers, played against this tenant: one file for each
//! module, named as there. The profiles are Basic, Form Post Basic, RP-Initiated Logout and Back-Channel Logout.
//!
//! The suite is <https://gitlab.com/openid/conformance-suite>. [docs/conformance.md](../../../../docs/conformance.md) lists
//! every module of these profiles, its result, and why one cannot apply.

/// Runs a module in the profiles Basic and Form Post Basic.
macro_rules! basic_and_form_post {
    () => {
        #[tokio::test]
        async fn basic() {
            run(&super::suite::Suite::open(super::suite::Mode::Default).await).await;
        }

        #[tokio::test]
        async fn form_post() {
            run(&super::suite::Suite::open(super::suite::Mode::FormPost).await).await;
        }
    };
}

/// Runs a module in the profile Back-Channel Logout, with the address where the suite is told.
macro_rules! back_channel_logout {
    () => {
        #[tokio::test]
        async fn back_channel_logout() {
            let mut receiver = crate::test_tenant::LogoutReceiver::start(axum::http::StatusCode::OK).await;
            let suite = Suite::open_told(&receiver.url).await;
            run(&suite, &mut receiver).await;
        }
    };
}

/// Runs a module in the profile RP-Initiated Logout.
macro_rules! rp_initiated_logout {
    () => {
        #[tokio::test]
        async fn rp_initiated_logout() {
            run(&super::suite::Suite::open(super::suite::Mode::Default).await).await;
        }
    };
}

mod oidcc_alternate_happy_flow;
mod oidcc_backchannel_logout_discovery_endpoint_verification;
mod oidcc_backchannel_rp_initiated_logout;
mod oidcc_claims_essential;
mod oidcc_claims_locales;
mod oidcc_codereuse;
mod oidcc_codereuse_30seconds;
mod oidcc_display_page;
mod oidcc_display_popup;
mod oidcc_ensure_other_scope_order_succeeds;
mod oidcc_ensure_post_request_succeeds;
mod oidcc_ensure_registered_redirect_uri;
mod oidcc_ensure_request_object_with_redirect_uri;
mod oidcc_ensure_request_with_acr_values_succeeds;
mod oidcc_ensure_request_with_unknown_parameter_succeeds;
mod oidcc_ensure_request_with_valid_pkce_succeeds;
mod oidcc_ensure_request_without_nonce_succeeds_for_code_flow;
mod oidcc_id_token_hint;
mod oidcc_idtoken_signature;
mod oidcc_login_hint;
mod oidcc_max_age_1;
mod oidcc_max_age_10000;
mod oidcc_prompt_login;
mod oidcc_prompt_none_logged_in;
mod oidcc_prompt_none_not_logged_in;
mod oidcc_refresh_token;
mod oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported;
mod oidcc_response_type_missing;
mod oidcc_rp_initiated_logout;
mod oidcc_rp_initiated_logout_bad_id_token_hint;
mod oidcc_rp_initiated_logout_bad_post_logout_redirect_uri;
mod oidcc_rp_initiated_logout_discovery_endpoint_verification;
mod oidcc_rp_initiated_logout_modified_id_token_hint;
mod oidcc_rp_initiated_logout_no_id_token_hint;
mod oidcc_rp_initiated_logout_no_params;
mod oidcc_rp_initiated_logout_no_post_logout_redirect_uri;
mod oidcc_rp_initiated_logout_no_state;
mod oidcc_rp_initiated_logout_only_state;
mod oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri;
mod oidcc_scope_email;
mod oidcc_scope_profile;
mod oidcc_server;
mod oidcc_server_client_secret_post;
mod oidcc_ui_locales;
mod oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported;
mod oidcc_userinfo_get;
mod oidcc_userinfo_post_body;
mod oidcc_userinfo_post_header;
mod suite;

/// Returns module, profiles and result of each row of the table in the documents.
fn rows() -> Vec<(String, String, String)> {
    let table = include_str!("../../../../docs/conformance.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `oidcc-"));
    rows.map(|row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        let mut cell = || cells.next().unwrap();
        (format!("oidcc-{}", cell()), cell(), cell())
    })
    .collect()
}

#[test]
fn the_table_of_modules_names_the_files_that_there_are_with_their_profiles() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tenant/conformance");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| {
            let path = file.unwrap().path();
            let module = path.file_stem()?.to_str()?.replace('_', "-");
            let text = std::fs::read_to_string(&path).unwrap();
            let profiles = [
                ("\nbasic_and_form_post!();", "Basic, Form Post Basic"),
                ("\nrp_initiated_logout!();", "RP-Initiated Logout"),
                ("\nback_channel_logout!();", "Back-Channel Logout"),
            ];
            let (_, profile) = profiles.into_iter().find(|(run, _)| text.contains(run))?;
            assert!(text.starts_with(&format!("//! `{module}`: ")), "{module} says what it is");
            Some((module, profile.to_owned()))
        })
        .collect();
    let rows = rows();
    let results = ["passes", "warns", "differs", "cannot apply"];
    assert!(rows.iter().all(|(_, _, result)| results.contains(&&**result)), "{rows:?}");
    let mut played: Vec<_> = rows
        .into_iter()
        .filter(|(_, _, result)| result != "cannot apply")
        .map(|(module, profiles, _)| (module, profiles))
        .collect();
    files.sort();
    played.sort();
    assert_eq!(files, played);
}
