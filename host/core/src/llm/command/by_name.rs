//! A line that names an action as the catalogue does: `ACTION KIND/NAME parameter=value ...`.

use super::{Line, Said};
use crate::fix;
use crate::redact::quoted;

/// What such a line says; none where it is a kubectl command, as `scale` may be.
pub(super) fn read(action: &str, line: &mut Line) -> Result<Option<Said>, String> {
    let Some(action) = fix::actions().find(|known| *known == action) else {
        return Ok(None);
    };
    let names_an_object = line.words.first().is_some_and(|word| word.contains('/'));
    if !line.flags.is_empty() || !names_an_object {
        return Ok(None);
    }
    let (kind, name) = line.object()?;
    let pair = |word: String| match word.split_once('=') {
        Some((parameter, value)) => Ok((parameter.to_owned(), value.to_owned())),
        None => Err(format!("{} is not parameter=value", quoted(&word))),
    };
    let words = std::mem::take(&mut line.words).into_iter();
    let parameters = words.map(pair).collect::<Result<_, _>>()?;
    Ok(Some((action, kind, name, parameters)))
}
