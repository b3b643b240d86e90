//! What people see at a terminal, in the product as it is shipped; no cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

mod next;
mod story;
mod widths;
mod wording;
