//! One login in a list.

use leptos::prelude::*;
use model::{Identity, IdentityKey, Profile, User, route};

use super::{Avatar, ConfirmButton, FailureNotice, Icon, ProviderMark, live};
use crate::text::{self, Failure, Label, Part, Remedy};

/// The value of `data-identity`: what names a row in the page.
#[must_use]
pub fn row_name(key: &IdentityKey) -> String {
    key.as_user_id().as_str().to_owned()
}

/// The main login: no button, but the reason why.
#[component]
pub fn MainRow(
    /// The primary identity.
    identity: Identity,
    /// The account's profile, which is that of the primary.
    profile: Profile,
    /// A picture that may be shown.
    picture: Option<String>,
) -> impl IntoView {
    let label = Label::main(&identity, &profile);
    let name = row_name(&identity.key());
    view! {
        <li class="slot" data-identity=name>
            <div class="fold">
                <div class="row">
                    <ProviderMark provider=identity.provider/>
                    <Who label picture main=true/>
                    <p class="why">{text::MAIN_STAYS}</p>
                </div>
            </div>
        </li>
    }
}

/// A linked login with its Unlink button.
#[component]
pub fn IdentityRow(
    /// The identity.
    identity: Identity,
    /// A picture that may be shown.
    picture: Option<String>,
    /// The account, for what the dialog says of its other logins.
    user: Memo<Option<User>>,
    /// Whether this login is being unlinked.
    #[prop(into)]
    busy: Signal<bool>,
    /// Whether any login is: one at a time, or two answers could overtake each other.
    #[prop(into)]
    locked: Signal<bool>,
    /// Whether the row is folding away.
    #[prop(into)]
    folding: Signal<bool>,
    /// Why unlinking this login failed.
    #[prop(into)]
    failure: Signal<Option<Failure>>,
    /// Called to unlink.
    on_unlink: Callback<IdentityKey>,
    /// Called when the person takes the way on after a failure.
    on_remedy: Callback<(IdentityKey, Remedy)>,
    /// Called when the person has read enough of a failure.
    on_dismiss: Callback<()>,
) -> impl IntoView {
    let label = Label::linked(&identity);
    let key = StoredValue::new(identity.key());
    let name = row_name(&identity.key());
    let id = format!("unlink-{}", route::segment(&name));
    let facts = {
        let label = label.clone();
        live(move || {
            let all = user.read().as_ref().map(text::labels).unwrap_or_default();
            text::facts(&all, &label).into_iter().map(fact).collect_view().into_any()
        })
    };
    let remedy = Callback::new(move |remedy| on_remedy.run((key.get_value(), remedy)));
    view! {
        <li
            class="slot"
            class:folding=folding
            data-identity=name
            tabindex="-1"
            aria-busy=move || busy.get().then_some("true")
        >
            <div class="fold">
                <div class="row">
                    <ProviderMark provider=identity.provider/>
                    <Who label=label.clone() picture main=false/>
                    <div class="act">
                        <ConfirmButton
                            label
                            id
                            busy
                            locked
                            on_confirm=Callback::new(move |()| on_unlink.run(key.get_value()))
                        >
                            <ul class="facts" role="list">
                                {facts}
                            </ul>
                        </ConfirmButton>
                    </div>
                </div>
                {live(move || match failure.get() {
                    None => ().into_any(),
                    Some(failure) => view! {
                        <div class="row-failure"><FailureNotice failure on_remedy=remedy on_dismiss/></div>
                    }
                    .into_any(),
                })}
            </div>
        </li>
    }
}

/// One sentence of the dialog.
fn fact((icon, parts): (&'static str, Vec<Part>)) -> impl IntoView {
    let part = |part: Part| {
        if part.strong { view! { <b>{part.text}</b> }.into_any() } else { part.text.into_any() }
    };
    view! {
        <li>
            <Icon name=icon/>
            <span>{parts.into_iter().map(part).collect_view()}</span>
        </li>
    }
}

/// Provider, connection and person. Names come from outside: `bdi` keeps their direction to themselves.
#[component]
fn Who(label: Label, picture: Option<String>, main: bool) -> impl IntoView {
    let someone = label.who.is_some() || picture.is_some();
    let initials = label.initials.clone();
    view! {
        <div class="body">
            <div class="name">
                <span>{label.name}</span>
                {label.connection.map(|connection| view! { <bdi class="badge plain">{connection}</bdi> })}
                {main.then(|| view! { <span class="badge ok">"Main login"</span> })}
            </div>
            {someone.then(|| view! {
                <div class="sub">
                    <Avatar picture initials/>
                    <div class="sub-text">
                        {label.person.map(|person| view! { <bdi class="person">{person}</bdi> })}
                        {label.who.map(|who| view! { <bdi>{breakable(&who)}</bdi> })}
                    </div>
                </div>
            })}
            {label.unverified.then(|| view! { <p class="meta">"This e-mail address is not verified."</p> })}
        </div>
    }
}

/// An address that breaks after its `@` sooner than in the middle of a word.
pub fn breakable(who: &str) -> impl IntoView + use<> {
    let (before, after) = who.split_once('@').map_or((who, None), |(before, after)| (before, Some(after)));
    let after = after.map(|after| view! { "@"<wbr/>{after.to_owned()} });
    view! { {before.to_owned()}{after} }
}
