//! `appflow-wasm card`: what a connector may do, for its buyer.
//!
//! Nothing of the file is run: a component is read, and of a compiled file its trailer, after its checksum.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use appflow_host::StartError;
use appflow_host::engine::Artifact;
use appflow_host::manifest::{BackEnd, Manifest, Narrowing, SettingValue, json_schema};
use serde_json::{Map, Value, json};

use crate::compile::{manifest_text, sha256};
use crate::{check, table};

/// Shows what a connector may do, from its component, its compiled file or its manifest.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  appflow-wasm card salesforce.wasm
  appflow-wasm card image/connector.cwasm --json
  appflow-wasm card connector.toml                # without what only a component tells

The component is not run. Its digest is that of the .wasm file, also for what was compiled from it. Where variables
that take something away from the manifest are set, such as APPFLOW_EGRESS_HOSTS, the card shows what is left, and names them.")]
pub(crate) struct Arguments {
    /// A component (.wasm), what `compile` made of it (.cwasm), or a manifest (.toml).
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is known of a connector.
struct Card {
    manifest: Manifest,
    /// What the operator took away from it.
    narrowing: Narrowing,
    component: Option<Component>,
    /// Processor and version of Wasmtime.
    compiled: Option<(String, String)>,
}

/// What only a component tells.
struct Component {
    contract: String,
    exports: Vec<String>,
    sha256: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let narrowing = Narrowing::from_environment(|name| std::env::var(name).ok());
    let card = Card::read(&arguments.file)?.narrowed(narrowing)?;
    if arguments.json {
        let mut text = serde_json::to_string_pretty(&card.json())?;
        text.push('\n');
        // A reader that has seen enough closes the pipe; that is no failure.
        let _ = std::io::stdout().write_all(text.as_bytes());
    } else {
        let rows = card.rows();
        let rows: Vec<(&str, String)> = rows
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        table::print(&rows);
    }
    Ok(ExitCode::SUCCESS)
}

/// `appflow-wasm schema`.
pub(crate) fn schema() -> Result<ExitCode> {
    let text = serde_json::to_string_pretty(&json_schema())?;
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(ExitCode::SUCCESS)
}

impl Card {
    fn read(path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read \"{}\"", path.display()))?;
        let parse = |text: &str| {
            Manifest::parse(text)
                .with_context(|| format!("the manifest of \"{}\" is refused", path.display()))
        };
        if bytes.starts_with(b"\0asm") {
            let shape = check::check(&bytes)
                .with_context(|| format!("\"{}\" is refused", path.display()))?;
            return Ok(Self {
                manifest: parse(&manifest_text(path, None, &bytes)?)?,
                narrowing: Narrowing::default(),
                component: Some(Component {
                    contract: shape.contract,
                    exports: shape.exports,
                    sha256: sha256(&bytes),
                }),
                compiled: None,
            });
        }
        if bytes.starts_with(b"\x7fELF") {
            let metadata = Artifact::metadata(path)?;
            return Ok(Self {
                manifest: parse(&metadata.manifest)?,
                narrowing: Narrowing::default(),
                component: Some(Component {
                    contract: metadata.contract,
                    exports: metadata.exports,
                    sha256: metadata.component_sha256,
                }),
                compiled: Some((metadata.target.name().to_owned(), metadata.wasmtime)),
            });
        }
        let Ok(text) = String::from_utf8(bytes) else {
            bail!(
                "\"{}\" is neither a component, nor a compiled one, nor a manifest",
                path.display()
            );
        };
        Ok(Self {
            manifest: parse(&text)?,
            narrowing: Narrowing::default(),
            component: None,
            compiled: None,
        })
    }

    /// The same card with what the operator leaves of the manifest.
    fn narrowed(self, narrowing: Narrowing) -> Result<Self> {
        Ok(Self {
            manifest: self
                .manifest
                .narrowed(&narrowing)
                .map_err(StartError::from)?,
            narrowing,
            ..self
        })
    }

    fn exports(&self, interface: &str) -> Option<bool> {
        let component = self.component.as_ref()?;
        Some(component.exports.iter().any(|name| name == interface))
    }

    fn rows(&self) -> Vec<(String, String)> {
        let manifest = &self.manifest;
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
        row(
            "connector",
            format!("{} {}", manifest.name, manifest.version),
        );
        if let Some(component) = &self.component {
            let does = |interface, what: &str| {
                let word = if self.exports(interface) == Some(true) {
                    "yes"
                } else {
                    "no"
                };
                (what.to_owned(), word.to_owned())
            };
            row(
                "contract",
                format!("appflow:connector@{}", component.contract),
            );
            for (name, value) in [
                does("source", "reads records"),
                does("destination", "writes records"),
            ] {
                row(&name, value);
            }
        }
        let mut reached = false;
        for grant in &manifest.egress {
            row(if reached { "" } else { "may reach" }, grant.to_string());
            reached = true;
        }
        for rule in &manifest.from_settings {
            row(
                if reached { "" } else { "may reach" },
                format!(
                    "the host in setting {}, if it fits {}",
                    rule.setting, rule.pattern
                ),
            );
            reached = true;
        }
        if !reached {
            row("may reach", "no host".to_owned());
        }
        row(
            "secrets",
            if manifest.credentials.readable {
                "READABLE: the connector sees their real values".to_owned()
            } else {
                "sealed: the connector never sees a real value".to_owned()
            },
        );
        let (back_end, product) = back_end(&manifest.entitlement.back_end);
        row(
            "entitlement",
            match product {
                Some(product) => format!("{back_end}, product {product}"),
                None => "none: nobody is asked".to_owned(),
            },
        );
        for setting in manifest.settings() {
            // Told above, in words.
            if ["hosts", "readable"].contains(&setting.key)
                || (product.is_none() && setting.section == "entitlement")
            {
                continue;
            }
            let value = match setting.value {
                SettingValue::Number(number, unit) => format!("{number} {unit}"),
                SettingValue::Switch(value) => value.to_string(),
                SettingValue::Texts(hosts) if hosts.is_empty() => continue,
                SettingValue::Texts(hosts) => hosts.join(", "),
            };
            row(
                &format!("{}.{}", setting.section, setting.key),
                value.trim_end().to_owned(),
            );
        }
        if !self.narrowing.is_empty() {
            row("narrowed by", self.narrowing.to_string());
        }
        if let Some(component) = &self.component {
            row("component", format!("sha256 {}", component.sha256));
        }
        if let Some((processor, wasmtime)) = &self.compiled {
            row(
                "compiled",
                format!("for {processor} by Wasmtime {wasmtime}"),
            );
        }
        rows
    }

    fn json(&self) -> Value {
        let manifest = &self.manifest;
        let mut sections = Map::new();
        for setting in manifest.settings() {
            let value = match setting.value {
                SettingValue::Number(number, _) => json!(number),
                SettingValue::Switch(value) => json!(value),
                SettingValue::Texts(hosts) => json!(hosts),
            };
            if let Some(section) = sections
                .entry(setting.section)
                .or_insert_with(|| json!({}))
                .as_object_mut()
            {
                section.insert(setting.key.to_owned(), value);
            }
        }
        let rules: Vec<Value> = manifest
            .from_settings
            .iter()
            .map(|rule| json!({ "setting": rule.setting, "pattern": rule.pattern.to_string() }))
            .collect();
        let (back_end, product) = back_end(&manifest.entitlement.back_end);
        for (section, key, value) in [
            ("egress", "from-setting", json!(rules)),
            (
                "credentials",
                "sealed",
                json!(!manifest.credentials.readable),
            ),
            ("entitlement", "back-end", json!(back_end)),
            ("entitlement", "product", json!(product)),
        ] {
            if let Some(section) = sections.get_mut(section).and_then(Value::as_object_mut) {
                section.insert(key.to_owned(), value);
            }
        }
        let component = self.component.as_ref().map(|component| {
            json!({ "contract": component.contract, "exports": component.exports, "sha256": component.sha256 })
        });
        let compiled = self
            .compiled
            .as_ref()
            .map(|(processor, wasmtime)| json!({ "processor": processor, "wasmtime": wasmtime }));
        let mut card = json!({
            "name": manifest.name,
            "version": manifest.version.to_string(),
            "reads": self.exports("source"),
            "writes": self.exports("destination"),
            "component": component,
            "compiled": compiled,
            "narrowed-by": (!self.narrowing.is_empty()).then(|| self.narrowing.to_string()),
        });
        if let Some(card) = card.as_object_mut() {
            card.append(&mut sections);
        }
        card
    }
}

/// The service that is asked, and for what.
fn back_end(back_end: &BackEnd) -> (&'static str, Option<&str>) {
    match back_end {
        BackEnd::None => ("none", None),
        BackEnd::LicenseManager { product_id } => ("license-manager", Some(product_id)),
        BackEnd::MarketplaceEntitlement { product_code } => {
            ("marketplace-entitlement", Some(product_code))
        }
    }
}
