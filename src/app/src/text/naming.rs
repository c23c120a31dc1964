//! Texts of the names that people give their logins.

use super::failure::{Failure, Remedy};
use super::message_format::Message;
use super::messages::messages;

messages! { naming:
    /// Label of the name among the details of a row.
    own_name() = "Your name for it";
    /// Button that begins to name a login.
    add() = "Name this login";
    /// Button that begins to change a name.
    change() = "Rename";
    /// Accessible name of [`add`].
    add_to(login: Message<'_>) = "Name this login: {login}";
    /// Accessible name of [`change`].
    change_of(login: Message<'_>) = "Rename {login}";
    /// Hint below the field.
    hint() = "Such as “Work” or “Family”. Empty, the login has no name.";
    /// Error below the field. `most` is the number of characters.
    too_long(most: usize) = "{most, plural, one {At most # character.} other {At most # characters.}}";
    /// Button that saves the name.
    save() = "Save";
    /// Button while the request is on its way.
    saving() = "Saving…";
    /// Status after a login got a name, for those who do not see it.
    named(name: &str) = "Named {name}.";
    /// Status after a login lost its name.
    unnamed() = "The name was removed.";
    /// Failure: the name could not be stored.
    place_taken_title() = "The name could not be kept";
    /// Advice for it.
    place_taken_advice() = "Another app keeps something else where the names would be. Ask whoever runs this service.";
}

/// Failure notice: something else stands where the names are kept.
#[must_use]
pub fn place_taken() -> Failure {
    Failure {
        title: place_taken_title(),
        advice: place_taken_advice().to_owned(),
        remedy: Remedy::TryAgain,
        details: None,
    }
}
