//! The two formats of the Deploy CLI: one YAML file, and a folder of JSON files.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

use super::error::{invalid, unreadable};
use super::schema::{
    ApiEntry, ClientEntry, ConnectionEntry, DatabaseEntry, GrantEntry, LinkedAccountsSection, RoleEntry,
    Sections, TenantSection,
};
use super::section::{Section, Unread, UnreadKey};
use crate::seed::error::{InvalidSeedFile, Place};
use crate::seed::keywords::Keywords;

/// A part of a tenant and where it stands.
pub(super) struct Placed<T> {
    pub(super) file: Rc<str>,
    pub(super) location: Location,
    pub(super) value: T,
}

/// A tenant as it is written, in either format.
#[derive(Default)]
pub(super) struct Source {
    pub(super) tenant: Option<Placed<TenantSection>>,
    pub(super) linked_accounts: LinkedAccountsSection,
    pub(super) clients: Vec<Placed<ClientEntry>>,
    pub(super) databases: Vec<Placed<DatabaseEntry>>,
    pub(super) connections: Vec<Placed<ConnectionEntry>>,
    pub(super) grants: Vec<Placed<GrantEntry>>,
    pub(super) apis: Vec<Placed<ApiEntry>>,
    pub(super) roles: Vec<Placed<RoleEntry>>,
    /// The sections that are not read.
    pub(super) unread: Vec<Placed<UnreadKey>>,
}

/// Reads one YAML file.
///
/// # Errors
/// A file that is not YAML, or a value of the wrong type.
pub(super) fn read_yaml(file: &str, text: &str, keywords: &Keywords<'_>) -> Result<Source, InvalidSeedFile> {
    let mut sections: Sections = deserialize(file, text, keywords)?;
    let file: Rc<str> = file.into();
    let tenant = sections.tenant.take();
    Ok(Source {
        tenant: tenant.map(|value| Placed { file: file.clone(), location: Location::UNKNOWN, value }),
        linked_accounts: sections.linked_accounts.take().unwrap_or_default(),
        clients: placed(&file, sections.clients.take()),
        databases: placed(&file, sections.databases.take()),
        connections: placed(&file, sections.connections.take()),
        grants: placed(&file, sections.client_grants.take()),
        apis: placed(&file, sections.resource_servers.take()),
        roles: placed(&file, sections.roles.take()),
        unread: sections
            .into_unread()
            .into_iter()
            .map(|value| Placed { file: file.clone(), location: value.key.referenced, value })
            .collect(),
    })
}

fn placed<T>(file: &Rc<str>, entries: Option<Vec<Spanned<T>>>) -> Vec<Placed<T>> {
    let entries = entries.unwrap_or_default().into_iter();
    entries
        .map(|entry| Placed { file: file.clone(), location: entry.referenced, value: entry.value })
        .collect()
}

/// The folders and files of the directory format that are not read, with the section of the YAML format each. A folder
/// that ends in `/` is a mapping of its files, any other one a list of them.
const UNREAD: &[(&str, &str)] = &[
    ("actions", "actions"),
    ("action-modules", "actionModules"),
    ("attack-protection/", "attackProtection"),
    ("branding", "branding"),
    ("connection-profiles", "connectionProfiles"),
    ("custom-domains", "customDomains"),
    ("emails", "emailTemplates"),
    ("event-streams", "eventStreams"),
    ("flow-vault-connections", "flowVaultConnections"),
    ("flows", "flows"),
    ("forms", "forms"),
    ("guardian/factors", "guardianFactors"),
    ("guardian/policies.json", "guardianPolicies"),
    ("hooks", "hooks"),
    ("log-streams", "logStreams"),
    ("network-acls", "networkACLs"),
    ("organizations", "organizations"),
    ("pages", "pages"),
    ("phone-providers", "phoneProviders"),
    ("phone-templates", "phoneTemplates"),
    ("prompts", "prompts"),
    ("rate-limit-policies", "rateLimitPolicies"),
    ("risk-assessment", "riskAssessment"),
    ("rules", "rules"),
    ("rules-configs", "rulesConfigs"),
    ("self-service-profiles", "selfServiceProfiles"),
    ("supplemental-signals", "supplementalSignals"),
    ("themes", "themes"),
    ("token-exchange-profiles", "tokenExchangeProfiles"),
    ("triggers/triggers.json", "triggers"),
    ("user-attribute-profiles", "userAttributeProfiles"),
];

/// Reads a folder in the directory format: `tenant.json`, `clients/*.json`, `database-connections/*/database.json`,
/// `connections/*.json`, `grants/*.json`, `resource-servers/*.json` and `roles/*.json`. What Auth0 does not have stands
/// in `linkedAccounts.json`.
///
/// # Errors
/// A file that cannot be read or is not JSON, or a value of the wrong type.
pub(super) fn read_directory(folder: &Path, keywords: &Keywords<'_>) -> Result<Source, InvalidSeedFile> {
    let databases = files_of(&folder.join("database-connections"))?;
    let databases =
        databases.into_iter().map(|folder| folder.join("database.json")).filter(|file| file.is_file());
    let mut unread = Vec::new();
    for (name, key) in UNREAD {
        let path = folder.join(name);
        if let Some(value) = read_unread(&path, name.ends_with('/'), keywords)? {
            let key = Spanned::new((*key).to_owned(), Location::UNKNOWN, Location::UNKNOWN);
            unread.push(Placed {
                file: path.display().to_string().into(),
                location: Location::UNKNOWN,
                value: UnreadKey { key, value },
            });
        }
    }
    Ok(Source {
        tenant: read_json(&folder.join("tenant.json"), keywords)?,
        linked_accounts: read_json(&folder.join("linkedAccounts.json"), keywords)?
            .map(|section| section.value)
            .unwrap_or_default(),
        clients: read_all(json_files(&folder.join("clients"))?, keywords)?,
        databases: read_all(databases, keywords)?,
        connections: read_all(json_files(&folder.join("connections"))?, keywords)?,
        grants: read_all(json_files(&folder.join("grants"))?, keywords)?,
        apis: read_all(json_files(&folder.join("resource-servers"))?, keywords)?,
        roles: read_all(json_files(&folder.join("roles"))?, keywords)?,
        unread,
    })
}

fn read_all<T: DeserializeOwned>(
    files: impl IntoIterator<Item = PathBuf>,
    keywords: &Keywords<'_>,
) -> Result<Vec<Placed<T>>, InvalidSeedFile> {
    files.into_iter().filter_map(|file| read_json(&file, keywords).transpose()).collect()
}

/// Reads a file if it exists.
fn read_json<T: DeserializeOwned>(
    file: &Path,
    keywords: &Keywords<'_>,
) -> Result<Option<Placed<T>>, InvalidSeedFile> {
    if !file.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(file).map_err(|error| unreadable_file(file, &error))?;
    let file: Rc<str> = file.display().to_string().into();
    let entry: Spanned<T> = deserialize(&file, &text, keywords)?;
    Ok(Some(Placed { file, location: entry.referenced, value: entry.value }))
}

/// Reads a file, or the JSON files of a folder as a list or a mapping. A file that is not JSON is no error, because
/// nothing of it is used.
fn read_unread(
    path: &Path,
    is_mapping: bool,
    keywords: &Keywords<'_>,
) -> Result<Option<Unread>, InvalidSeedFile> {
    let read = |file: &Path| {
        let text = fs::read_to_string(file).unwrap_or_default();
        serde_saphyr::from_str::<Unread>(&keywords.replace(&text)).unwrap_or(Unread::Null)
    };
    if path.is_file() {
        return Ok(Some(read(path)));
    }
    if !path.is_dir() {
        return Ok(None);
    }
    let files = json_files(path)?;
    Ok(Some(if is_mapping {
        Unread::Mapping(files.iter().map(|file| (Unread::Text(camel_case(file)), read(file))).collect())
    } else {
        Unread::List(files.iter().map(|file| read(file)).collect())
    }))
}

/// Returns the name of a file without `.json`, as a key: `breachedPasswordDetection` for
/// `breached-password-detection.json`.
fn camel_case(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut key = String::new();
    for (place, word) in stem.split('-').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if place > 0 => key.extend(first.to_uppercase().chain(letters)),
            _ => key.push_str(word),
        }
    }
    key
}

/// Returns the JSON files of a folder in the order of their names; none if there is no such folder.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, InvalidSeedFile> {
    let is_json =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json") && path.is_file();
    Ok(files_of(folder)?.into_iter().filter(is_json).collect())
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, InvalidSeedFile> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<PathBuf> = entries.map_err(|error| unreadable_file(folder, &error))?;
    paths.sort();
    Ok(paths)
}

fn unreadable_file(path: &Path, error: &std::io::Error) -> InvalidSeedFile {
    InvalidSeedFile { file: path.display().to_string(), place: Place::Whole, reason: error.to_string() }
}

/// Replaces keywords and deserializes. JSON is YAML, so that one parser gives lines and columns for both.
fn deserialize<T: DeserializeOwned>(
    file: &str,
    text: &str,
    keywords: &Keywords<'_>,
) -> Result<T, InvalidSeedFile> {
    let text = keywords.replace(text.trim_start_matches('\u{FEFF}'));
    serde_saphyr::from_str(&text).map_err(|error| unreadable(file, &text, &error))
}

/// Returns whether a text is `tenant.json` of the directory format: an object with options of a tenant, and without
/// the sections of the YAML format.
pub(super) fn is_of_directory(path: &Path, text: &str) -> bool {
    let is_section = |key: &str| Sections::READ.contains(&key);
    path.file_name().is_some_and(|name| name == "tenant.json")
        && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
            .is_ok_and(|tenant| !tenant.keys().any(|key| is_section(key)))
}

/// Returns the error of a part.
pub(super) fn misplaced<T>(placed: &Placed<T>, misplaced: super::error::Misplaced) -> InvalidSeedFile {
    invalid(&placed.file, misplaced)
}
