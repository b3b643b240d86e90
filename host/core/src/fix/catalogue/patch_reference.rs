//! `patch-reference`: replace the name of an object that does not exist by the name that was meant.
//!
//! A workload is changed in its pod template. What a claim asks for cannot be changed: one that was
//! never bound holds nothing, and is made again with the right class.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{as_new, fails, line, named, replace};
use super::entry::{Act, Before, Entry, Found, Planned, Related, Risk, Sends};
use crate::fix::{Action, Operation, Precondition};
use crate::object::ObjectRef;
use crate::workloads;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "patch-reference",
    targets: &[
        (workloads::ROLLED_OUT, Sends::Replace),
        (&["PersistentVolumeClaim"], Sends::Recreate),
    ],
    reads: &[
        ("get", "ConfigMap"),
        ("get", "ServiceAccount"),
        ("get", "StorageClass"),
        ("get", "PriorityClass"),
        ("get", "RuntimeClass"),
    ],
    parameters: "`kind`, `from`, `to`",
    risk: Risk::Medium,
    like: "`kubectl set serviceaccount`, `kubectl edit`",
    parse: |values| {
        let kind = values.word("kind", "")?;
        let kind = Referred::parse(&kind)
            .ok_or_else(|| values.fault(format!("no reference to a {kind} can be patched")))?;
        let (from, to) = (values.word("from", "-.")?, values.word("to", "-.")?);
        if from == to {
            return Err(values.fault("from and to are the same name"));
        }
        Ok(PatchReference { kind, from, to }.into())
    },
};

/// Kinds to which a reference can be patched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Referred {
    /// In the environment or a volume.
    ConfigMap,
    /// In the environment, a volume or a pull; only its name is known.
    Secret,
    /// `serviceAccountName`.
    ServiceAccount,
    /// `storageClassName` of a claim.
    StorageClass,
    /// `priorityClassName`.
    PriorityClass,
    /// `runtimeClassName`.
    RuntimeClass,
}

const REFERRED: &[(Referred, &str)] = &[
    (Referred::ConfigMap, "ConfigMap"),
    (Referred::Secret, "Secret"),
    (Referred::ServiceAccount, "ServiceAccount"),
    (Referred::StorageClass, "StorageClass"),
    (Referred::PriorityClass, "PriorityClass"),
    (Referred::RuntimeClass, "RuntimeClass"),
];

impl Referred {
    fn parse(text: &str) -> Option<Referred> {
        let row = REFERRED.iter().find(|(_, name)| *name == text);
        row.map(|(kind, _)| *kind)
    }

    fn as_str(self) -> &'static str {
        let row = REFERRED.iter().find(|(kind, _)| *kind == self);
        row.map_or("", |(_, name)| name)
    }

    /// Fields of a pod's or a claim's spec that hold a name of this kind by themselves.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Referred::ConfigMap | Referred::Secret => &[],
            // The second one is the old name of the first, which the API server keeps in step.
            Referred::ServiceAccount => &["serviceAccountName", "serviceAccount"],
            Referred::StorageClass => &["storageClassName"],
            Referred::PriorityClass => &["priorityClassName"],
            Referred::RuntimeClass => &["runtimeClassName"],
        }
    }

    /// Objects anywhere in a pod's spec that hold a name of this kind, and the fields of the name.
    fn holders(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Referred::ConfigMap => (&["configMapRef", "configMapKeyRef", "configMap"], &["name"]),
            Referred::Secret => (
                &["secretRef", "secretKeyRef", "secret", "imagePullSecrets"],
                &["name", "secretName"],
            ),
            _ => (&[], &[]),
        }
    }
}

/// The name that is replaced, and by which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatchReference {
    /// Kind of what is named.
    pub kind: Referred,
    /// The name that does not exist.
    pub from: String,
    /// The name that does.
    pub to: String,
}

impl Act for PatchReference {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("kind", self.kind.as_str().to_owned()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
        ]
    }

    /// A Secret is never read; the analysis compared names.
    fn reads(&self) -> Related {
        match self.kind {
            Referred::Secret => Related::Nothing,
            kind => Related::Named(kind.as_str(), vec![self.from.clone(), self.to.clone()]),
        }
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        self.check_names(found.related)?;
        if found.current.pointer("/spec/template").is_none() {
            return self.recreate(found.current);
        }
        replace(found.current, |object| {
            self.patch(object.pointer_mut("/spec/template/spec"))
        })
    }

    /// Only where every reference to the name is one that this fix made: another one was meant.
    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let (Operation::Replace { object } | Operation::Recreate { new: object, .. }) = before.sent
        else {
            return None;
        };
        let spec = object.pointer("/spec/template/spec");
        let mut sent = spec.or_else(|| object.pointer("/spec"))?.clone();
        let back = PatchReference {
            kind: self.kind,
            from: self.to.clone(),
            to: self.from.clone(),
        };
        let named = back.rename(&mut sent).ok()?;
        let was = before.diff.lines.iter().filter_map(|l| l.before.as_ref());
        // An item of a list that has no names stands in the diff as a whole, as JSON.
        let quoted = format!("\"{}\"", self.from);
        let ours: usize = was
            .map(|was| match *was == self.from {
                true => 1,
                false => was.matches(&quoted).count(),
            })
            .sum();
        (ours >= named).then(|| back.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, from, to) = (named(target), &self.from, &self.to);
        let get = |jq: String, how: &str| {
            format!("get {object} -o json | jq '{jq}' | kubectl replace{how} -f -")
        };
        let template = |field: &str| {
            format!("patch {object} -p '{{\"spec\":{{\"template\":{{\"spec\":{{\"{field}\":\"{to}\"}}}}}}}}'")
        };
        let rest = match self.kind {
            Referred::ServiceAccount => format!("set serviceaccount {object} {to}"),
            Referred::PriorityClass => template("priorityClassName"),
            Referred::RuntimeClass => template("runtimeClassName"),
            Referred::StorageClass => get(
                format!("del(.status) | .spec.storageClassName = \"{to}\""),
                " --force",
            ),
            Referred::ConfigMap => get(
                format!("(.spec.template.spec | .. | objects | (.configMapRef, .configMapKeyRef, .configMap) | objects | .name | select(. == \"{from}\")) = \"{to}\""),
                "",
            ),
            Referred::Secret => get(
                format!("(.spec.template.spec | .. | objects | (.secretRef, .secretKeyRef, .secret, .imagePullSecrets[]?) | objects | (.name, .secretName) | select(. == \"{from}\")) = \"{to}\""),
                "",
            ),
        };
        line(target, rest)
    }
}

impl PatchReference {
    /// The one name must exist, and the other must not.
    fn check_names(&self, related: &[Value]) -> Result<(), Precondition> {
        let (kind, from, to) = (self.kind.as_str(), &self.from, &self.to);
        let exists = |wanted: &str| {
            let name = |o: &Value| o.pointer("/metadata/name").and_then(Value::as_str) == Some(wanted);
            related.iter().any(name)
        };
        if self.kind == Referred::Secret {
            Ok(())
        } else if exists(from) {
            fails(format!("{kind} {from:?} exists now"))
        } else if !exists(to) {
            fails(format!("{kind} {to:?} does not exist"))
        } else {
            Ok(())
        }
    }

    fn patch(&self, spec: Option<&mut Value>) -> Result<(), Precondition> {
        match spec.map(|spec| self.rename(spec)).transpose()? {
            None | Some(0) => fails(format!("nothing references {} {:?}", self.kind.as_str(), self.from)),
            Some(_) => Ok(()),
        }
    }

    /// Rename in a spec; how many references that were.
    fn rename(&self, spec: &mut Value) -> Result<usize, Precondition> {
        let mut renamed = 0;
        for field in self.kind.fields() {
            renamed += self.rename_at(spec, field);
        }
        Ok(renamed + self.rename_within(spec)?)
    }

    fn rename_at(&self, holder: &mut Value, field: &str) -> usize {
        match holder.get_mut(field) {
            Some(name) if name.as_str() == Some(&self.from) => {
                *name = self.to.clone().into();
                1
            }
            _ => 0,
        }
    }

    fn rename_within(&self, value: &mut Value) -> Result<usize, Precondition> {
        let mut renamed = 0;
        match value {
            Value::Array(list) => {
                for item in list {
                    renamed += self.rename_within(item)?;
                }
            }
            Value::Object(map) => {
                for (key, inner) in map.iter_mut() {
                    renamed += self.rename_held(key, inner)? + self.rename_within(inner)?;
                }
            }
            _ => {}
        }
        Ok(renamed)
    }

    /// An optional reference waits for an object that somebody may be about to make.
    fn rename_held(&self, key: &str, value: &mut Value) -> Result<usize, Precondition> {
        let (holders, fields) = self.kind.holders();
        if !holders.contains(&key) {
            return Ok(0);
        }
        let mut renamed = 0;
        let held = match value {
            Value::Array(list) => list.iter_mut().collect(),
            one => vec![one],
        };
        for holder in held {
            let optional = holder.get("optional") == Some(&Value::Bool(true));
            let here: usize = fields.iter().map(|f| self.rename_at(holder, f)).sum();
            if optional && here > 0 {
                return fails(format!("an optional reference names {:?} too", self.from));
            }
            renamed += here;
        }
        Ok(renamed)
    }

    fn recreate(&self, claim: &Value) -> Planned {
        let text = |pointer| claim.pointer(pointer).and_then(Value::as_str);
        if text("/status/phase") != Some("Pending") || text("/spec/volumeName").is_some() {
            return fails("the claim has a volume, or had one");
        }
        let mut new = as_new(claim);
        self.patch(new.pointer_mut("/spec"))?;
        let old = claim.clone();
        Ok(Operation::Recreate { old, new })
    }
}
