//! Whether one component can take the place of another: the same cases, the same bytes.

use anyhow::{Context as _, Result};

use super::load::Case;
use super::run::{answers, run};
use super::show::excerpt;
use crate::setup::Setup;

/// The one property by which AppFlow may tell two makes of a connector apart.
pub const NAME: &str = "connectorName";

/// A property that holds the manifest's name, sealed.
const TOKEN: &str = "nextToken";

/// What became of a case with a component.
#[derive(Debug, Clone)]
pub struct Compared {
    /// What is not as the case says; empty if all is.
    pub failures: Vec<String>,
    /// Where the bytes are not those of the reference; empty if they are, or if there is none.
    pub differences: Vec<String>,
}

/// Runs a case with a component, and compares the bytes of its answers with those of a reference, but for the connector's name
/// and tokens: the host binds them to the name in the manifest, which may be another.
///
/// # Errors
///
/// If the case cannot be run at all with one of them.
pub fn compare(
    setup: &Setup,
    case: &Case,
    component: &str,
    reference: Option<&str>,
) -> Result<Compared> {
    let failures = run(setup, case, component)?
        .iter()
        .map(ToString::to_string)
        .collect();
    let differences = match reference {
        None => Vec::new(),
        Some(reference) => differing(
            &answers(setup, case, reference, None)
                .with_context(|| format!("with the reference {reference}"))?,
            &answers(setup, case, component, None)?,
            &[NAME, TOKEN],
        ),
    };
    Ok(Compared {
        failures,
        differences,
    })
}

/// What tells two lists of answers apart, the texts of some properties left aside: a line for each answer that differs.
#[must_use]
pub fn differing(reference: &[Vec<u8>], own: &[Vec<u8>], aside: &[&str]) -> Vec<String> {
    if reference.len() != own.len() {
        return vec![format!(
            "{} answers instead of {}",
            own.len(),
            reference.len()
        )];
    }
    let pairs = reference.iter().zip(own).enumerate();
    pairs
        .filter_map(|(index, (reference, own))| {
            let (reference, own) = (without(reference, aside), without(own, aside));
            let at = reference
                .iter()
                .zip(&own)
                .position(|(one, other)| one != other)
                .or((reference.len() != own.len()).then(|| reference.len().min(own.len())))?;
            let begin = at.saturating_sub(30);
            let shown = |bytes: &[u8]| {
                excerpt(
                    &String::from_utf8_lossy(&bytes[begin.min(bytes.len())..]),
                    120,
                )
            };
            Some(format!(
                "answer {} differs at byte {at}: {} instead of {}",
                index + 1,
                shown(&own),
                shown(&reference)
            ))
        })
        .collect()
}

/// An answer with empty texts in some properties.
fn without(answer: &[u8], aside: &[&str]) -> Vec<u8> {
    aside.iter().fold(answer.to_vec(), |answer, property| {
        let key = format!("\"{property}\":");
        let text = String::from_utf8_lossy(&answer);
        let Some((before, after)) = text.split_once(&key) else {
            return answer;
        };
        // The text ends where the parser says that it does.
        let mut texts = serde_json::Deserializer::from_str(after).into_iter::<String>();
        match texts.next() {
            Some(Ok(_)) => [before, &key, "\"\"", &after[texts.byte_offset()..]]
                .concat()
                .into_bytes(),
            _ => answer,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{NAME, TOKEN, differing, without};

    #[test]
    fn only_what_is_named_is_left_aside() {
        let named = br#"{"isSuccess":true,"connectorName":"a \"b\" \\","owner":"x"}"#;
        assert_eq!(
            without(named, &[NAME]),
            br#"{"isSuccess":true,"connectorName":"","owner":"x"}"#
        );
        let paged = br#"{"isSuccess":true,"records":[],"nextToken":"x"}"#;
        assert_eq!(without(paged, &[NAME]), paged);
        assert_eq!(
            without(paged, &[NAME, TOKEN]),
            br#"{"isSuccess":true,"records":[],"nextToken":""}"#
        );
        for other in [&b"{}"[..], br#"{"connectorName":7}"#, b"\xff"] {
            assert_eq!(without(other, &[NAME]), other);
        }
    }

    #[test]
    fn what_differs_is_told_with_its_place() {
        let answers = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect::<Vec<_>>()
        };
        let reference = answers(&[r#"{"connectorName":"one","a":1}"#, "{}"]);
        assert!(
            differing(
                &reference,
                &answers(&[r#"{"connectorName":"other","a":1}"#, "{}"]),
                &[NAME]
            )
            .is_empty()
        );
        let found = differing(
            &reference,
            &answers(&[r#"{"connectorName":"one","a": 1}"#, "{}"]),
            &[NAME],
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("answer 1 differs at byte 24: "),
            "{found:?}"
        );
        assert!(
            differing(
                &reference,
                &answers(&[r#"{"connectorName":"","a":1}"#, "{} "]),
                &[NAME]
            )[0]
            .contains("byte 2")
        );
        assert_eq!(
            differing(&reference, &[], &[NAME]),
            ["0 answers instead of 2"]
        );
    }
}
