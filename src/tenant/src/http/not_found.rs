//! What can be missing besides users, with the texts of contract [A17](model::contract#a17) and
//! [A18](model::contract#a18).

/// Something that does not exist. Its text is the message of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotFound {
    /// No role has the id.
    #[error("The role does not exist.")]
    Role,
    /// One of the users in the body does not exist.
    #[error("One or more of the users do not exist.")]
    Users,
    /// No client has the id.
    #[error("The client does not exist")]
    Client,
    /// No client grant has the id.
    #[error("The client grant does not exist.")]
    ClientGrant,
    /// No connection has the id.
    #[error("The connection does not exist")]
    Connection,
    /// No API has the id or identifier.
    #[error("The resource server does not exist.")]
    ResourceServer,
    /// No session has the id.
    #[error("The session does not exist.")]
    Session,
    /// No refresh token has the id.
    #[error("The refresh token does not exist.")]
    RefreshToken,
    /// No job has the id, or its file is no longer kept.
    #[error("The job does not exist.")]
    Job,
    /// Auth0 has this resource, and the tenant has not.
    #[error("This tenant does not have {0}.")]
    Resource(&'static str),
}

impl NotFound {
    /// Returns the code of the error.
    pub(crate) fn code(self) -> Option<&'static str> {
        match self {
            Self::Role | Self::Users | Self::Resource(_) => None,
            Self::Job => Some("inexistent_job"),
            Self::Session => Some("inexistent_session"),
            Self::RefreshToken => Some("inexistent_refresh_token"),
            Self::Client => Some("inexistent_client"),
            Self::ClientGrant => Some("inexistent_client_grant"),
            Self::Connection => Some("inexistent_connection"),
            Self::ResourceServer => Some("inexistent_resource_server"),
        }
    }
}
