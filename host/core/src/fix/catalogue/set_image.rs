//! `set-image`: set a container's image.

use serde::{Deserialize, Serialize};

use super::edit::{field, find_container, line, named, replace};
use crate::fix::Action;
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;
use crate::workloads;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "set-image",
    targets: &[(workloads::ROLLED_OUT, Sends::Replace)],
    reads: &[],
    parameters: "`container`, `image`",
    risk: Risk::Medium,
    like: "`kubectl set image`",
    parse: |values| {
        let container = values.word("container", "-.")?;
        let image = values.word("image", "-._/:@")?;
        Ok(SetImage { container, image }.into())
    },
};

/// The image that a container gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetImage {
    /// Name of the container.
    pub container: String,
    /// Image.
    pub image: String,
}

impl Act for SetImage {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("container", self.container.clone()),
            ("image", self.image.clone()),
        ]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |object| {
            let container = find_container(object, &self.container)?;
            *field(container, "image") = self.image.clone().into();
            Ok(())
        })
    }

    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let image = before.of_container(&self.container, "image")?;
        let container = self.container.clone();
        Some(SetImage { container, image }.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, container, image) = (named(target), &self.container, &self.image);
        line(target, format!("set image {object} {container}={image}"))
    }
}
