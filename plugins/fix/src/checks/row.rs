//! What one row of the checks says.

/// Classes, or words of classes, with the next check.
pub type Row = (&'static [&'static str], &'static str);
