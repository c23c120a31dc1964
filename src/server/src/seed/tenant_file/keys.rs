//! The keys of a tenant file: which are read, which Auth0 knows besides, and which make a tenant safer.
//!
//! The keys of Auth0 are those of Deploy CLI 8.44 and of the Management API's SDK 5.

use serde_saphyr::Location;

use super::error::Misplaced;
use super::schema::{
    ApiEntry, AuthenticationMethodsEntry, ClientEntry, ClientLogoutEntry, ComplexityEntry, ConnectionEntry,
    CredentialEntry, CredentialsEntry, DatabaseEntry, DatabaseOptions, DictionaryEntry, FlagsSection,
    GrantEntry, InitiatorsEntry, JwtEntry, LengthEntry, OidcLogoutSection, PermissionEntry,
    PersonalInfoEntry, PolicyEntry, ProviderOptions, RefreshTokenEntry, RoleEntry, ScopeEntry, Sections,
    SubjectTypeEntry, TenantSection, ValidationEntry,
};
use super::section::{Section, Unread, UnreadKey};
use crate::seed::keywords::{missing_in, missing_value};
use crate::seed::notices::Notice;
use crate::seed::suggestion::closest;

/// The keys of one section.
pub(super) struct SectionKeys {
    /// The section with those around it; empty for the file itself.
    pub(super) section: &'static str,
    /// The keys that are read.
    pub(super) read: &'static [&'static str],
    /// The other keys of Auth0, separated by spaces; `None` where Auth0 has so many that every key counts as known.
    pub(super) known: Option<&'static str>,
}

/// The keys of every section that is read.
pub(super) const SECTIONS: &[SectionKeys] = &[
    SectionKeys {
        section: "",
        read: Sections::READ,
        known: Some(
            "actionModules actions attackProtection branding clientAuthCredentials connectionProfiles customDomains \
             emailProvider emailTemplates eventStreams exclude flowVaultConnections flows forms \
             guardianFactorProviders guardianFactorTemplates guardianFactors guardianPhoneFactorMessageTypes \
             guardianPhoneFactorSelectedProvider guardianPolicies hooks include logStreams migrations networkACLs \
             organizations pages phoneProviders phoneTemplates prompts rateLimitPolicies riskAssessment rules \
             rulesConfigs selfServiceProfiles supplementalSignals themes tokenExchangeProfiles triggers \
             userAttributeProfiles",
        ),
    },
    SectionKeys {
        section: "tenant",
        read: TenantSection::READ,
        known: Some(
            "acr_values_supported allow_organization_name_in_authentication_api \
             authorization_response_iss_parameter_supported change_password client_id_metadata_document_supported \
             country_codes customize_mfa_in_postlogin_action default_directory default_token_quota device_flow \
             dynamic_client_registration_security_mode enable_ai_guide enabled_locales ephemeral_session_lifetime \
             ephemeral_session_lifetime_in_minutes error_page guardian_mfa_page idle_ephemeral_session_lifetime \
             idle_ephemeral_session_lifetime_in_minutes idle_session_lifetime_in_minutes \
             include_session_metadata_in_tenant_logs legacy_sandbox_version mtls phone_consolidated_experience \
             picture_url pushed_authorization_requests_supported resource_parameter_profile sandbox_version \
             sandbox_versions_available security_headers session_cookie session_lifetime_in_minutes sessions \
             skip_non_verifiable_callback_uri_confirmation_prompt support_email support_url universal_login",
        ),
    },
    SectionKeys { section: "tenant.flags", read: FlagsSection::READ, known: None },
    SectionKeys { section: "tenant.oidc_logout", read: OidcLogoutSection::READ, known: None },
    SectionKeys {
        section: "clients",
        read: ClientEntry::READ,
        known: Some(
            "addons allowed_clients async_approval_notification_channels auth0_conformant \
             b2b_integration_configuration callback_url_template client_aliases compliance_level config_route \
             cross_origin_auth cross_origin_authentication cross_origin_loc custom_login_page custom_login_page_on \
             custom_login_page_preview default_organization encryption_key express_configuration external_client_id \
             external_metadata_created_by external_metadata_type fedcm_login form_template global \
             identity_assertion_authorization_grant is_token_endpoint_ip_header_trusted jwks_uri mobile \
             my_organization_configuration native_social_login oidc_conformant \
             organization_discovery_methods organization_require_behavior organization_usage owners \
             par_request_expiry redirection_policy require_proof_of_possession resource_server_identifier \
             session_transfer signed_request_object signing_keys skip_non_verifiable_callback_uri_confirmation_prompt \
             sso sso_disabled tenant third_party_security_mode token_exchange token_quota \
             token_vault_privileged_access",
        ),
    },
    SectionKeys {
        section: "clients.oidc_logout",
        read: ClientLogoutEntry::READ,
        known: Some("backchannel_logout_session_metadata"),
    },
    SectionKeys {
        section: "clients.oidc_logout.backchannel_logout_initiators",
        read: InitiatorsEntry::READ,
        known: Some(""),
    },
    SectionKeys {
        section: "clients.client_authentication_methods",
        read: AuthenticationMethodsEntry::READ,
        known: Some("self_signed_tls_client_auth tls_client_auth"),
    },
    SectionKeys {
        section: "clients.client_authentication_methods.private_key_jwt",
        read: CredentialsEntry::READ,
        known: Some(""),
    },
    SectionKeys {
        section: "clients.client_authentication_methods.private_key_jwt.credentials",
        read: CredentialEntry::READ,
        known: Some(
            "created_at credential_type id name parse_expiry_from_cert subject_dn thumbprint_sha256 updated_at",
        ),
    },
    SectionKeys {
        section: "clients.jwt_configuration",
        read: JwtEntry::READ,
        known: Some("scopes secret_encoded"),
    },
    SectionKeys { section: "clients.refresh_token", read: RefreshTokenEntry::READ, known: Some("policies") },
    SectionKeys { section: "databases", read: DatabaseEntry::READ, known: Some(CONNECTION_KEYS) },
    SectionKeys { section: "databases.options", read: DatabaseOptions::READ, known: None },
    SectionKeys { section: "databases.options.validation", read: ValidationEntry::READ, known: None },
    SectionKeys { section: "databases.options.validation.username", read: LengthEntry::READ, known: None },
    SectionKeys {
        section: "databases.options.password_complexity_options",
        read: ComplexityEntry::READ,
        known: None,
    },
    SectionKeys {
        section: "databases.options.password_dictionary",
        read: DictionaryEntry::READ,
        known: None,
    },
    SectionKeys {
        section: "databases.options.password_no_personal_info",
        read: PersonalInfoEntry::READ,
        known: None,
    },
    SectionKeys { section: "connections", read: ConnectionEntry::READ, known: Some(CONNECTION_KEYS) },
    SectionKeys { section: "connections.options", read: ProviderOptions::READ, known: None },
    SectionKeys {
        section: "clientGrants",
        read: GrantEntry::READ,
        known: Some("allow_any_organization authorization_details_types id is_system organization_usage"),
    },
    SectionKeys {
        section: "resourceServers",
        read: ApiEntry::READ,
        known: Some(
            "allow_online_access allow_online_access_with_ephemeral_sessions authorization_details \
             authorization_policy client client_id consent_policy id proof_of_possession signing_secret \
             token_encryption",
        ),
    },
    SectionKeys { section: "resourceServers.scopes", read: ScopeEntry::READ, known: Some("") },
    SectionKeys {
        section: "resourceServers.subject_type_authorization",
        read: SubjectTypeEntry::READ,
        known: Some(""),
    },
    SectionKeys {
        section: "resourceServers.subject_type_authorization.user",
        read: PolicyEntry::READ,
        known: Some(""),
    },
    SectionKeys {
        section: "resourceServers.subject_type_authorization.client",
        read: PolicyEntry::READ,
        known: Some(""),
    },
    SectionKeys { section: "roles", read: RoleEntry::READ, known: Some("id type") },
    SectionKeys {
        section: "roles.permissions",
        read: PermissionEntry::READ,
        known: Some("description resource_server_name sources"),
    },
];

const CONNECTION_KEYS: &str = "authentication connected_accounts cross_app_access_requesting_app \
    cross_app_access_resource_app customScripts directory_provisioning_configuration id is_domain_connection metadata \
    provisioning_ticket_url realms scim_configuration show_as_button";

/// A key that makes a tenant safer, and that this tenant does not act on.
pub(super) struct Protection {
    /// The key with its sections.
    pub(super) key: &'static str,
    /// What the tenant does not do.
    pub(super) missing: &'static str,
    /// Whether the value makes the tenant safer.
    applies: fn(&Unread) -> bool,
}

/// Every key that makes a tenant safer and is not acted on.
pub(super) const PROTECTIONS: &[Protection] = &[
    Protection {
        key: "guardianPolicies",
        missing: "nobody is asked for a second factor",
        applies: |value| !value.at(&["policies"]).unwrap_or(value).is_empty(),
    },
    Protection {
        key: "networkACLs",
        missing: "requests that a rule of the network blocks are served",
        applies: |value| value.elements().iter().any(is_active),
    },
    Protection {
        key: "attackProtection.breachedPasswordDetection",
        missing: "passwords that are known to have leaked are accepted",
        applies: |value| value.at(&["enabled"]).is_some_and(Unread::is_true),
    },
    Protection {
        key: "attackProtection.botDetection",
        missing: "nobody has to prove that they are not a program",
        applies: |value| {
            ["challenge_password_policy", "challenge_passwordless_policy", "challenge_password_reset_policy"]
                .into_iter()
                .any(|key| value.at(&[key]).and_then(Unread::as_text).is_some_and(|policy| policy != "never"))
        },
    },
    Protection {
        key: "rules",
        missing: "rules, which may deny a sign-in, do not run",
        applies: |value| value.elements().iter().any(is_active),
    },
    Protection {
        key: "hooks",
        missing: "hooks, which may deny a sign-up or a token, do not run",
        applies: |value| value.elements().iter().any(is_active),
    },
    Protection {
        key: "triggers.post-login",
        missing: "actions, which may deny a sign-in, do not run",
        applies: |value| !value.is_empty(),
    },
    Protection {
        key: "triggers.pre-user-registration",
        missing: "actions, which may deny a sign-up, do not run",
        applies: |value| !value.is_empty(),
    },
    Protection {
        key: "triggers.credentials-exchange",
        missing: "actions, which may deny a token, do not run",
        applies: |value| !value.is_empty(),
    },
    Protection {
        key: "tenant.session_cookie",
        missing: "a session goes on after the browser is closed",
        applies: |value| value.at(&["mode"]).and_then(Unread::as_text) == Some("non-persistent"),
    },
    Protection {
        key: "tenant.flags.require_pushed_authorization_requests",
        missing: "applications need not push their authorization requests",
        applies: Unread::is_true,
    },
    Protection {
        key: "clients.organization_usage",
        missing: "people sign in to the application without an organization",
        applies: |value| value.as_text() == Some("require"),
    },
    Protection {
        key: "clients.require_proof_of_possession",
        missing: "access tokens are not bound to the application",
        applies: Unread::is_true,
    },
    Protection {
        key: "clients.signed_request_object",
        missing: "the application need not sign its authorization requests",
        applies: |value| value.at(&["required"]).is_some_and(Unread::is_true),
    },
    Protection {
        key: "clients.third_party_security_mode",
        missing: "an application of a third party needs no grant for an API",
        applies: |value| value.as_text() == Some("strict"),
    },
    Protection {
        key: "clientGrants.organization_usage",
        missing: "tokens are issued without an organization",
        applies: |value| value.as_text() == Some("require"),
    },
    Protection {
        key: "databases.options.password_history",
        missing: "an old password can be chosen again",
        applies: |value| value.at(&["enable"]).is_some_and(Unread::is_true),
    },
    Protection {
        key: "databases.options.authentication_methods",
        missing: "people sign in with a password",
        applies: |value| {
            value.at(&["password", "enabled"]).is_some_and(|enabled| *enabled == Unread::Bool(false))
        },
    },
    Protection {
        key: "databases.options.disable_self_service_change_password",
        missing: "people can ask for a new password",
        applies: Unread::is_true,
    },
    Protection {
        key: "resourceServers.proof_of_possession",
        missing: "access tokens are not bound to the application",
        applies: |value| value.at(&["required"]).is_some_and(Unread::is_true),
    },
    Protection {
        key: "resourceServers.token_encryption",
        missing: "access tokens are not encrypted",
        applies: |value| !value.is_empty(),
    },
    Protection {
        key: "resourceServers.consent_policy",
        missing: "nobody is asked for consent",
        applies: |value| !value.is_empty(),
    },
    Protection {
        key: "resourceServers.authorization_policy",
        missing: "no policy decides about access tokens",
        applies: |value| !value.is_empty(),
    },
];

/// Returns whether an element of a list is not switched off.
fn is_active(element: &Unread) -> bool {
    !["enabled", "active"].into_iter().any(|key| element.at(&[key]) == Some(&Unread::Bool(false)))
}

/// The notices about the keys of a file, as they are collected.
pub(super) struct Collector<'a> {
    /// The keys that may be ignored whatever they are.
    accepted: &'a [String],
    pub(super) notices: Vec<Notice>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(accepted: &'a [String]) -> Self {
        Self { accepted, notices: Vec::new() }
    }

    /// Adds what is to say about the keys of a section that are not read.
    ///
    /// # Errors
    /// A key that Auth0 does not know and that is probably a misspelt one which is read: what it says would have no
    /// effect, although its author meant a part that this tenant plays.
    pub(super) fn note(&mut self, file: &str, path: &str, section: &impl Section) -> Result<(), Misplaced> {
        section.unread().iter().try_for_each(|unread| self.note_key(file, path, unread))
    }

    /// Adds what is to say about one key that is not read.
    ///
    /// # Errors
    /// As [`Collector::note`].
    pub(super) fn note_key(&mut self, file: &str, path: &str, unread: &UnreadKey) -> Result<(), Misplaced> {
        let keys = SECTIONS.iter().find(|keys| keys.section == path);
        let name = unread.key.value.as_str();
        let key = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let location = unread.key.referenced;
        let place = place(file, location);
        unread.value.visit_texts(&mut |text| {
            if let Some(missing) = missing_in(text) {
                self.remark(
                    file,
                    location,
                    &format!("{} (in \"{key}\", which is ignored)", missing_value(missing)),
                );
            }
        });
        self.note_protections(&key, &place, &unread.value);
        if self.notices.iter().any(|notice| matches!(notice, Notice::Unsafe { key: noted, place: at, .. } if *noted == key && *at == place)) {
            return Ok(());
        }
        let known = keys.and_then(|keys| keys.known);
        let is_known = known.is_none_or(|known| known.split_whitespace().any(|known| known == name));
        if is_known {
            self.notices.push(Notice::Ignored { key, place });
            return Ok(());
        }
        let read = keys.map_or(&[][..], |keys| keys.read);
        let meant = closest(name, read.iter().copied());
        if let Some(meant) = meant.filter(|_| !self.accepted.contains(&key)) {
            return Err((location, format!("unknown key \"{name}\"; did you mean \"{meant}\"?")));
        }
        let meant = meant.or_else(|| closest(name, known.unwrap_or_default().split_whitespace()));
        self.notices.push(Notice::Unknown { key, place, meant });
        Ok(())
    }

    /// Adds a notice for each protection at or below a key.
    fn note_protections(&mut self, key: &str, place: &str, value: &Unread) {
        for protection in PROTECTIONS {
            let Some(rest) = protection.key.strip_prefix(key) else { continue };
            let path: Vec<&str> = match rest.strip_prefix('.') {
                Some(path) => path.split('.').collect(),
                None if rest.is_empty() => Vec::new(),
                None => continue,
            };
            if value.at(&path).is_some_and(protection.applies) {
                self.missing(protection, place.to_owned());
            }
        }
    }

    /// Adds a notice that the tenant is less safe than the file says.
    pub(super) fn missing(&mut self, protection: &Protection, place: String) {
        let Protection { key, missing, .. } = *protection;
        self.notices.push(Notice::Unsafe { key: key.to_owned(), place, missing });
    }

    /// Adds a notice that is about no single key.
    pub(super) fn remark(&mut self, file: &str, location: Location, text: &str) {
        self.notices.push(Notice::Remark(format!("{}: {text}", place(file, location))));
    }
}

/// Returns a place as it is written in messages.
pub(super) fn place(file: &str, location: Location) -> String {
    format!("{file}:{}:{}", location.line(), location.column())
}
