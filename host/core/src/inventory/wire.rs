//! Small, forgiving pieces of JSON objects: `null` and a missing field are the same.

use crate::shorten;
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use jiff::Timestamp;
use k8shawk_vocabulary::selector::Selector;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Longest message that is kept, in bytes.
const MESSAGE: usize = 1024;

/// Text; empty where it is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Text(Box<str>);

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(text.into())
    }
    fn visit_unit<E: Error>(self) -> Result<Text, E> {
        Ok(Text::default())
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        Ok(number.to_string().as_str().into())
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        Ok(number.to_string().as_str().into())
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Text, E> {
        Ok(if value { "true" } else { "false" }.into())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

/// Text that may be long, cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message(Text);

impl Deref for Message {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(from)?;
        Ok(Message(shorten(text.trim(), MESSAGE).as_ref().into()))
    }
}

/// A list; empty where it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List<T>(Box<[T]>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Box::new([]))
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_unit<E: Error>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(List(items.into_boxed_slice()))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor(PhantomData))
    }
}

/// A map of text, such as labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs(Box<[(Text, Text)]>);

impl Pairs {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| &**k == key).map(|(_, v)| &**v)
    }

    /// The selector of these labels.
    pub(crate) fn selector(&self) -> Selector<'_> {
        Selector::of_labels(self.0.iter().map(|(k, v)| (&**k, &**v)))
    }

    /// True where these are labels that a selector fits.
    pub(crate) fn fit(&self, selector: &Selector<'_>) -> bool {
        selector.fits(|key| self.get(key))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `key=value,key=value`.
    pub(crate) fn text(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join(",")
    }
}

/// Reads a map of text, and keeps the keys that a test accepts.
struct PairsVisitor(fn(&str) -> bool);

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of text")
    }
    fn visit_unit<E: Error>(self) -> Result<Pairs, E> {
        Ok(Pairs::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = from.next_key::<Text>()? {
            if (self.0)(&key) {
                pairs.push((key, from.next_value()?));
            } else {
                from.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Pairs(pairs.into_boxed_slice()))
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PairsVisitor(|_| true))
    }
}

/// The annotations that observations depend on; the others are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Annotations(Pairs);

impl Annotations {
    pub(crate) const CANARY: &'static str = "nginx.ingress.kubernetes.io/canary";
    pub(crate) const DEFAULT_CLASS: &'static str = "storageclass.kubernetes.io/is-default-class";
    pub(crate) const SELECTED_NODE: &'static str = "volume.kubernetes.io/selected-node";
    const KEPT: [&'static str; 3] = [Self::CANARY, Self::DEFAULT_CLASS, Self::SELECTED_NODE];

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PairsVisitor(|key| Self::KEPT.contains(&key)))
            .map(Annotations)
    }
}

/// A time in milliseconds since the Unix epoch; none where it is missing or does not parse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Option<i64>);

impl Time {
    pub(crate) fn or(self, other: Time) -> Time {
        Time(self.0.or(other.0))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(from)?;
        Ok(Time(
            text.parse::<Timestamp>()
                .ok()
                .map(Timestamp::as_millisecond),
        ))
    }
}

/// A count. The API takes any signed number, and a negative one must not hide its object.
pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let number = Option::<i64>::deserialize(from)?;
    Ok(number.map(|n| u32::try_from(n.max(0)).unwrap_or(u32::MAX)))
}

/// A port by number or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PortRef {
    Number(u16),
    Name(Text),
}

impl<'de> Deserialize<'de> for PortRef {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(from)?;
        Ok(text.parse().map_or(PortRef::Name(text), PortRef::Number))
    }
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortRef::Number(number) => number.fmt(f),
            PortRef::Name(name) => name.fmt(f),
        }
    }
}
