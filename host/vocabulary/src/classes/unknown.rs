//! What fits no pattern.

use super::{Class, NONE};

pub(super) const CLASSES: &[Class] = &[Class {
    name: "undetermined",
    means: "Something is broken, and no pattern explains it.",
    apart: "The strongest facts are quoted; no cause is claimed that they do not prove.",
    people: "Start with the quoted facts and with what changed last; a model may be asked (docs/src/model.md).",
    fix: NONE,
}];
