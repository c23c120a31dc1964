//! Sentences of the list, of deep links, and of the choices that linking offers.

use super::messages::messages;

messages! { list:
    /// Heading and title of the page, unless the settings name it.
    page_name() = "Linked accounts";
    /// Heading of the page. The header has its name.
    page_heading() = "Your logins";
    /// Introduction below the heading of the list.
    lede() = "These logins all open this account. Unlink one that you no longer use; your data stays here.";
    /// Heading of the main login.
    main_login() = "Main login";
    /// Heading of the list of linked logins.
    linked_logins() = "Linked logins";
    /// Replaces an empty list of linked logins.
    none_linked() = "No other login is linked to this account.";
    /// Explains why the main login cannot be unlinked.
    main_stays() = "The main login holds your account, so it stays.";
    /// Explains why the last login that opens the account cannot be unlinked.
    last_way_in() = "Nothing else would open this account.";
    /// Link after [`last_way_in`] that leads to the section for linking.
    link_first() = "Link another login first.";
    /// Badge of the login that the present session began with.
    in_use() = "Signed in with this";
    /// Badge of a login that was unlinked elsewhere while the page showed it.
    already_unlinked() = "Already unlinked";
    /// Note of a login whose e-mail address is not verified.
    address_not_verified() = "This e-mail address is not verified.";
    /// Link after it, to the page that sends the mail again.
    send_mail_again() = "Send the mail again";
    /// Button of a row.
    unlink() = "Unlink";
    /// Button of a row while the request is on its way.
    unlinking_now() = "Unlinking…";
    /// Button of a row that others are before.
    waiting() = "Waiting…";
    /// Banner text: the browser is offline, so the list is read-only.
    offline() = "You are offline. You can read this list; changes wait until you are back.";
    /// Banner text: the tenant cannot be reached and nobody is signed in, so the list is read-only.
    unreachable() = "The sign-in service cannot be reached. You can read this list; changes wait until it answers.";
    /// Age of a stored list, which was read at that time in seconds since 1970.
    as_of(read_at: i64) = "As of {read_at}.";
    /// Status below the skeleton when the response is late.
    slow() = "The sign-in service is taking longer than usual…";
    /// First sentence of a pause notice; [`goes_on`] is the second, which changes every second.
    paused() = "The sign-in service asks for a pause.";
    /// Countdown of a pause, after which the request is sent again. `seconds` are left.
    goes_on(seconds: u32) = "It goes on by itself in {seconds, plural, one {# second} other {# seconds}}.";
    /// Both sentences of a pause notice, for those who do not see it.
    pausing(seconds: u32) = "The sign-in service asks for a pause. It goes on by itself in \
        {seconds, plural, one {# second} other {# seconds}}.";
    /// Button that stops a pause.
    stop() = "Stop";
    /// Button that starts to select several logins.
    select_several() = "Select several";
    /// Button that selects all logins.
    select_all() = "Select all";
    /// Name of the bar with the count of the selected logins.
    chosen_logins() = "Chosen logins";
    /// Status of the selection: how many logins are selected.
    chosen(count: usize) =
        "{count, plural, =0 {Choose the logins to unlink.} one {# login chosen} other {# logins chosen}}";
    /// Button that opens the confirmation dialog for the selected logins.
    unlink_chosen(count: usize) =
        "{count, plural, =0 {Unlink} one {Unlink # login} other {Unlink # logins}}";

    /// Alert: the deep link names an action or a connection that does not exist.
    deep_link_unknown() = "The address asked for something that this page does not offer. It was ignored.";
    /// Alert: the deep link names a login that is not linked to this account.
    deep_link_not_linked() = "The login that the address named is not linked to this account.";
    /// Notice: the `return_to` address is not on the list of the settings.
    return_refused() =
        "The address named a place to return to that this page does not know. It was ignored.";
    /// Button that dismisses the prompt of a deep link.
    not_now() = "Not now";

    /// Heading of the section for linking.
    link_another() = "Link another login";
    /// Heading of the list of logins that were unlinked lately.
    recently_unlinked() = "Recently unlinked";
    /// Button that links a login of that list again.
    link_again() = "Link again";
    /// Name of the status notice, which says what was just done.
    just_now() = "Just now";
    /// Button of the status notice after one login was unlinked.
    undo() = "Undo";
    /// Link of the status notice after several logins were unlinked; leads to the list of [`recently_unlinked`].
    undo_several() = "Link again…";
    /// Button that links a login other than the expected one.
    link_this_one() = "Link this one";
    /// Button that cancels linking.
    do_not_link() = "Do not link";
    /// Button that leaves for the second sign-in of linking by redirects.
    sign_in_to_finish() = "Sign in to finish";
    /// Button that moves one login from the other account to this one.
    move_it() = "Move it here";
    /// Button that links the other account with all its logins.
    merge_it() = "Merge both";
    /// Button that cancels moving and merging.
    leave_it() = "Leave it there";
    /// Heading of the metadata to choose from, before the other account is deleted.
    metadata_title() = "Keep its details?";
    /// Introduction below it.
    metadata_story() = "Apps keep these details with the other account. What you do not keep is deleted with it.";
    /// Metadata dialog: label of this account's value.
    metadata_here() = "This account";
    /// Metadata dialog: label of the other account's value.
    metadata_there() = "The other account";
    /// Metadata dialog: replaces the value that this account lacks.
    metadata_none() = "nothing";
}
