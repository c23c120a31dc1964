//! The sections of a tenant file as they are written: which keys are read, which are ignored.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

/// Declares a section: the keys that are read, and the keys that Auth0 knows and this tenant ignores. Every
/// other key is refused.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $kind:ty,)*
        } ignored {
            $($ignored:ident)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$field_meta])* pub(super) $field: $kind,)*
            $(#[serde(default)] $ignored: Option<IgnoredAny>,)*
        }

        impl $name {
            /// Adds the names of the ignored keys that the file has, with `section` in front.
            pub(super) fn note_ignored(&self, section: &str, ignored: &mut BTreeSet<String>) {
                $(if self.$ignored.is_some() {
                    ignored.insert(format!("{section}{}", stringify!($ignored)));
                })*
            }
        }
    };
}

section! {
    #[expect(non_snake_case, reason = "the keys are the Deploy CLI's")]
    Sections {
        #[serde(default)] tenant: Option<TenantSection>,
        #[serde(default)] clients: Option<Vec<ClientEntry>>,
        #[serde(default)] databases: Option<Vec<ConnectionEntry>>,
        #[serde(default)] connections: Option<Vec<ConnectionEntry>>,
        #[serde(default)] clientGrants: Option<Vec<GrantEntry>>,
        #[serde(default)] linkedAccounts: LinkedAccountsSection,
    } ignored {
        actionModules actions attackProtection branding connectionProfiles customDomains emailProvider
        emailTemplates eventStreams exclude flowVaultConnections flows forms guardianEmailFactorSettings
        guardianFactorProviders guardianFactorTemplates guardianFactors guardianPhoneFactorMessageTypes
        guardianPhoneFactorSelectedProvider guardianPhoneFactorSettings guardianPolicies guardianSettings hooks
        logStreams migrations networkACLs organizations pages phoneProviders phoneTemplates prompts
        rateLimitPolicies resourceServers riskAssessment riskAssessments roles rules rulesConfigs
        selfServiceProfiles supplementalSignals themes tokenExchangeProfiles triggers userAttributeProfiles
    }
}

section! {
    TenantSection {
        #[serde(default)] friendly_name: Option<String>,
        #[serde(default)] session_lifetime: Option<Spanned<f64>>,
        #[serde(default)] idle_session_lifetime: Option<Spanned<f64>>,
        #[serde(default)] default_audience: Option<String>,
        #[serde(default)] allowed_logout_urls: Option<Vec<String>>,
        #[serde(default)] default_redirection_uri: Option<Spanned<String>>,
        #[serde(default)] flags: Option<FlagsSection>,
        #[serde(default)] oidc_logout: Option<OidcLogoutSection>,
    } ignored {
        acr_values_supported allow_organization_name_in_authentication_api
        authorization_response_iss_parameter_supported change_password client_id_metadata_document_supported
        country_codes customize_mfa_in_postlogin_action default_directory default_token_quota
        device_flow dynamic_client_registration_security_mode enable_ai_guide
        enabled_locales ephemeral_session_lifetime error_page guardian_mfa_page
        idle_ephemeral_session_lifetime legacy_sandbox_version mtls phone_consolidated_experience
        picture_url pushed_authorization_requests_supported resource_parameter_profile sandbox_version
        sandbox_versions_available session_cookie sessions skip_non_verifiable_callback_uri_confirmation_prompt
        support_email support_url universal_login
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OidcLogoutSection {
    #[serde(default)]
    pub(super) rp_logout_end_session_endpoint_discovery: bool,
}

/// The options that Auth0 does not have.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkedAccountsSection {
    /// The name of the ID token claim that names the identity in use.
    #[serde(default)]
    pub(super) identity_claim: Option<String>,
    /// Whether linking requires a verified e-mail address on both accounts.
    #[serde(default)]
    pub(super) verified_email_to_link: bool,
    /// Whether users can plan faults for their own requests.
    #[serde(default)]
    pub(super) faults: bool,
}

/// The flags of a tenant. Auth0 has dozens of them and adds more; all are booleans.
#[derive(Deserialize)]
pub(super) struct FlagsSection {
    #[serde(default)]
    pub(super) enable_idtoken_api2: bool,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, bool>,
}

section! {
    ClientEntry {
        name: Spanned<String>,
        #[serde(default)] client_id: Option<Spanned<String>>,
        #[serde(default)] client_secret: Option<String>,
        #[serde(default)] app_type: Option<AppType>,
        #[serde(default)] token_endpoint_auth_method: Option<AuthMethod>,
        #[serde(default)] callbacks: Option<Vec<String>>,
        #[serde(default)] allowed_logout_urls: Option<Vec<String>>,
        #[serde(default)] initiate_login_uri: Option<String>,
        #[serde(default)] web_origins: Option<Vec<String>>,
        #[serde(default)] grant_types: Option<Vec<String>>,
        #[serde(default)] refresh_token: Option<RefreshTokenEntry>,
    } ignored {
        addons allowed_clients allowed_origins async_approval_notification_channels auth0_conformant
        callback_url_template client_aliases client_authentication_methods client_metadata compliance_level
        cross_origin_auth cross_origin_authentication cross_origin_loc custom_login_page custom_login_page_on
        custom_login_page_preview default_organization description encryption_key express_configuration
        form_template global is_first_party is_token_endpoint_ip_header_trusted
        jwt_configuration logo_uri mobile my_organization_configuration native_social_login
        oidc_backchannel_logout oidc_conformant oidc_logout organization_discovery_methods
        organization_require_behavior organization_usage owners par_request_expiry redirection_policy
        require_proof_of_possession require_pushed_authorization_requests
        resource_server_identifier session_transfer signed_request_object signing_keys
        skip_non_verifiable_callback_uri_confirmation_prompt sso sso_disabled tenant
        third_party_security_mode token_exchange token_quota
    }
}

section! {
    ConnectionEntry {
        name: Spanned<String>,
        #[serde(default)] strategy: Option<Spanned<String>>,
        #[serde(default)] display_name: Option<String>,
        #[serde(default)] enabled_clients: Option<Vec<Spanned<String>>>,
        #[serde(default)] pinned: bool,
        #[serde(default)] options: Option<OptionsEntry>,
    } ignored {
        authentication connected_accounts cross_app_access_requesting_app directory_provisioning_configuration
        id is_domain_connection metadata provisioning_ticket_url realms scim_configuration
        show_as_button
    }
}

/// The options of a connection: the rules of a database, or the upstream provider. Auth0 has dozens for each
/// strategy, so unknown options are ignored.
#[derive(Deserialize)]
pub(super) struct OptionsEntry {
    #[serde(default)]
    pub(super) issuer: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) client_id: Option<String>,
    #[serde(default)]
    pub(super) client_secret: Option<String>,
    #[serde(default)]
    pub(super) scope: Option<ScopeOption>,
    #[serde(default)]
    pub(super) token_endpoint_auth_method: Option<AuthMethod>,
    #[serde(default)]
    pub(super) disable_signup: bool,
    #[serde(default)]
    pub(super) requires_username: bool,
    #[serde(default)]
    pub(super) validation: Option<ValidationEntry>,
    #[serde(default, rename = "passwordPolicy")]
    pub(super) password_policy: Option<PasswordPolicyName>,
    #[serde(default)]
    pub(super) password_complexity_options: Option<ComplexityEntry>,
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "the names are reported, the values are not read")]
    pub(super) others: BTreeMap<String, IgnoredAny>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidationEntry {
    #[serde(default)]
    pub(super) username: Option<LengthEntry>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LengthEntry {
    pub(super) min: usize,
    pub(super) max: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComplexityEntry {
    pub(super) min_length: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PasswordPolicyName {
    None,
    Low,
    Fair,
    Good,
    Excellent,
}

/// Scopes: separated by spaces for some strategies of Auth0, a list for others.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ScopeOption {
    Words(String),
    List(Vec<String>),
}

section! {
    GrantEntry {
        client_id: Spanned<String>,
        audience: String,
        #[serde(default)] scope: Option<Vec<String>>,
    } ignored {
        allow_all_scopes allow_any_organization authorization_details_types default_for id is_system
        organization_usage subject_type
    }
}

section! {
    RefreshTokenEntry {
        #[serde(default)] rotation_type: Option<RotationType>,
        #[serde(default)] expiration_type: Option<ExpirationType>,
        #[serde(default)] leeway: Option<u32>,
        #[serde(default)] token_lifetime: Option<u32>,
        #[serde(default)] idle_token_lifetime: Option<u32>,
        #[serde(default)] infinite_token_lifetime: Option<bool>,
        #[serde(default)] infinite_idle_token_lifetime: Option<bool>,
    } ignored {
        policies
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RotationType {
    Rotating,
    NonRotating,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ExpirationType {
    Expiring,
    NonExpiring,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AppType {
    Spa,
    Native,
    RegularWeb,
    NonInteractive,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthMethod {
    None,
    ClientSecretPost,
    ClientSecretBasic,
}
