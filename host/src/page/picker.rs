//! Builds records of chosen fields.

use std::collections::HashMap;
use std::fmt;
use std::time::Instant;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::check::{Fields as Known, Tally};
use super::json::{self, JsonError, Pointer};
use super::{PageError, Pick, moment};

/// Most picks: several times the fields of the widest entities known.
const MAX_PICKS: usize = 4096;
/// Bytes walked through between two looks at the clock. They take some microseconds.
const LONG_BYTES: usize = 64 * 1024;

/// The picks of one call, prepared for any number of records.
pub(super) struct Picker<'f> {
    picks: Vec<Prepared>,
    /// Keys of the first level, each once, in the order of the picks.
    keys: Vec<String>,
    places: HashMap<String, usize>,
    /// The entity's fields, as far as they are known.
    known: Option<&'f Known>,
    /// Bytes walked through since the last look at the clock.
    walked: usize,
}

struct Prepared {
    /// Name in the output record as JSON text with its colon.
    label: String,
    /// Place of the field of that name in the entity's definition.
    field: Option<usize>,
    /// Whether the field may be a point in time.
    may_be_moment: bool,
    /// Place of the first key in `Picker::keys`.
    place: usize,
    /// Further keys.
    deeper: Vec<String>,
}

impl<'f> Picker<'f> {
    pub(super) fn new(picks: &[Pick], known: Option<&'f Known>) -> Result<Self, JsonError> {
        if picks.len() > MAX_PICKS {
            return Err(JsonError::TooMuch("4,096 fields of a record"));
        }
        let mut keys = Vec::new();
        let mut places = HashMap::new();
        let mut prepared = Vec::with_capacity(picks.len());
        for pick in picks {
            let mut path = if pick.path.starts_with('/') {
                Pointer::parse(&pick.path)?.keys
            } else {
                vec![pick.path.clone()]
            };
            let deeper = path.split_off(1);
            let first = path.swap_remove(0);
            let place = *places.entry(first).or_insert_with_key(|key| {
                keys.push(key.clone());
                keys.len() - 1
            });
            let name = serde_json::to_string(&pick.name).map_err(|_| JsonError::NotUtf8)?;
            prepared.push(Prepared {
                label: format!("{name}:"),
                field: known.and_then(|known| known.place(&pick.name, 0)),
                may_be_moment: known.is_none_or(|known| known.may_be_moment(&pick.name)),
                place,
                deeper,
            });
        }
        Ok(Self {
            picks: prepared,
            keys,
            places,
            known,
            walked: 0,
        })
    }

    /// Writes the record made of an element's chosen fields, in the order of the picks; absent ones are left out.
    ///
    /// Fails as soon as the record is longer than `limit`, as one value may be picked any number of times, and at `ends`.
    pub(super) fn pick(
        &mut self,
        index: usize,
        element: &RawValue,
        limit: usize,
        ends: Option<Instant>,
        tally: &mut Tally,
        out: &mut Vec<u8>,
    ) -> Result<(), PageError> {
        let known = self
            .known
            .filter(|_| !crate::mechanism::off("answers.record-types"));
        let mut keys = 0;
        let mut values: Vec<Option<&RawValue>> = vec![None; self.keys.len()];
        let mut reader = serde_json::Deserializer::from_str(element.get());
        reader
            .deserialize_map(Fields {
                picker: self,
                values: &mut values,
            })
            .map_err(|error| JsonError::NotJson(json::describe(&error)))?;
        out.push(b'{');
        for pick in &self.picks {
            let mut value = values.get(pick.place).copied().flatten();
            for key in &pick.deeper {
                // A guest cannot be stopped while the host works for it, so the host looks at the clock itself, though only
                // where the steps since the last look took long enough to be worth it.
                self.walked += value.map_or(0, |value| value.get().len());
                if self.walked > LONG_BYTES {
                    self.walked = 0;
                    if ends.is_some_and(|ends| Instant::now() >= ends) {
                        return Err(PageError::Late);
                    }
                }
                value = match value {
                    Some(value) => json::member(value, key)?,
                    None => None,
                };
            }
            let Some(value) = value else { continue };
            let text = value.get().as_bytes();
            let bytes = out.len() + pick.label.len() + text.len() + 2;
            if bytes > limit {
                return Err(PageError::RecordTooLarge {
                    index,
                    bytes,
                    limit,
                });
            }
            if out.len() > 1 {
                out.push(b',');
            }
            out.extend_from_slice(pick.label.as_bytes());
            let minutes = if pick.may_be_moment {
                moment::offset_without_colon(text)
            } else {
                None
            };
            if let Some(known) = known {
                // What gets its colon now is what the definition wants.
                let json = if minutes.is_some() {
                    "null"
                } else {
                    value.get()
                };
                keys += usize::from(tally.member(known, pick.field, json));
            }
            match minutes {
                Some(minutes) => {
                    out.extend_from_slice(&text[..minutes]);
                    out.push(b':');
                    out.extend_from_slice(&text[minutes..]);
                }
                None => out.extend_from_slice(text),
            }
        }
        out.push(b'}');
        if let Some(known) = known {
            tally.record(known, keys);
        }
        Ok(())
    }
}

struct Fields<'p, 'v, 'de> {
    picker: &'p Picker<'p>,
    values: &'v mut [Option<&'de RawValue>],
}

impl<'de> Visitor<'de> for Fields<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Applications send the fields of every record in the same order, and connectors pick them in that order more
        // often than not: looking first behind the last one found makes most look-ups one comparison.
        let mut hint = 0;
        while let Some(found) = map.next_key_seed(Lookup {
            picker: self.picker,
            hint,
        })? {
            match found {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(place) => {
                    hint = place + 1;
                    let value = map.next_value::<&RawValue>()?;
                    if let Some(slot) = self.values.get_mut(place) {
                        *slot = Some(value);
                    }
                }
            }
        }
        Ok(())
    }
}

struct Lookup<'p> {
    picker: &'p Picker<'p>,
    hint: usize,
}

impl<'de> DeserializeSeed<'de> for Lookup<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Lookup<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        if self
            .picker
            .keys
            .get(self.hint)
            .is_some_and(|next| next == key)
        {
            return Ok(Some(self.hint));
        }
        Ok(self.picker.places.get(key).copied())
    }
}
