//! All that was seen of a set-up. The checks decide from this alone.

use model::Settings;
use serde_json::Value;

use crate::answer::Observed;
use crate::target::Target;

/// What was seen.
#[derive(Clone, Debug)]
pub struct Observations {
    /// What was looked at.
    pub target: Target,
    /// The time of this machine when the tenant answered first, in seconds since 1970.
    pub clock: i64,
    /// What the tenant shows to everybody.
    pub tenant: TenantSeen,
    /// What the page's host serves; `None` without a page.
    pub page: Option<PageSeen>,
    /// What the Management API shows; `None` without credentials.
    pub management: Option<ManagementSeen>,
}

/// What the tenant shows to everybody. After a failure of discovery nothing else is asked.
#[derive(Clone, Debug)]
pub struct TenantSeen {
    /// The discovery document.
    pub discovery: Observed,
    /// What was asked after it; `None` if the tenant did not answer.
    pub endpoints: Option<EndpointsSeen>,
}

/// What the tenant's endpoints answer to requests such as those of the page.
#[derive(Clone, Debug)]
pub struct EndpointsSeen {
    /// The key set.
    pub keys: Observed,
    /// `/authorize` with `prompt=none`.
    pub authorize: Observed,
    /// The same without: some tenants look for a session before they look at the rest of the request.
    pub sign_in: Observed,
    /// The same with `response_mode=web_message`.
    pub silent: Observed,
    /// The token endpoint with a code that nobody got.
    pub token: Observed,
    /// The preflight of a browser before it unlinks.
    pub preflight: Observed,
    /// `/v2/logout` with the address of the page.
    pub logout: Observed,
    /// `/authorize` for a connection that the page offers: its name, and the answer.
    pub connections: Vec<(String, Observed)>,
}

/// What the page's host serves.
#[derive(Clone, Debug)]
pub struct PageSeen {
    /// `/`.
    pub index: Observed,
    /// What was asked after it; `None` if the host did not answer.
    pub files: Option<FilesSeen>,
}

/// What the page's host serves besides the page.
#[derive(Clone, Debug)]
pub struct FilesSeen {
    /// `/config.json`.
    pub settings: Observed,
    /// `/callback`.
    pub callback: Observed,
    /// An address of the page that is no file.
    pub deep_link: Observed,
    /// The head of the WASM file; `None` if the page names none.
    pub wasm: Option<Observed>,
}

/// What the Management API shows.
#[derive(Clone, Debug)]
pub enum ManagementSeen {
    /// The token endpoint gave no token.
    Refused(Observed),
    /// What the token opened.
    Read(Box<Configuration>),
}

/// The configuration of the tenant, as far as it matters.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The client of the page.
    pub client: Observed,
    /// Grants of the client for the audience.
    pub grants: Observed,
    /// The API of the audience.
    pub api: Observed,
    /// All connections, or the answer that ended the list.
    pub connections: Result<Vec<Value>, Observed>,
}

impl Observations {
    /// Returns the settings of the page if they can be read.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        self.page.as_ref()?.settings()
    }
}

impl PageSeen {
    /// Returns the settings of the page if they can be read.
    #[must_use]
    pub fn settings(&self) -> Option<Settings> {
        let answer = self.files.as_ref()?.settings.as_ref().ok()?;
        let settings: Settings = serde_json::from_str(&answer.body).ok()?;
        settings.check().is_ok().then_some(settings)
    }
}
