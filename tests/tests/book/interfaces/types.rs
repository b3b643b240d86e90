//! Types as WIT writes them.

use wit_parser::{Resolve, Result_, Type, TypeDefKind};

/// A type, by its name if it has one.
pub fn named(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else {
        return primitive(ty).to_owned();
    };
    let defined = &resolve.types[*id];
    match &defined.name {
        Some(name) => name.clone(),
        None => kind_of(resolve, &defined.kind),
    }
}

/// A type that has no name of its own.
pub fn kind_of(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let named = |ty: &Type| named(resolve, ty);
    match kind {
        TypeDefKind::List(item) => format!("list<{}>", named(item)),
        TypeDefKind::Option(item) => format!("option<{}>", named(item)),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(named).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Result(Result_ { ok, err }) => match (ok, err) {
            (Some(ok), Some(err)) => format!("result<{}, {}>", named(ok), named(err)),
            (None, Some(err)) => format!("result<_, {}>", named(err)),
            (Some(ok), None) => format!("result<{}>", named(ok)),
            (None, None) => "result".to_owned(),
        },
        TypeDefKind::Type(ty) => named(ty),
        other => other.as_str().to_owned(),
    }
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "",
    }
}
