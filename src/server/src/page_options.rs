//! The options of the page: how it behaves, and those of the command `page`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use model::settings::Bearer;
use tenant::Issuer;

use crate::network_options::Network;

/// The options of `page`.
#[derive(Args, Debug)]
pub(crate) struct PageHost {
    /// The tenant: its host, such as example.eu.auth0.com or its custom domain, or an http(s) origin.
    #[arg(long, env = "LINKED_ACCOUNTS_DOMAIN", value_name = "DOMAIN")]
    pub(crate) domain: String,

    /// The client id of the page, a single-page application of the tenant.
    #[arg(long, env = "LINKED_ACCOUNTS_CLIENT_ID", value_name = "ID")]
    pub(crate) client_id: String,

    /// The identifier of the Management API. By default DOMAIN/api/v2/. With a custom domain it still begins with the
    /// tenant's own host.
    #[arg(long, env = "LINKED_ACCOUNTS_AUDIENCE", value_name = "URL")]
    pub(crate) audience: Option<String>,

    /// What the page calls itself.
    #[arg(long, env = "LINKED_ACCOUNTS_NAME", value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// What people can link: a JSON file with the list `connections` of config.json, each with `name` and
    /// `strategy`.
    #[arg(long, env = "LINKED_ACCOUNTS_CONNECTIONS", value_name = "FILE.json")]
    pub(crate) connections: Option<PathBuf>,

    /// The claim of the ID token that names the login in use, which an Action of the tenant sets.
    #[arg(long, env = "LINKED_ACCOUNTS_IDENTITY_CLAIM", value_name = "URL")]
    pub(crate) identity_claim: Option<String>,

    /// How the page behaves.
    #[command(flatten)]
    pub(crate) behaviour: PageBehaviour,

    /// Say before linking that an account needs a verified e-mail address, for tenants that demand one.
    #[arg(long, env = "LINKED_ACCOUNTS_VERIFIED_EMAIL_TO_LINK", value_parser = BoolishValueParser::new())]
    pub(crate) verified_email_to_link: bool,

    /// Lead people whose address is not verified to /u/verify-email/mail of the tenant, for tenants that have that
    /// page, as the embedded one has.
    #[arg(long, env = "LINKED_ACCOUNTS_VERIFICATION_MAIL", value_parser = BoolishValueParser::new())]
    pub(crate) verification_mail: bool,

    /// The http(s) origin that browsers use for the page. By default it is derived from --listen:
    /// http://localhost:PORT/ on this machine.
    #[arg(long, env = "LINKED_ACCOUNTS_ORIGIN", value_name = "URL", value_parser = Issuer::parse)]
    pub(crate) origin: Option<Issuer>,

    /// The folder of the built page. By default the page embedded in the program, if there is one, else
    /// target/site.
    #[arg(long, env = "LINKED_ACCOUNTS_SITE", value_name = "DIR")]
    pub(crate) site: Option<PathBuf>,

    /// Where to listen, and how.
    #[command(flatten)]
    pub(crate) network: Network,
}

/// The settings in `/config.json` that say how the page behaves, whatever its tenant. `serve` and `page` share them.
#[derive(Args, Clone, Debug)]
pub(crate) struct PageBehaviour {
    /// The token that the page sends to the Management API: `access_token`, or `id_token` for the older
    /// variant of the call, which the tenant accepts only with its flag `enable_idtoken_api2`.
    #[arg(long, env = "LINKED_ACCOUNTS_BEARER", value_name = "KIND", default_value = "access_token")]
    #[arg(value_parser = bearer)]
    pub(crate) bearer: Bearer,

    /// The greatest age of a sign-in with which logins can be changed, in seconds; 0 for any age. By default
    /// 900.
    #[arg(long, env = "LINKED_ACCOUNTS_FRESH_SIGN_IN", value_name = "SECONDS")]
    pub(crate) fresh_sign_in: Option<u32>,

    /// How long the page offers Undo, in seconds; 0 for until it is dismissed. By default 10.
    #[arg(long, env = "LINKED_ACCOUNTS_UNDO", value_name = "SECONDS")]
    pub(crate) undo: Option<u32>,

    /// The comma-separated addresses to which `?return_to=` of the page may lead. One that ends in a slash
    /// includes every address below it.
    #[arg(long, env = "LINKED_ACCOUNTS_RETURN_TO", value_name = "URL", value_delimiter = ',')]
    pub(crate) return_to: Vec<String>,
}

fn bearer(text: &str) -> Result<Bearer, String> {
    match text {
        "access_token" => Ok(Bearer::AccessToken),
        "id_token" => Ok(Bearer::IdToken),
        _ => Err("expected access_token or id_token".to_owned()),
    }
}
