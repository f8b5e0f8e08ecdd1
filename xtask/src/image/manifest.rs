//! What a registry knows of an image, held against what Lambda takes.

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::LAYERS;

/// The two forms of a manifest that Lambda takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Docker's image manifest, version 2, schema 2.
    Docker,
    /// OCI's image manifest.
    Oci,
}

impl Form {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Docker, Self::Oci];

    /// The tag under which the first image is pushed in this form.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Docker => "first",
            Self::Oci => "oci",
        }
    }

    /// buildah's name for it.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Docker => "v2s2",
            Self::Oci => "oci",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Docker => "application/vnd.docker.distribution.manifest.v2+json",
            Self::Oci => "application/vnd.oci.image.manifest.v1+json",
        }
    }

    fn config_type(self) -> &'static str {
        match self {
            Self::Docker => "application/vnd.docker.container.image.v1+json",
            Self::Oci => "application/vnd.oci.image.config.v1+json",
        }
    }

    fn layer_type(self) -> &'static str {
        match self {
            Self::Docker => "application/vnd.docker.image.rootfs.diff.tar.gzip",
            Self::Oci => "application/vnd.oci.image.layer.v1.tar+gzip",
        }
    }
}

/// An image as a registry has it.
pub(super) struct Manifest {
    content: Content,
    config: Config,
    /// Of the manifest.
    pub(super) digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    media_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

/// Something a manifest points to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    media_type: String,
    /// Its hash.
    pub(super) digest: String,
    /// Bytes, as stored: compressed.
    pub(super) size: u64,
}

#[derive(Deserialize)]
struct Config {
    architecture: String,
    os: String,
    created: String,
    config: Started,
    history: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    #[serde(default)]
    user: String,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    empty_layer: bool,
}

impl Manifest {
    /// Reads a manifest and the configuration it points to.
    pub(super) fn parse(manifest: &str, config: &str, digest: &str) -> Result<Self> {
        let content: Content = serde_json::from_str(manifest).context("no image manifest")?;
        // An index has "manifests" instead, and Lambda refuses it whatever it points to.
        if content.layers.is_none() {
            bail!(
                "it is {}, not the manifest of a single image",
                content.media_type.as_deref().unwrap_or("something else")
            );
        }
        Ok(Self {
            content,
            config: serde_json::from_str(config).context("no image configuration")?,
            digest: digest.to_owned(),
        })
    }

    /// Its layers, the lowest first.
    pub(super) fn layers(&self) -> &[Descriptor] {
        self.content.layers.as_deref().unwrap_or_default()
    }

    /// Fails with the first thing that Lambda would not take, or that is not as the Dockerfile means it.
    pub(super) fn check(&self, form: Form) -> Result<()> {
        let equal = |what: &str, found: &str, wanted: &str| {
            ensure!(found == wanted, "{what} is \"{found}\", not \"{wanted}\"");
            Ok(())
        };
        let media_type = self.content.media_type.as_deref().unwrap_or_default();
        equal("the manifest", media_type, form.media_type())?;
        let config = self
            .content
            .config
            .as_ref()
            .context("a manifest without configuration")?;
        equal(
            "the configuration's type",
            &config.media_type,
            form.config_type(),
        )?;
        for layer in self.layers() {
            equal("a layer's type", &layer.media_type, form.layer_type())?;
        }
        ensure!(
            self.layers().len() == LAYERS.len(),
            "{} layers, not {}",
            self.layers().len(),
            LAYERS.len()
        );
        let config = &self.config;
        let entries = config
            .history
            .iter()
            .filter(|entry| !entry.empty_layer)
            .count();
        ensure!(
            entries == LAYERS.len(),
            "the history tells of {entries} layers, not {}",
            LAYERS.len()
        );
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        equal("the architecture", &config.architecture, architecture)?;
        equal("the system", &config.os, "linux")?;
        equal("the user", &config.config.user, "993:990")?;
        equal("the time", &config.created, "1970-01-01T00:00:00Z")?;
        let entrypoint = config.config.entrypoint.clone().unwrap_or_default();
        equal("the entry point", &entrypoint.join(" "), "/bootstrap")?;
        ensure!(
            config.config.cmd.as_ref().is_none_or(Vec::is_empty),
            "there are arguments for the entry point: {:?}",
            config.config.cmd
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use serde_json::{Value, json};

    use super::{Form, Manifest};

    fn manifest() -> Value {
        let layer = json!({"mediaType": Form::Oci.layer_type(), "digest": "sha256:1", "size": 1});
        json!({
            "schemaVersion": 2,
            "mediaType": Form::Oci.media_type(),
            "config": {"mediaType": Form::Oci.config_type(), "digest": "sha256:2", "size": 2},
            "layers": [layer, layer, layer],
        })
    }

    fn config() -> Value {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        json!({
            "architecture": architecture,
            "os": "linux",
            "created": "1970-01-01T00:00:00Z",
            "config": {"User": "993:990", "Entrypoint": ["/bootstrap"]},
            "history": [{}, {}, {"empty_layer": true}, {}],
        })
    }

    fn judged(manifest: &Value, config: &Value) -> String {
        Manifest::parse(&manifest.to_string(), &config.to_string(), "sha256:3")
            .and_then(|manifest| manifest.check(Form::Oci))
            .map_or_else(|error| format!("{error:#}"), |()| "good".to_owned())
    }

    #[test]
    fn image_as_it_should_be() {
        assert_eq!(judged(&manifest(), &config()), "good");
    }

    #[test]
    fn index_is_refused() {
        let index = json!({
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{"digest": "sha256:4"}],
        });
        assert!(
            judged(&index, &config()).contains("image.index.v1+json, not the manifest of a single")
        );
    }

    #[test]
    fn whatever_is_not_as_it_should_be_is_named() {
        for (pointer, value, words) in [
            (
                "/layers/1/mediaType",
                json!("application/vnd.oci.image.layer.v1.tar+zstd"),
                "tar+zstd",
            ),
            ("/layers", json!([]), "0 layers, not 3"),
            ("/mediaType", json!(null), "the manifest is \"\""),
        ] {
            let mut changed = manifest();
            *changed.pointer_mut(pointer).unwrap() = value;
            let words_found = judged(&changed, &config());
            assert!(words_found.contains(words), "{pointer}: {words_found}");
        }
        for (pointer, value, words) in [
            (
                "/architecture",
                json!("s390x"),
                "the architecture is \"s390x\"",
            ),
            ("/config/User", json!("root"), "the user is \"root\""),
            (
                "/config/Entrypoint",
                json!(["/bin/sh"]),
                "the entry point is \"/bin/sh\"",
            ),
            ("/created", json!("2026-11-23T00:00:00Z"), "the time is"),
            ("/history", json!([{}]), "tells of 1 layers"),
        ] {
            let mut changed = config();
            *changed.pointer_mut(pointer).unwrap() = value;
            let words_found = judged(&manifest(), &changed);
            assert!(words_found.contains(words), "{pointer}: {words_found}");
        }
    }
}
