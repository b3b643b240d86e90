//! The sandbox against guests that misbehave, against broken files, and under load.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod attack;
mod authority;
mod cases;
mod catalogue;
mod compiling;
mod cost;
mod directory;
mod dossier;

mod fuzz;
mod home;
mod hostile;
mod languages;
mod life;
mod load_errors;
mod loading;
mod newcomer;
mod policies;
mod precompiled;
mod proposals;
mod reading;
mod reference;
mod shown;
mod versions;
mod wasi;
mod workshop;
