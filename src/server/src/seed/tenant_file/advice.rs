//! What is permitted in a client and better done otherwise (RFC 9700).

use tenant::configuration::{Client, ClientAuthentication, Upstream};

/// Returns sentences about a client.
pub(super) fn of_client(client: &Client) -> Vec<String> {
    let name = &client.name;
    let mut sentences = Vec::new();
    let is_public = client.authentication == ClientAuthentication::None;
    if is_public && client.may_use("refresh_token") && !client.refresh_tokens.rotate {
        sentences.push(format!(
            "client \"{name}\" has no secret, and its refresh tokens do not rotate: nobody notices a stolen one \
             (refresh_token.rotation_type: rotating)"
        ));
    }
    if !client.may_use("authorization_code") && !client.may_use("implicit") {
        return sentences;
    }
    let callbacks = || client.callbacks.iter();
    if let Some(url) = callbacks().find(|url| is_in_the_clear(url)) {
        sentences.push(format!(
            "client \"{name}\" has the callback \"{url}\": others on the way can read the codes that are sent there (https)"
        ));
    }
    if let Some(url) = callbacks().find(|url| url.contains('*')) {
        sentences.push(format!(
            "client \"{name}\" has the callback \"{url}\": whoever gets one of these names gets codes (name each)"
        ));
    }
    sentences
}

/// Returns whether a callback is reached by http, and not on this machine.
fn is_in_the_clear(url: &str) -> bool {
    let host =
        url.strip_prefix("http://").map(|rest| rest.split(['/', '?', '#', ':']).next().unwrap_or_default());
    host.is_some_and(|host| !host.ends_with(".localhost")) && !Upstream::is_safe(&url.replace('*', "any"))
}

#[cfg(test)]
mod tests {
    use super::super::{TenantFile, parse};
    use crate::seed::keywords::Keywords;
    use crate::seed::notices;

    fn parsed(text: &str) -> Result<TenantFile, String> {
        parse("tenant.yaml", text, &Keywords::new(&|_| None), &[]).map_err(|error| error.to_string())
    }

    fn error_of(text: &str) -> String {
        parsed(text).map(|_| ()).unwrap_err()
    }

    // attack: page
    #[test]
    fn an_address_that_a_browser_would_run_is_refused_wherever_it_is() {
        for key in ["callbacks", "allowed_logout_urls", "web_origins", "allowed_origins"] {
            for url in ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x"] {
                let error = error_of(&format!("clients:\n  - name: A\n    {key}: ['{url}']\n"));
                assert!(error.starts_with("tenant.yaml:2:"), "{error}");
                assert!(
                    error.contains("is no address of an application: a browser would run or show it"),
                    "{error}"
                );
            }
        }
        let error = error_of("clients:\n  - { name: A, initiate_login_uri: 'javascript:x' }\n");
        assert!(error.contains("is no address of an application"), "{error}");
        let file = parsed("tenant: { allowed_logout_urls: ['javascript:x'] }\n").unwrap();
        let refused = tenant::Configuration::new(file.parts).unwrap_err().to_string();
        assert!(refused.contains("is no address of an application"), "{refused}");
    }

    #[test]
    fn what_is_better_done_otherwise_is_named_with_its_place() {
        let remarks = |client: &str| {
            let file = parsed(&format!("clients:\n  - {{ name: A, {client} }}\n")).unwrap();
            notices::sentences("tenant.yaml", &file.notices).join("\n")
        };
        let public = "app_type: spa, token_endpoint_auth_method: none";
        let fixed = remarks(&format!("{public}, refresh_token: {{ rotation_type: non-rotating }}"));
        assert!(
            fixed.contains("tenant.yaml:2:") && fixed.contains("its refresh tokens do not rotate"),
            "{fixed}"
        );
        for quiet in [
            public.to_owned(),
            format!("{public}, refresh_token: {{ rotation_type: rotating }}"),
            "app_type: regular_web, refresh_token: { rotation_type: non-rotating }".to_owned(),
            format!(
                "{public}, grant_types: [authorization_code], refresh_token: {{ rotation_type: non-rotating }}"
            ),
        ] {
            assert_eq!(remarks(&quiet), "", "{quiet}");
        }
        for (callback, words) in [
            ("http://app.example.com/callback", "others on the way can read the codes"),
            ("http://192.168.0.7/callback", "others on the way can read the codes"),
            ("https://*.example.com/callback", "whoever gets one of these names gets codes"),
        ] {
            let said = remarks(&format!("{public}, callbacks: ['{callback}']"));
            assert!(said.contains(words) && said.contains(callback), "{said}");
        }
        for callback in [
            "https://app.example.com/",
            "http://localhost:3000/",
            "http://a.localhost:8080/",
            "http://127.0.0.1/",
            "http://[::1]:9/",
            "com.example.app://callback",
        ] {
            assert_eq!(remarks(&format!("{public}, callbacks: ['{callback}']")), "", "{callback}");
        }
    }
}
