//! Names of members, each with its place in a list.

use std::collections::HashMap;

use super::scan::{Broken, Key};

/// Names without repetition, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    list: Vec<String>,
    places: HashMap<String, usize>,
}

impl Names {
    /// The place of a name, at the end if it is new.
    pub(super) fn add(&mut self, name: String) -> usize {
        *self.places.entry(name).or_insert_with_key(|name| {
            self.list.push(name.clone());
            self.list.len() - 1
        })
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<&str> {
        self.list.get(place).map(String::as_str)
    }

    /// The place of a name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The place of a member's name. Records hold their members in the order of the names more often than not, so the one at
    /// `hint`, behind the last one found, is tried first.
    ///
    /// # Errors
    ///
    /// [`Broken`] if no text can be the name.
    pub(super) fn find(&self, key: Key<'_>, hint: usize) -> Result<Option<usize>, Broken> {
        let name = key.name()?;
        Ok(match self.get(hint) {
            Some(next) if next == name => Some(hint),
            _ => self.place(&name),
        })
    }
}
