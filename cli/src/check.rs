//! Holds a component against the contract before it is compiled.
//!
//! Wasmtime finds the same faults later, in words that do not say what to do. Names and versions are checked here; types
//! of functions are checked once the component is compiled, by loading each interface.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use appflow_host::engine::CONTRACT_VERSION;
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

/// Name of the contract's package.
const PACKAGE: &str = "appflow:connector/";

/// Packages of WASI that the host links, and how far: `wasi:http` to send, the others without files, environment or
/// arguments to find.
const WASI: &[&str] = &[
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:filesystem/",
    "wasi:http/",
    "wasi:io/",
    "wasi:random/",
];

/// What a component asks for and offers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Version of the contract it was built against.
    pub(crate) contract: String,
    /// Interfaces of the contract it exports.
    pub(crate) exports: Vec<String>,
    /// Everything it imports.
    pub(crate) imports: Vec<String>,
}

/// Reads a component's imports and exports, and checks them.
pub(crate) fn check(wasm: &[u8]) -> Result<Shape> {
    match wasm.get(..8) {
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => bail!(
            "this is a core WebAssembly module, not a component; build it for the target wasm32-wasip2, or turn it into a \
             component with your language's component tool (docs/contract.md names one for each)"
        ),
        Some([0, b'a', b's', b'm', ..]) => {}
        _ => bail!("this is not WebAssembly: it does not begin with \"\\0asm\""),
    }
    let decoded = wit_component::decode(wasm).context("the component cannot be read")?;
    let DecodedWasm::Component(resolve, world) = &decoded else {
        bail!("this is a WIT package without code; give the component that implements it");
    };
    let imports = names(resolve, *world, Side::Imports);
    let exports = names(resolve, *world, Side::Exports);
    let contract = check_versions(&imports, &exports)?;
    check_imports(&imports)?;
    let exports = check_exports(&exports)?;
    Ok(Shape {
        contract,
        exports,
        imports,
    })
}

#[derive(Clone, Copy)]
enum Side {
    Imports,
    Exports,
}

fn names(resolve: &Resolve, world: WorldId, side: Side) -> Vec<String> {
    let world = &resolve.worlds[world];
    let items = match side {
        Side::Imports => &world.imports,
        Side::Exports => &world.exports,
    };
    items
        .iter()
        .filter(|(_, item)| matches!(item, WorldItem::Interface { .. } | WorldItem::Function(_)))
        .map(|(key, _)| match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => resolve
                .id_of(*id)
                .unwrap_or_else(|| "an unnamed interface".to_owned()),
        })
        .collect()
}

/// The version in `appflow:connector/http@0.1.0`.
fn version(name: &str) -> Option<&str> {
    name.strip_prefix(PACKAGE)?
        .split_once('@')
        .map(|(_, version)| version)
}

/// Major and minor number, which must be the host's while the contract is 0.x.
fn series(version: &str) -> Option<(&str, &str)> {
    let mut parts = version.split('.');
    Some((parts.next()?, parts.next()?))
}

fn check_versions(imports: &[String], exports: &[String]) -> Result<String> {
    let mut found: Vec<&str> = imports
        .iter()
        .chain(exports)
        .filter_map(|name| version(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [] => bail!(
            "the component exports nothing of appflow:connector@{CONTRACT_VERSION}, so it is no connector; export at least \
             `configuration`, `metadata` and one of `source` and `destination`"
        ),
        [one] if series(one) == series(CONTRACT_VERSION) => Ok((*one).to_owned()),
        [one] => bail!(
            "the component was built against appflow:connector@{one}, this tool and its host speak {CONTRACT_VERSION}; build it \
             against {CONTRACT_VERSION}, or use the tool and the host of a release that speaks {one}"
        ),
        several => bail!(
            "the component mixes versions of appflow:connector ({}); build it against one",
            several.join(", ")
        ),
    }
}

fn check_imports(imports: &[String]) -> Result<()> {
    let mut refused = String::new();
    for name in imports {
        if name.starts_with(PACKAGE) || WASI.iter().any(|package| name.starts_with(package)) {
            continue;
        }
        let advice = if name.starts_with("wasi:sockets/") {
            "connectors have no sockets; send requests through appflow:connector/http or wasi:http"
        } else if name.starts_with("wasi:keyvalue/") || name.starts_with("wasi:blobstore/") {
            "connectors have no storage; what the next page needs goes into its token"
        } else {
            "no host provides it; remove what needs it"
        };
        let _ = write!(refused, "\n  {name}: {advice}");
    }
    if refused.is_empty() {
        Ok(())
    } else {
        bail!("the component imports what connectors do not get:{refused}")
    }
}

fn check_exports(exports: &[String]) -> Result<Vec<String>> {
    let found: Vec<String> = exports
        .iter()
        .filter_map(|name| name.strip_prefix(PACKAGE))
        .filter_map(|name| name.split('@').next())
        .map(str::to_owned)
        .collect();
    let has = |name: &str| found.iter().any(|found| found == name);
    let mut missing = Vec::new();
    for name in ["configuration", "metadata"] {
        if !has(name) {
            missing.push(format!("`{name}`"));
        }
    }
    if !has("source") && !has("destination") {
        missing.push("`source` or `destination`".to_owned());
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        bail!(
            "the component does not export {}; build it for one of the worlds `source-connector`, `destination-connector` and \
             `connector`",
            missing.join(" and ")
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn error(imports: &[&str], exports: &[&str]) -> String {
        let own = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let (imports, exports) = (own(imports), own(exports));
        let checked = check_versions(&imports, &exports)
            .and_then(|_| check_imports(&imports))
            .and_then(|()| check_exports(&exports).map(drop));
        checked.unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_component_is_named() {
        for (bytes, expected) in [
            (&b"\0asm\x01\0\0\0"[..], "core WebAssembly module"),
            (b"hello world", "not WebAssembly"),
            (b"", "not WebAssembly"),
            (b"\0asm\x0d\0\x01\0\xff\xff", "cannot be read"),
        ] {
            assert!(
                check(bytes).unwrap_err().to_string().contains(expected),
                "{expected}"
            );
        }
    }

    #[test]
    fn other_versions_are_named_with_ours() {
        let text = error(&[], &["appflow:connector/source@0.2.0"]);
        assert!(
            text.contains("0.2.0") && text.contains(CONTRACT_VERSION),
            "{text}"
        );
        let text = error(
            &["appflow:connector/http@0.1.0"],
            &["appflow:connector/source@0.2.0"],
        );
        assert!(text.contains("mixes"), "{text}");
        assert!(error(&[], &["wasi:cli/run@0.2.12"]).contains("no connector"));
    }

    #[test]
    fn a_later_patch_of_the_contract_passes() {
        let exports = ["appflow:connector/source@0.1.7".to_owned()];
        assert_eq!(check_versions(&[], &exports).unwrap(), "0.1.7");
    }

    #[test]
    fn imports_that_nobody_provides_are_all_named() {
        let exports = [
            "appflow:connector/configuration@0.1.0",
            "appflow:connector/metadata@0.1.0",
            "appflow:connector/source@0.1.0",
        ];
        let text = error(
            &[
                "wasi:sockets/tcp@0.2.12",
                "acme:db/sql",
                "wasi:io/poll@0.2.0",
            ],
            &exports,
        );
        assert!(
            text.contains("wasi:sockets/tcp") && text.contains("acme:db/sql"),
            "{text}"
        );
        assert!(!text.contains("wasi:io/poll"), "{text}");
    }

    #[test]
    fn missing_exports_are_all_named() {
        let text = error(&[], &["appflow:connector/metadata@0.1.0"]);
        assert!(
            text.contains("`configuration`") && text.contains("`source` or `destination`"),
            "{text}"
        );
    }
}
