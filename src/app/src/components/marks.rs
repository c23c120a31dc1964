//! The file with the marks of providers and the icons.

use std::cell::OnceCell;

use web_sys::Element;

thread_local! {
    /// Its address, which has a hash of its content: browsers keep it for ever.
    static MARKS: OnceCell<String> = const { OnceCell::new() };
}

/// Reads the address of the file in `shell`.
pub fn read_address(shell: &Element) {
    if let Some(address) = shell.get_attribute("data-marks") {
        // Read once.
        let _ = MARKS.with(|marks| marks.set(address));
    }
}

/// Returns the address of one mark or icon.
#[must_use]
pub fn address_of(id: &str) -> String {
    MARKS.with(|marks| [marks.get().map_or("", String::as_str), "#", id].concat())
}
