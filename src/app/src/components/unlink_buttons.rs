//! The Unlink buttons of a list, and what all of them say while nothing can be unlinked.
//!
//! Each says why it is disabled to those who do not see it, so that the state of the list stands in every one of a thousand
//! buttons. One effect writes it into all of them; an effect of each would take ten times as long.

use leptos::prelude::*;
use model::unlink_policy::UnlinkBlocked;
use web_sys::Element;

use super::banner::READ_ONLY_ID;

/// The buttons that are on the page. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub struct UnlinkButtons(StoredValue<Buttons, LocalStorage>);

#[derive(Default)]
struct Buttons {
    all: Vec<UnlinkButton>,
    /// The number of the last button.
    last_number: usize,
    list: Locked,
}

/// The button of a row.
struct UnlinkButton {
    number: usize,
    button: Element,
    /// The id of the element that says why the row's own login stays.
    why: String,
    stays: bool,
    /// What was written last.
    written: Said,
}

/// Why no login of the list can be unlinked now.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Locked {
    /// A run of unlinking is under way.
    pub is_running: bool,
    /// Nothing can be changed, which the banner says.
    pub is_read_only: bool,
}

/// What a button says beside its words.
#[derive(Clone, Copy, Default, PartialEq)]
struct Said {
    is_disabled: bool,
    description: Description,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Description {
    #[default]
    None,
    Row,
    List,
}

impl UnlinkButtons {
    /// No buttons.
    #[must_use]
    pub fn none() -> Self {
        Self(StoredValue::new_local(Buttons::default()))
    }

    /// Keeps `button` disabled, and described by its reason, while its login stays for `reason` or the list is locked. It is
    /// unregistered when the reactive owner of the caller is cleaned up.
    pub fn add(self, button: Element, reason: Memo<Option<UnlinkBlocked>>, why: String) {
        let stays = reason.get_untracked().is_some();
        let add = |all: &mut Buttons| {
            all.last_number += 1;
            let mut button =
                UnlinkButton { number: all.last_number, button, why, stays, written: Said::default() };
            button.say(all.list);
            all.all.push(button);
            all.last_number
        };
        let Some(number) = self.0.try_update_value(add) else { return };
        on_cleanup(move || {
            _ = self.0.try_update_value(|all| all.all.retain(|button| button.number != number));
        });
        Effect::new(move |_| {
            let stays = reason.read().is_some();
            _ = self.0.try_update_value(|all| {
                let list = all.list;
                if let Some(button) = all.all.iter_mut().find(|button| button.number == number) {
                    button.stays = stays;
                    button.say(list);
                }
            });
        });
    }

    /// Has all buttons say that the list is locked, or no longer is.
    pub fn lock(self, list: Locked) {
        let _ = self.0.try_update_value(|all| {
            all.list = list;
            all.all.iter_mut().for_each(|button| button.say(list));
        });
    }
}

impl UnlinkButton {
    /// Writes what differs from what was written last: a thousand buttons are written at once.
    fn say(&mut self, list: Locked) {
        let description = match list {
            _ if self.stays => Description::Row,
            Locked { is_read_only: true, .. } => Description::List,
            Locked { .. } => Description::None,
        };
        let said = Said { is_disabled: self.stays || list != Locked::default(), description };
        if said.is_disabled != self.written.is_disabled {
            write(&self.button, "aria-disabled", said.is_disabled.then_some("true"));
        }
        if said.description != self.written.description {
            let id = match description {
                Description::None => None,
                Description::Row => Some(self.why.as_str()),
                Description::List => Some(READ_ONLY_ID),
            };
            write(&self.button, "aria-describedby", id);
        }
        self.written = said;
    }
}

fn write(button: &Element, name: &str, value: Option<&str>) {
    // Neither fails for these names.
    let _ = match value {
        Some(value) => button.set_attribute(name, value),
        None => button.remove_attribute(name),
    };
}
