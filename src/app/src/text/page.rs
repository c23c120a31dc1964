//! Words of every page: its header, the welcome, and the buttons of notices.

use super::messages::messages;

messages! { page:
    /// Title of the document: what it shows, and the name of the page.
    document_title(shown: &str, page: &str) = "{shown} · {page}";
    /// Button of the header.
    sign_out() = "Sign out";
    /// Link past the header, for the keyboard.
    skip_to_list() = "Skip to your logins";
    /// Introduction of the sign-in page.
    welcome() = "See every login that opens your account, and unlink the ones that you no longer use.";
    /// Promise of the sign-in page.
    promise_all() = "All your logins in one place: passwords, Google, GitHub, your company and more.";
    /// Promise of the sign-in page.
    promise_told() = "Before anything is unlinked, you are told what will happen.";
    /// Promise of the sign-in page.
    promise_stays() = "Everything in your account stays as it is.";
    /// Button of the sign-in page.
    sign_in() = "Sign in";
    /// The same button once it was pressed.
    signing_in() = "Signing in…";
    /// Says on the sign-in page that signing in leads to another host.
    signs_in_at(host: &str) = parts "You sign in at <b>{host}</b> and come back here.";
    /// Button of a failure notice that repeats the action.
    try_again() = "Try again";
    /// Button of a failure notice that signs in.
    sign_in_again() = "Sign in again";
    /// Button that dismisses a notice.
    dismiss() = "Dismiss";
    /// Button that cancels.
    cancel() = "Cancel";
    /// Status in place of a part of the page that is on its way.
    part_loading() = "Loading…";
    /// Title of the notice when that part did not come.
    part_missing() = "This part of the page could not be loaded.";
    /// Advice below it.
    part_missing_advice() = "Nothing was changed. Check your connection and try again.";
    /// Summary of the details of a failure.
    technical_details() = "Technical details";
    /// Button that copies them.
    copy_details() = "Copy details";
    /// The same button once they were copied.
    copied() = "Copied";
    /// The same button when the browser refused.
    not_copied() = "Not copied: select the text instead";
    /// Title of the page at an unknown path.
    not_found() = "Page not found";
    /// Introduction of that page.
    not_found_lede() = "There is nothing at this address. It may have been mistyped.";
    /// Link of that page.
    go_to_list() = "Go to your logins";
}
