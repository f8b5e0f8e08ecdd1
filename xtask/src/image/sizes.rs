//! Sizes of an image's layers, compressed, against those written down.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::manifest::Manifest;
use super::{LAYERS, PLUGIN, TASK};
use crate::repo::Repo;

/// What was last written down.
const BASELINE: &str = "tests/image/sizes.toml";
/// The most that all layers together should be, in bytes.
const BAR: u64 = 7_000_000;
/// How much larger a layer may become, in percent: compressors differ by less.
const TOLERANCE: u64 = 2;

/// Bytes of each layer, as a registry stores it.
#[derive(Deserialize, Debug, PartialEq, Eq, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub(super) struct Sizes {
    certificates: u64,
    bootstrap: u64,
    connector: u64,
}

impl Sizes {
    /// Those of an image.
    pub(super) fn of(manifest: &Manifest) -> Result<Self> {
        let size = |index: usize| {
            manifest
                .layers()
                .get(index)
                .map(|layer| layer.size)
                .with_context(|| format!("there is no layer {}", LAYERS[index]))
        };
        Ok(Self {
            certificates: size(0)?,
            bootstrap: size(1)?,
            connector: size(2)?,
        })
    }

    /// Prints them, and fails if a layer that we make has grown or all together are above the bar. With `bless` they become the new
    /// measure.
    pub(super) fn judge(self, repo: &Repo, bless: bool) -> Result<()> {
        eprintln!("{TASK}: {}", self.told());
        // Code of another processor is of another size; what is written down is x86-64's.
        if std::env::consts::ARCH != "x86_64" {
            return Ok(());
        }
        let place = repo.path(BASELINE);
        if bless {
            return fs::write(&place, self.written())
                .with_context(|| format!("cannot write {BASELINE}"));
        }
        let text = fs::read_to_string(&place).with_context(|| format!("cannot read {BASELINE}"))?;
        let baseline: Self = toml::from_str(&text).with_context(|| BASELINE.to_owned())?;
        for (name, now, then) in self.growth(baseline) {
            ensure!(
                now <= then + then * TOLERANCE / 100,
                "the layer {name} has {now} bytes, {} more than in {BASELINE}; find out what made it grow, or write the \
                 new size down with `cargo xtask image-test --bless`",
                now - then
            );
        }
        ensure!(
            self.sum() <= BAR,
            "the image is larger than it may be: {}",
            self.told()
        );
        Ok(())
    }

    /// The layers that are ours to keep small; the certificates are Debian's.
    fn growth(self, baseline: Self) -> [(&'static str, u64, u64); 2] {
        [
            ("bootstrap", self.bootstrap, baseline.bootstrap),
            ("connector", self.connector, baseline.connector),
        ]
    }

    fn sum(self) -> u64 {
        self.certificates + self.bootstrap + self.connector
    }

    fn told(self) -> String {
        let sum = self.sum();
        let mut text = format!(
            "layers of {PLUGIN}, compressed: bootstrap {}, connector {}, certificates {}, in all {}, ",
            megabytes(self.bootstrap),
            megabytes(self.connector),
            megabytes(self.certificates),
            megabytes(sum)
        );
        // Writing to a string cannot fail.
        let _ = match sum.checked_sub(BAR) {
            None | Some(0) => write!(text, "within the bar of {}", megabytes(BAR)),
            Some(above) => write!(
                text,
                "{} above the bar of {}",
                megabytes(above),
                megabytes(BAR)
            ),
        };
        text
    }

    fn written(self) -> String {
        format!(
            "# Bytes of the layers of the {PLUGIN} connector's image for x86-64, compressed by buildah's gzip at level 9.\n\
             # Written by `cargo xtask image-test --bless`, which fails if one that is ours grows by more than {TOLERANCE} %.\n\
             certificates = {}\nbootstrap = {}\nconnector = {}\n",
            self.certificates, self.bootstrap, self.connector
        )
    }
}

/// As a reader wants it: millions of bytes.
fn megabytes(bytes: u64) -> String {
    format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::{BAR, Sizes};

    const SIZES: Sizes = Sizes {
        certificates: 127_655,
        bootstrap: 6_300_000,
        connector: 557_074,
    };

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(toml::from_str::<Sizes>(&SIZES.written()).unwrap(), SIZES);
    }

    #[test]
    fn the_bar_is_told_with_what_is_missing() {
        assert!(
            SIZES
                .told()
                .ends_with("in all 6.98 MB, within the bar of 7.00 MB")
        );
        let larger = Sizes {
            bootstrap: 8_327_405,
            ..SIZES
        };
        assert_eq!(larger.sum() - BAR, 2_012_134);
        assert!(larger.told().ends_with("2.01 MB above the bar of 7.00 MB"));
    }
}
