//! The page, as a library so that its logic is tested natively.
