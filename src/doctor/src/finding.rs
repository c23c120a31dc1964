//! What is wrong with a set-up, and how to repair it.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody cannot sign in, or cannot use the page.
    Error,
    /// It works, but less well or less safely than it should.
    Warning,
    /// It could be better.
    Hint,
}

/// The kinds of findings. Their names on the wire are in `src/docs/auth0.md`, which a test compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it; src/docs/auth0.md explains each")]
pub enum Id {
    TenantUnreachable,
    TenantCertificate,
    DiscoveryMissing,
    IssuerDiffers,
    AlgorithmMissing,
    KeysMissing,
    FlowMissing,
    EndpointFails,
    ClockSkew,
    PageUnreachable,
    PageCertificate,
    PageMissing,
    PageRedirects,
    PageInsecure,
    TenantInsecure,
    MixedContent,
    SettingsMissing,
    SettingsInvalid,
    SettingsUnknownKey,
    SettingsDomain,
    SettingsClient,
    SettingsDemo,
    ClientUnknown,
    ClientNeedsSecret,
    ApplicationType,
    GrantTypeMissing,
    SignedWithSecret,
    PushedRequestsRequired,
    OrganizationRequired,
    SignInRefused,
    CallbackMissing,
    WebOriginMissing,
    DeleteBlocked,
    LogoutMissing,
    AudienceUnknown,
    AudienceRefused,
    ScopeMissing,
    ConsentAsked,
    NoConnection,
    ConnectionUnknown,
    ConnectionClosed,
    ConnectionStrategy,
    DeveloperKeys,
    RotationOff,
    FallbackMissing,
    PolicyMissing,
    PolicyPlaceholder,
    PolicyBlocksTenant,
    PolicyBlocksScript,
    PolicyUnsafe,
    OpenerPolicy,
    PageCached,
    WasmType,
    HeaderMissing,
    ManagementRefused,
    ManagementScope,
    RateLimited,
    RateLimitLow,
}

impl Id {
    /// All kinds.
    pub const ALL: [Self; 58] = [
        Self::TenantUnreachable,
        Self::TenantCertificate,
        Self::DiscoveryMissing,
        Self::IssuerDiffers,
        Self::AlgorithmMissing,
        Self::KeysMissing,
        Self::FlowMissing,
        Self::EndpointFails,
        Self::ClockSkew,
        Self::PageUnreachable,
        Self::PageCertificate,
        Self::PageMissing,
        Self::PageRedirects,
        Self::PageInsecure,
        Self::TenantInsecure,
        Self::MixedContent,
        Self::SettingsMissing,
        Self::SettingsInvalid,
        Self::SettingsUnknownKey,
        Self::SettingsDomain,
        Self::SettingsClient,
        Self::SettingsDemo,
        Self::ClientUnknown,
        Self::ClientNeedsSecret,
        Self::ApplicationType,
        Self::GrantTypeMissing,
        Self::SignedWithSecret,
        Self::PushedRequestsRequired,
        Self::OrganizationRequired,
        Self::SignInRefused,
        Self::CallbackMissing,
        Self::WebOriginMissing,
        Self::DeleteBlocked,
        Self::LogoutMissing,
        Self::AudienceUnknown,
        Self::AudienceRefused,
        Self::ScopeMissing,
        Self::ConsentAsked,
        Self::NoConnection,
        Self::ConnectionUnknown,
        Self::ConnectionClosed,
        Self::ConnectionStrategy,
        Self::DeveloperKeys,
        Self::RotationOff,
        Self::FallbackMissing,
        Self::PolicyMissing,
        Self::PolicyPlaceholder,
        Self::PolicyBlocksTenant,
        Self::PolicyBlocksScript,
        Self::PolicyUnsafe,
        Self::OpenerPolicy,
        Self::PageCached,
        Self::WasmType,
        Self::HeaderMissing,
        Self::ManagementRefused,
        Self::ManagementScope,
        Self::RateLimited,
        Self::RateLimitLow,
    ];

    /// Returns the name on the wire, such as `callback-missing`.
    #[must_use]
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_else(|| format!("{self:?}"))
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of finding this is.
    pub id: Id,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub problem: String,
    /// What to do, and where.
    pub fix: String,
    /// The exact value to enter there; `None` if there is none to enter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The key for the same in a file of Auth0's Deploy CLI or in the page's settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
}

impl Finding {
    pub(crate) fn error(id: Id, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            id,
            severity: Severity::Error,
            problem: problem.into(),
            fix: fix.into(),
            value: None,
            field: None,
        }
    }

    pub(crate) fn warning(id: Id, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(id, problem, fix) }
    }

    pub(crate) fn hint(id: Id, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { severity: Severity::Hint, ..Self::error(id, problem, fix) }
    }

    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    pub(crate) fn field(self, field: &'static str) -> Self {
        Self { field: Some(field), ..self }
    }
}
