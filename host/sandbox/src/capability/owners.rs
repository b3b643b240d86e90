//! Who owns the target of a proposal: reads through the guard, along owner references.

use k8shawk_core::ObjectRef;
use k8shawk_core::grant::Verb;
use k8shawk_core::guard::Read;
use k8shawk_core::owners::{Owned, is_readable};
use k8shawk_core::point::Point;

use crate::call::{Call, Told};
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::kubectl::types::ReadError;
use crate::wit::imports::k8shawk::policy::owners;

/// Objects of a chain.
const MOST: usize = 8;

/// The chain of owners: reads, so a grant must let the plugin get the target and its owners.
pub(super) const OWNERS: Capability = Capability(&Definition {
    package: "policy",
    word: "owners",
    points: &[Point::Policy],
    verbs: &[Verb::Get],
    told: None,
    link: |linker| owners::add_to_linker::<_, Own>(linker, |call| call),
});

impl owners::Host for Call {
    async fn chain(&mut self) -> wasmtime::Result<Told<Vec<owners::Owned>>> {
        let mut next = self.judged.as_ref().map(|judged| judged.target.clone());
        let mut chain: Vec<owners::Owned> = Vec::new();
        while let Some(object) = next.filter(|_| chain.len() < MOST) {
            if !chain.is_empty() && !is_readable(&object) {
                chain.push(unread(&object));
                break;
            }
            let owned = match self.owned(&object).await? {
                Ok(owned) => owned,
                Err(error) => return Ok(Err(error)),
            };
            chain.push(told(&object, &owned));
            next = owned.owner;
        }
        Ok(Ok(chain))
    }
}

impl Call {
    async fn owned(&mut self, object: &ObjectRef) -> wasmtime::Result<Told<Owned>> {
        let read = Read::Owners {
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        };
        let text = self.text(read, 0).await?;
        let unclear =
            |e: serde_json::Error| ReadError::Unavailable(format!("owners of {object}: {e}"));
        Ok(text.and_then(|text| serde_json::from_str(&text).map_err(unclear)))
    }
}

fn told(object: &ObjectRef, owned: &Owned) -> owners::Owned {
    let uid = match object.uid.is_empty() {
        true => owned.uid.clone(),
        false => object.uid.clone(),
    };
    let object = ObjectRef {
        uid,
        ..object.clone()
    };
    owners::Owned {
        object: (&object).into(),
        readable: true,
        tools: owned.tools.iter().map(Into::into).collect(),
        managers: owned.managers.iter().map(Into::into).collect(),
    }
}

fn unread(object: &ObjectRef) -> owners::Owned {
    owners::Owned {
        object: object.into(),
        readable: false,
        tools: Vec::new(),
        managers: Vec::new(),
    }
}
