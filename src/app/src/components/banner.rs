//! The banner that says why nothing can be changed now.

use leptos::prelude::*;

use super::icon::Icon;
use crate::text;

/// The id of the banner, which disabled actions refer to.
pub const READ_ONLY_ID: &str = "hold";

/// The reason why nothing can be changed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnlyReason {
    /// The browser has no connection.
    Offline,
    /// The tenant cannot be reached, and nobody is signed in.
    Unreachable,
}

impl ReadOnlyReason {
    /// Returns the reason as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Offline => text::offline(),
            Self::Unreachable => text::unreachable(),
        }
    }
}

/// A sentence above the list that every disabled action refers to.
#[component]
pub fn Banner(
    /// The reason.
    reason: ReadOnlyReason,
    /// A sentence with the age of the list, when it is not current.
    #[prop(optional_no_strip)]
    as_of: Option<String>,
    /// Called to try again; without it the banner has no button.
    #[prop(optional)]
    on_try_again: Option<Callback<()>>,
) -> impl IntoView {
    let icon = match reason {
        // Not from the sprite: without a connection, nothing can be fetched.
        ReadOnlyReason::Offline => view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d="M3.5 9.5a13 13 0 0 1 5-2.9M12.5 6a13 13 0 0 1 8 3.5M7 13.3a8 8 0 0 1 3-1.8M14.5 11.9a8 8 0 0 1 2.5 1.4M12 17.5h.01M4 4l16 16"/>
            </svg>
        }
        .into_any(),
        ReadOnlyReason::Unreachable => view! { <Icon name="ui-alert"/> }.into_any(),
    };
    let try_again = on_try_again.filter(|_| reason != ReadOnlyReason::Offline).map(|on_try_again| {
        view! { <button type="button" class="button" on:click=move |_| on_try_again.run(())>{text::try_again()}</button> }
    });
    view! {
        <div class="notice hold" role="status">
            {icon}
            <div>
                <p id=READ_ONLY_ID>{reason.sentence()}</p>
                {as_of.map(|as_of| view! { <p class="meta">{as_of}</p> })}
            </div>
            {try_again}
        </div>
    }
}
