//! Which names of entities become a dimension of metrics.
//!
//! Every value of a dimension is a metric of its own that is paid for, and the names come from requests. A name counts
//! once the connector has answered for it, and a process takes so many names and no more; the rest counts as `other`.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::mechanism;

/// Most names that one process uses. A flow has one entity, and few connections have more flows than this.
const MOST: usize = 100;
/// Longest name, in bytes. CloudWatch takes 1,024.
const MAX_BYTES: usize = 255;
/// What stands for all other names.
pub(super) const OTHER: &str = "other";

/// The names so far.
#[derive(Debug, Default)]
pub(super) struct Entities(Mutex<HashSet<String>>);

impl Entities {
    /// The name as a dimension. `answered` says that the connector has just served this entity.
    pub(super) fn label<'a>(&self, name: &'a str, answered: bool) -> &'a str {
        if mechanism::off("telemetry.entities") {
            return name;
        }
        // What CloudWatch takes: ASCII without control characters, and not blanks alone. `other` is not to be had by name.
        let is_fit = !name.is_empty()
            && name.len() <= MAX_BYTES
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() || byte == b' ')
            && name.bytes().any(|byte| byte != b' ');
        if !is_fit {
            return OTHER;
        }
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.contains(name) {
            return name;
        }
        if answered && names.len() < MOST {
            names.insert(name.to_owned());
            return name;
        }
        OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_once_the_connector_has_answered_for_it() {
        let entities = Entities::default();
        assert_eq!(entities.label("Account", false), OTHER);
        assert_eq!(entities.label("Account", true), "Account");
        assert_eq!(entities.label("Account", false), "Account");
        assert_eq!(entities.label("Invented", false), OTHER);
    }

    #[test]
    fn a_process_takes_so_many_names_and_no_more() {
        let entities = Entities::default();
        let taken = (0..10 * MOST)
            .filter(|number| entities.label(&format!("entity-{number}"), true) != OTHER)
            .count();
        assert_eq!(taken, MOST);
        assert_eq!(entities.label("entity-0", false), "entity-0");
    }

    #[test]
    fn names_that_cloudwatch_refuses_are_not_used() {
        let entities = Entities::default();
        for name in [
            "",
            " ",
            "Kunde ü",
            "a\nb",
            "a\u{7f}",
            &"x".repeat(MAX_BYTES + 1),
        ] {
            assert_eq!(entities.label(name, true), OTHER, "{name:?}");
        }
        assert_eq!(
            entities.label("Custom Object__c/v2", true),
            "Custom Object__c/v2"
        );
    }
}
