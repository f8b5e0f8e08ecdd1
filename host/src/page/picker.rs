//! Builds records of chosen fields.

use std::time::Instant;

use super::check::{Fields as Known, Tally};
use super::escape::escape_inside;
use super::json::{self, JsonError, Pointer};
use super::names::Names;
use super::scan::{Broken, Raw, Scanner};
use super::{PageError, Pick, moment};

/// Most picks: several times the fields of the widest entities known.
const MAX_PICKS: usize = 4096;
/// Bytes walked through between two looks at the clock. They take some microseconds.
const LONG_BYTES: usize = 64 * 1024;

/// Most members of a record whose names are remembered for the next one.
const MAX_SHAPE: usize = MAX_PICKS;

/// The picks of one call, prepared for any number of records of one body.
pub(super) struct Picker<'f, 't> {
    picks: Vec<Prepared>,
    /// Names of the first level, in the order of the picks.
    names: Names,
    /// The entity's fields, if records are held against them.
    known: Option<&'f Known>,
    /// The members of the record before, by their number: name and place. Applications send the fields of every record in the
    /// same order, so most names need one comparison.
    shape: Vec<(&'t str, Option<usize>)>,
    /// The chosen values of one record, by the place of their name.
    values: Vec<Option<Raw<'t>>>,
    /// Bytes walked through since the last look at the clock.
    walked: usize,
}

struct Prepared {
    /// Name in the output record as JSON text with its colon, escaped.
    label: Vec<u8>,
    /// Place of the field of that name in the entity's definition.
    field: Option<usize>,
    /// Whether the field may be a point in time.
    may_be_moment: bool,
    /// Place of the first key in `Picker::names`.
    place: usize,
    /// Further keys.
    deeper: Vec<String>,
}

impl<'f, 't> Picker<'f, 't> {
    pub(super) fn new(picks: &[Pick], known: Option<&'f Known>) -> Result<Self, JsonError> {
        if picks.len() > MAX_PICKS {
            return Err(JsonError::TooMuch("4,096 fields of a record"));
        }
        let mut names = Names::default();
        let mut prepared = Vec::with_capacity(picks.len());
        for pick in picks {
            let mut path = if pick.path.starts_with('/') {
                Pointer::parse(&pick.path)?.keys
            } else {
                vec![pick.path.clone()]
            };
            let deeper = path.split_off(1);
            let name = serde_json::to_string(&pick.name).map_err(|_| JsonError::NotUtf8)?;
            let mut label = Vec::new();
            escape_inside(&name, &mut label);
            label.push(b':');
            prepared.push(Prepared {
                label,
                field: known.and_then(|known| known.place(&pick.name)),
                may_be_moment: known.is_none_or(|known| known.may_be_moment(&pick.name)),
                place: names.add(path.swap_remove(0)),
                deeper,
            });
        }
        Ok(Self {
            values: vec![None; names.len()],
            picks: prepared,
            names,
            known: known.filter(|_| !crate::mechanism::off("answers.record-types")),
            shape: Vec::new(),
            walked: 0,
        })
    }

    /// Reads the record that begins here.
    pub(super) fn read(&mut self, scanner: &mut Scanner<'t>) -> Result<(), Broken> {
        self.values.fill(None);
        let mut number = 0;
        let mut hint = 0;
        scanner.object(|scanner, key| {
            let place = match self.shape.get_mut(number) {
                Some((before, place)) if *before == key.text => *place,
                other => {
                    let place = self.names.find(key, hint)?;
                    match other {
                        Some(shape) => *shape = (key.text, place),
                        None if number < MAX_SHAPE => self.shape.push((key.text, place)),
                        None => {}
                    }
                    place
                }
            };
            number += 1;
            let value = scanner.value()?;
            if let Some(place) = place {
                hint = place + 1;
                if let Some(slot) = self.values.get_mut(place) {
                    *slot = Some(value);
                }
            }
            Ok(())
        })
    }

    /// Writes the record made of the chosen values of the one that was read, in the order of the picks; absent ones are left out.
    /// It is written as a JSON string.
    ///
    /// Ends early when there are more than `limit` bytes in `out`, as one value may be picked any number of times, and fails at
    /// `ends`. Returns the bytes there would be at least.
    pub(super) fn write(
        &mut self,
        limit: usize,
        ends: Option<Instant>,
        tally: &mut Tally,
        out: &mut Vec<u8>,
    ) -> Result<usize, PageError> {
        let mut keys = 0;
        out.extend_from_slice(b"\"{");
        let first = out.len();
        for pick in &self.picks {
            let mut value = self.values.get(pick.place).copied().flatten();
            for key in &pick.deeper {
                // A guest cannot be stopped while the host works for it, so the host looks at the clock itself, though only
                // where the steps since the last look took long enough to be worth it.
                self.walked += value.map_or(0, |value| value.text.len());
                if self.walked > LONG_BYTES {
                    self.walked = 0;
                    if ends.is_some_and(|ends| Instant::now() >= ends) {
                        return Err(PageError::Late);
                    }
                }
                value = match value {
                    Some(value) => json::member(value.text, key)?,
                    None => None,
                };
            }
            let Some(value) = value else { continue };
            // Escaping makes no text shorter.
            let least = out.len() + pick.label.len() + value.text.len() + 2;
            if least > limit {
                return Ok(least);
            }
            if out.len() > first {
                out.push(b',');
            }
            out.extend_from_slice(&pick.label);
            let text = value.text.as_bytes();
            let minutes = if pick.may_be_moment {
                moment::offset_without_colon(text)
            } else {
                None
            };
            if let Some(known) = self.known {
                // What gets its colon now is what the definition wants.
                let json = if minutes.is_some() {
                    "null"
                } else {
                    value.text
                };
                keys += usize::from(tally.member(known, pick.field, json));
            }
            match text {
                [b'"', inside @ .., b'"'] if value.plain => {
                    out.extend_from_slice(b"\\\"");
                    match minutes.and_then(|minutes| inside.split_at_checked(minutes - 1)) {
                        Some((hours, minutes)) => {
                            out.extend_from_slice(hours);
                            out.push(b':');
                            out.extend_from_slice(minutes);
                        }
                        None => out.extend_from_slice(inside),
                    }
                    out.extend_from_slice(b"\\\"");
                }
                _ if value.plain => out.extend_from_slice(text),
                _ => escape_inside(value.text, out),
            }
        }
        out.extend_from_slice(b"}\"");
        if let Some(known) = self.known {
            tally.record(known, keys);
        }
        Ok(out.len())
    }
}
