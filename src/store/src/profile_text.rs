//! Profiles of identities that are passed on unread.
//!
//! A user can have dozens of identities. Who answers with them, or counts them, needs none of their attributes: reading those
//! and writing them again would take most of the time of a request.

use model::Profile;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Error;

/// The profile of an identity as JSON text, as it is stored. It is written into an answer as it is.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct ProfileText(Box<RawValue>);

impl ProfileText {
    /// Reads the profile.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the text is no object.
    pub fn read(&self) -> Result<Profile, Error> {
        Profile::from_stored(self.0.get())
    }
}

/// A form in which the profile of an identity leaves its row.
pub(crate) trait ProfileForm: Sized {
    /// Returns the profile in this form.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the text is no JSON.
    fn from_stored(text: &str) -> Result<Self, Error>;
}

impl ProfileForm for Profile {
    fn from_stored(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|_| Error::Damaged("profile"))
    }
}

impl ProfileForm for ProfileText {
    fn from_stored(text: &str) -> Result<Self, Error> {
        // What another program has stored could end the answer's own JSON.
        RawValue::from_string(text.to_owned()).map(Self).map_err(|_| Error::Damaged("profile"))
    }
}
