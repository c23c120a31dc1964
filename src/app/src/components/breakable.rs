//! Line breaks in names and addresses.

use leptos::prelude::*;
use model::line_break::pieces;

/// Renders a name or an address so that its line breaks at [its own places](model::line_break) rather than in the middle of a
/// word; there it breaks only where no other way is left.
pub fn breakable(name: &str) -> AnyView {
    let piece = |(place, piece): (usize, &str)| {
        let wbr = (place > 0).then(|| view! { <wbr/> });
        view! { {wbr}{piece.to_owned()} }
    };
    match pieces(name).as_slice() {
        // Most names: each list of pieces costs three nodes more, in every row.
        [whole] => (*whole).to_owned().into_any(),
        pieces => pieces.iter().copied().enumerate().map(piece).collect_view().into_any(),
    }
}
