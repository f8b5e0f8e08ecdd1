//! From tables of TOML to the manifest's types.

use std::time::Duration;

use super::error::ManifestError;
use super::reader::{Source, Table, likely, shown};
use super::{BackEnd, Credentials, Entitlement, Limits, MIB, Manifest};
use crate::egress::{HostPattern, SettingRule};

/// Largest manifest in bytes: it is read at every start.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// Most grants of each kind.
const MAX_GRANTS: usize = 100;

const NAME_FORM: &str =
    "2 to 64 lower-case letters, digits and single hyphens, beginning with a letter";
const HOSTS_FORM: &str =
    "[\"https://api.example.com\", \"https://*.example.com\", \"https://api.example.com:8443\"]";
const BACK_ENDS: [&str; 3] = ["none", "license-manager", "marketplace-entitlement"];

pub(super) fn manifest(text: &str) -> Result<Manifest, ManifestError> {
    let source = Source::new(text);
    if text.len() > MAX_BYTES {
        return Err(source.error(0..0, "the file is too large".to_owned(), "at most 64 KiB"));
    }
    let document = source.root()?;
    let mut root = Table::root(&source, &document);
    // Sections first, so that an unknown one is reported with all that are known, before a missing key is.
    let connector = root.table("connector")?;
    let egress = root.table("egress")?;
    let credentials = root.table("credentials")?;
    let limits = root.table("limits")?;
    let entitlement = root.table("entitlement")?;
    root.finish()?;

    let (name, version) = connector_section(connector)?;
    let (egress, from_settings) = egress_section(egress)?;
    Ok(Manifest {
        name,
        version,
        egress,
        from_settings,
        credentials: credentials_section(credentials)?,
        limits: limits_section(limits)?,
        entitlement: entitlement_section(entitlement)?,
    })
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

fn egress_section(
    mut table: Table<'_, '_, '_>,
) -> Result<(Vec<HostPattern>, Vec<SettingRule>), ManifestError> {
    let mut hosts = Vec::new();
    for (text, span) in table.texts("hosts", HOSTS_FORM)? {
        let pattern = HostPattern::parse(&text).map_err(|error| {
            let mut refused = table.invalid_at(
                span.clone(),
                format!("\"{}\" is not a grant: {error}", shown(&text)),
                "",
            );
            refused.hint = mended(&text).map(|mended| format!("did you mean \"{mended}\"?"));
            refused
        })?;
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
                format!("`hosts` has more than {MAX_GRANTS} grants"),
                "",
            ));
        }
        hosts.push(pattern);
    }
    let mut rules: Vec<SettingRule> = Vec::new();
    for mut table in table.tables("from-setting", "egress.from-setting")? {
        let (setting, found) = table.required_text(
            "setting",
            "the key of a runtime setting, such as \"instanceUrl\"",
        )?;
        if setting.is_empty() || setting.len() > 256 || setting.chars().any(char::is_control) {
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
    table.finish()?;
    Ok((hosts, rules))
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

fn credentials_section(mut table: Table<'_, '_, '_>) -> Result<Credentials, ManifestError> {
    let readable = table.boolean("readable")?.unwrap_or_default();
    table.finish()?;
    Ok(Credentials { readable })
}

fn limits_section(mut table: Table<'_, '_, '_>) -> Result<Limits, ManifestError> {
    let default = Limits::default();
    let memory_bytes = table
        .number("memory-mb", 1..=2048)?
        .map_or(default.memory_bytes, |mib| mib * MIB);
    let response_body_bytes = table
        .number("response-body-mb", 1..=256)?
        .map_or(default.response_body_bytes, |mib| mib * MIB);
    let held_bodies_bytes = match table.number("held-bodies-mb", 1..=1024)? {
        Some(mib) if mib * MIB < response_body_bytes => {
            let problem = "`held-bodies-mb` is smaller than `response-body-mb`, so that one body would not fit".to_owned();
            return Err(table.invalid_key(
                "held-bodies-mb",
                problem,
                "at least as much as `response-body-mb`",
            ));
        }
        Some(mib) => mib * MIB,
        None => default.held_bodies_bytes.max(response_body_bytes),
    };
    table.finish()?;
    Ok(Limits {
        memory_bytes,
        response_body_bytes,
        held_bodies_bytes,
    })
}

fn entitlement_section(mut table: Table<'_, '_, '_>) -> Result<Entitlement, ManifestError> {
    let default = Entitlement::default();
    let accepted = BACK_ENDS.map(|name| format!("\"{name}\"")).join(", ");
    let back_end = table.text("back-end", &accepted)?;
    let product_id = table.text("product-id", "the product id of the Marketplace listing")?;
    let product_code = table.text(
        "product-code",
        "the product code of the Marketplace listing",
    )?;
    for (text, found) in [&product_id, &product_code].into_iter().flatten() {
        if text.is_empty() || text.len() > 256 || !text.bytes().all(|b| b.is_ascii_graphic()) {
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
    let refresh = table
        .number("refresh-minutes", 5..=1440)?
        .map_or(default.refresh, |minutes| Duration::from_secs(minutes * 60));
    let grace = table
        .number("grace-hours", 0..=168)?
        .map_or(default.grace, |hours| Duration::from_secs(hours * 3600));
    table.finish()?;
    Ok(Entitlement {
        back_end: chosen,
        refresh,
        grace,
    })
}
