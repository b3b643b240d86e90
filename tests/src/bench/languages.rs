//! What a policy costs in each language: called, kept in memory, fifty on one fix, replaced. The rule is the same
//! everywhere, and so is what is asked.

mod called;
mod held;
mod many;
mod opa;
mod question;
mod shelf;
mod swaps;

use std::path::Path;

use anyhow::Result;

pub use self::held::hold;

use self::shelf::Shelf;
use super::figure::Figure;

pub(super) fn measure() -> Result<Vec<Figure>> {
    let shelf = Shelf::fill()?;
    let mut figures = called::measure(&shelf)?;
    figures.extend(held::measure(&shelf)?);
    figures.extend(many::measure()?);
    Ok(figures)
}

pub(super) fn swaps(dist: &Path) -> Result<Vec<Figure>> {
    swaps::measure(dist)
}
