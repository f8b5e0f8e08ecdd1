//! From tables of TOML to the manifest's types.

use std::ops::Range;

use super::error::ManifestError;
use super::keys::{self, BACK_ENDS, Form, MAX_GRANTS, MAX_PRODUCT_CHARS, MAX_SETTING_CHARS};
use super::reader::{Source, Table, likely, shown};
use super::{BackEnd, Credentials, Entitlement, Limits, Manifest};
use crate::egress::{HostPattern, SettingRule};

/// Largest manifest in bytes: it is read at every start.
pub(super) const MAX_BYTES: usize = 64 * 1024;

const NAME_FORM: &str =
    "2 to 64 lower-case letters, digits and single hyphens, beginning with a letter";
const HOSTS_FORM: &str =
    "[\"https://api.example.com\", \"https://*.example.com\", \"https://api.example.com:8443\"]";

pub(super) fn manifest(text: &str) -> Result<Manifest, ManifestError> {
    let source = Source::new(text);
    if text.len() > MAX_BYTES {
        return Err(source.error(0..0, "the file is too large".to_owned(), "at most 64 KiB"));
    }
    let document = source.root()?;
    let mut root = Table::root(&source, &document);
    // Sections first, so that an unknown one is reported with all that are known, before a missing key is.
    let connector = root.table(&keys::CONNECTOR)?;
    let egress = root.table(&keys::EGRESS)?;
    let credentials = root.table(&keys::CREDENTIALS)?;
    let limits = root.table(&keys::LIMITS)?;
    let entitlement = root.table(&keys::ENTITLEMENT)?;
    root.finish()?;

    let (name, version) = connector_section(connector)?;
    let mut manifest = Manifest {
        name,
        version,
        egress: Vec::new(),
        from_settings: Vec::new(),
        trace_header: false,
        credentials: Credentials::default(),
        limits: Limits::default(),
        entitlement: Entitlement::default(),
    };
    egress_section(egress, &mut manifest)?;
    credentials_section(credentials, &mut manifest)?;
    limits_section(limits, &mut manifest)?;
    entitlement_section(entitlement, &mut manifest)?;
    Ok(manifest)
}

/// Reads the numbers and switches of a section, which need nothing but the table of keys.
fn plain_keys(table: &mut Table<'_, '_, '_>, manifest: &mut Manifest) -> Result<(), ManifestError> {
    for key in table.section().keys {
        match &key.form {
            Form::Number { range, put, .. } => {
                if let Some(number) = table.number(key.name, range)? {
                    put(manifest, number);
                }
            }
            Form::Switch { put, .. } => {
                if let Some(value) = table.boolean(key.name)? {
                    put(manifest, value);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn connector_section(
    mut table: Table<'_, '_, '_>,
) -> Result<(String, semver::Version), ManifestError> {
    let (name, found) = table.required_text("name", NAME_FORM)?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let well_formed = (2..=64).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--");
    if !well_formed {
        return Err(table.invalid(
            &found,
            &format!("\"{}\" is not a connector's name", shown(&name)),
            NAME_FORM,
        ));
    }
    let (version, found) =
        table.required_text("version", "a semantic version, such as \"1.4.0\"")?;
    let version = semver::Version::parse(&version).map_err(|error| {
        table.invalid(
            &found,
            &format!("\"{}\": {error}", shown(&version)),
            "a semantic version, such as \"1.4.0\"",
        )
    })?;
    table.finish()?;
    Ok((name, version))
}

/// One grant; what does not parse is refused with what was probably meant.
fn grant(
    table: &Table<'_, '_, '_>,
    text: &str,
    span: &Range<usize>,
) -> Result<HostPattern, ManifestError> {
    HostPattern::parse(text).map_err(|error| {
        let mut refused = table.invalid_at(
            span.clone(),
            format!("\"{}\" is not a grant: {error}", shown(text)),
            "",
        );
        refused.hint = mended(text).map(|mended| format!("did you mean \"{mended}\"?"));
        refused
    })
}

/// A list of grants.
fn grants(
    table: &mut Table<'_, '_, '_>,
    key: &'static str,
) -> Result<Vec<HostPattern>, ManifestError> {
    let mut hosts = Vec::new();
    for (text, span) in table.texts(key, HOSTS_FORM)? {
        let pattern = grant(table, &text, &span)?;
        if hosts.contains(&pattern) {
            return Err(table.invalid_at(
                span,
                format!("\"{}\" is granted twice", shown(&text)),
                "",
            ));
        }
        if hosts.len() == MAX_GRANTS {
            return Err(table.invalid_at(
                span,
                format!("`{key}` has more than {MAX_GRANTS} grants"),
                "",
            ));
        }
        hosts.push(pattern);
    }
    Ok(hosts)
}

fn egress_section(
    mut table: Table<'_, '_, '_>,
    manifest: &mut Manifest,
) -> Result<(), ManifestError> {
    manifest.egress = grants(&mut table, "hosts")?;
    let mut rules: Vec<SettingRule> = Vec::new();
    for mut table in table.tables("from-setting", &keys::FROM_SETTING)? {
        let (setting, found) = table.required_text(
            "setting",
            "the key of a runtime setting, such as \"instanceUrl\"",
        )?;
        if setting.is_empty()
            || setting.len() > MAX_SETTING_CHARS
            || setting.chars().any(char::is_control)
        {
            return Err(table.invalid(
                &found,
                "is not the key of a setting",
                "the key of a runtime setting, such as \"instanceUrl\"",
            ));
        }
        let (text, found) = table.required_text(
            "pattern",
            "\"*.example.com\", \"api.example.com\" or \"api.example.com:8443\"",
        )?;
        let pattern = HostPattern::parse_host(&text).map_err(|error| {
            table.invalid(
                &found,
                &format!("\"{}\" is not a pattern: {error}", shown(&text)),
                "",
            )
        })?;
        if rules.len() == MAX_GRANTS {
            return Err(table.invalid(
                &found,
                &format!("is one of more than {MAX_GRANTS} grants"),
                "",
            ));
        }
        table.finish()?;
        rules.push(SettingRule { setting, pattern });
    }
    plain_keys(&mut table, manifest)?;
    table.finish()?;
    manifest.from_settings = rules;
    Ok(())
}

/// The grant that was probably meant: with https before it and without a path.
fn mended(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    HostPattern::parse_host(host)
        .ok()
        .map(|pattern| pattern.to_string())
}

fn credentials_section(
    mut table: Table<'_, '_, '_>,
    manifest: &mut Manifest,
) -> Result<(), ManifestError> {
    plain_keys(&mut table, manifest)?;
    const KEYS_FORM: &str = "keys of the secret, such as [\"region\"]";
    let mut open: Vec<String> = Vec::new();
    for (key, span) in table.texts("open", KEYS_FORM)? {
        let fits = !key.is_empty() && key.len() <= MAX_SETTING_CHARS;
        if !fits || open.contains(&key) || open.len() == MAX_GRANTS {
            let problem = format!("\"{}\" in `open` is no key, or named twice", shown(&key));
            return Err(table.invalid_at(span, problem, KEYS_FORM));
        }
        open.push(key);
    }
    let mut send_to: Vec<HostPattern> = Vec::new();
    for (text, span) in table.texts("send-to", HOSTS_FORM)? {
        let pattern = grant(&table, &text, &span)?;
        let mut grants = manifest
            .egress
            .iter()
            .chain(manifest.from_settings.iter().map(|rule| &rule.pattern));
        if !grants.any(|grant| grant.covers(&pattern)) {
            return Err(table.invalid_at(
                span,
                format!(
                    "\"{}\" in `send-to` is no host that [egress] grants",
                    shown(&text)
                ),
                "a host of [egress], or one below a wildcard of it",
            ));
        }
        if send_to.contains(&pattern) || send_to.len() == MAX_GRANTS {
            let problem = format!("\"{}\" is named twice or is one too many", shown(&text));
            return Err(table.invalid_at(span, problem, ""));
        }
        send_to.push(pattern);
    }
    table.finish()?;
    manifest.credentials.open = open;
    manifest.credentials.send_to = send_to;
    Ok(())
}

fn limits_section(
    mut table: Table<'_, '_, '_>,
    manifest: &mut Manifest,
) -> Result<(), ManifestError> {
    plain_keys(&mut table, manifest)?;
    let limits = &mut manifest.limits;
    if limits.held_bodies_bytes < limits.response_body_bytes {
        if table.has("held-bodies-mb") {
            let problem = "`held-bodies-mb` is smaller than `response-body-mb`, so that one body would not fit".to_owned();
            return Err(table.invalid_key(
                "held-bodies-mb",
                problem,
                "at least as much as `response-body-mb`",
            ));
        }
        limits.held_bodies_bytes = limits.response_body_bytes;
    }
    table.finish()
}

fn entitlement_section(
    mut table: Table<'_, '_, '_>,
    manifest: &mut Manifest,
) -> Result<(), ManifestError> {
    let accepted = BACK_ENDS.map(|name| format!("\"{name}\"")).join(", ");
    let back_end = table.text("back-end", &accepted)?;
    let product_id = table.text("product-id", "the product id of the Marketplace listing")?;
    let product_code = table.text(
        "product-code",
        "the product code of the Marketplace listing",
    )?;
    for (text, found) in [&product_id, &product_code].into_iter().flatten() {
        if text.is_empty()
            || text.len() > MAX_PRODUCT_CHARS
            || !text.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(table.invalid(
                found,
                "is not an id of AWS Marketplace",
                "1 to 256 visible ASCII characters",
            ));
        }
    }
    let name = back_end.as_ref().map_or("none", |(name, _)| name.as_str());
    let needs = |key: &str| {
        let found = back_end
            .as_ref()
            .map(|(_, found)| found.span.clone())
            .unwrap_or_default();
        table.invalid_at(
            found,
            format!("back-end \"{name}\" needs `{key}`"),
            &format!("{key} = \"...\" in [entitlement]"),
        )
    };
    let (chosen, unused) = match (name, &product_id, &product_code) {
        ("none", id, code) => (BackEnd::None, id.as_ref().or(code.as_ref())),
        ("license-manager", Some((id, _)), code) => (
            BackEnd::LicenseManager {
                product_id: id.clone(),
            },
            code.as_ref(),
        ),
        ("marketplace-entitlement", id, Some((code, _))) => (
            BackEnd::MarketplaceEntitlement {
                product_code: code.clone(),
            },
            id.as_ref(),
        ),
        ("license-manager", None, _) => return Err(needs("product-id")),
        ("marketplace-entitlement", _, None) => return Err(needs("product-code")),
        _ => {
            let found = back_end
                .as_ref()
                .map(|(_, found)| found.span.clone())
                .unwrap_or_default();
            let mut error = table.invalid_at(
                found,
                format!("unknown back-end \"{}\"", shown(name)),
                &accepted,
            );
            error.hint = likely(name, &BACK_ENDS).map(|known| format!("did you mean \"{known}\"?"));
            return Err(error);
        }
    };
    if let Some((_, found)) = unused {
        let other = if found.key == "product-id" {
            "license-manager"
        } else {
            "marketplace-entitlement"
        };
        return Err(table.invalid(
            found,
            &format!("is not used with back-end \"{name}\""),
            &format!("with back-end \"{other}\""),
        ));
    }
    plain_keys(&mut table, manifest)?;
    table.finish()?;
    manifest.entitlement.back_end = chosen;
    Ok(())
}
