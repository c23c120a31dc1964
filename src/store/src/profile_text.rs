//! Profiles of identities that are passed on unread.
//!
//! A user can have dozens of identities. Who answers with them, or counts them, needs none of their attributes: reading those
//! and writing them again would take most of the time of a request.

use model::Profile;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::Error;

/// The profile of an identity as it is stored, JSON text. It is written into an answer as it is.
#[derive(Clone, Debug)]
pub struct ProfileText(Box<str>);

impl ProfileText {
    /// Reads the profile.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the text is no object.
    pub fn read(&self) -> Result<Profile, Error> {
        Profile::from_stored(&self.0)
    }

    /// Checks that the text is JSON, so that it can be written into an answer.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn check(&self) -> Result<(), Error> {
        serde_json::from_str::<&RawValue>(&self.0).map(|_| ()).map_err(|_| Error::Damaged("profile"))
    }
}

impl Serialize for ProfileText {
    /// Writes the text, unless it is no JSON: what another program has stored could end the answer's own.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        text.serialize(serializer)
    }
}

/// A form in which the profile of an identity leaves its row.
pub(crate) trait ProfileForm: Sized {
    /// Returns the profile in this form.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the form is not that of the text.
    fn from_stored(text: &str) -> Result<Self, Error>;
}

impl ProfileForm for Profile {
    fn from_stored(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|_| Error::Damaged("profile"))
    }
}

impl ProfileForm for ProfileText {
    fn from_stored(text: &str) -> Result<Self, Error> {
        Ok(Self(text.into()))
    }
}
