//! The manifest inside the component: a custom section that tools pass over.
//!
//! A component is a preamble of eight bytes and a row of sections: an id byte, a length in LEB128, the contents. Id 0 is
//! a custom section, whose contents begin with its name. Only this row is walked; nothing else of the component is
//! understood here.

use super::parse::MAX_BYTES;

/// Name of the custom section.
pub const NAME: &str = "appflow:manifest";

/// `\0asm`, version 13, layer 1: a component rather than a module.
const PREAMBLE: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

/// Why there is no manifest to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SectionError {
    /// The bytes do not begin as a component does.
    #[error("this is not a WebAssembly component")]
    NotAComponent,
    /// A core module, which has to be made into a component first.
    #[error(
        "this is a core module of WebAssembly, not a component; make it one, for example with `wasm-tools component new`"
    )]
    CoreModule,
    /// A section is longer than the file.
    #[error("the component is cut off or damaged")]
    Damaged,
    /// The component has no such section.
    #[error("the component has no manifest inside; `appflow-wasm compile` puts connector.toml in")]
    Missing,
    /// Two manifests: nobody could tell which one counts.
    #[error("the component has more than one manifest inside")]
    Repeated,
    /// Not text, or more of it than any manifest needs.
    #[error("the manifest inside the component is not UTF-8 text of at most 64 KiB")]
    NotText,
}

/// The text of the manifest in a component.
///
/// # Errors
/// See [`SectionError`]. Safe on any bytes; takes time in proportion to the number of sections.
pub fn read(component: &[u8]) -> Result<&str, SectionError> {
    let mut rest = sections(component)?;
    let mut manifest = None;
    while let Some((id, contents, after)) = next_section(rest)? {
        rest = after;
        if id != 0 {
            continue;
        }
        let (name, payload) = split_name(contents)?;
        if name == NAME.as_bytes() && manifest.replace(payload).is_some() {
            return Err(SectionError::Repeated);
        }
    }
    let payload = manifest.ok_or(SectionError::Missing)?;
    if payload.len() > MAX_BYTES {
        return Err(SectionError::NotText);
    }
    std::str::from_utf8(payload).map_err(|_| SectionError::NotText)
}

/// A component with this manifest inside, in place of any it had.
///
/// # Errors
/// See [`SectionError`].
pub fn write(component: &[u8], manifest: &str) -> Result<Vec<u8>, SectionError> {
    if manifest.len() > MAX_BYTES {
        return Err(SectionError::NotText);
    }
    let mut rest = sections(component)?;
    let mut out = Vec::with_capacity(component.len() + manifest.len() + 32);
    out.extend_from_slice(&PREAMBLE);
    while let Some((id, contents, after)) = next_section(rest)? {
        let whole = &rest[..rest.len() - after.len()];
        if id != 0 || split_name(contents)?.0 != NAME.as_bytes() {
            out.extend_from_slice(whole);
        }
        rest = after;
    }
    let mut contents = Vec::with_capacity(manifest.len() + 20);
    push_leb(&mut contents, NAME.len());
    contents.extend_from_slice(NAME.as_bytes());
    contents.extend_from_slice(manifest.as_bytes());
    out.push(0);
    push_leb(&mut out, contents.len());
    out.extend_from_slice(&contents);
    Ok(out)
}

fn sections(component: &[u8]) -> Result<&[u8], SectionError> {
    match component.strip_prefix(&PREAMBLE) {
        Some(rest) => Ok(rest),
        None if component.starts_with(&[0, b'a', b's', b'm', 1, 0, 0, 0]) => {
            Err(SectionError::CoreModule)
        }
        None => Err(SectionError::NotAComponent),
    }
}

/// The first section's id, its contents, and what follows it.
type Section<'a> = (u8, &'a [u8], &'a [u8]);

fn next_section(bytes: &[u8]) -> Result<Option<Section<'_>>, SectionError> {
    let Some((id, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let (length, rest) = leb(rest)?;
    let (contents, rest) = rest.split_at_checked(length).ok_or(SectionError::Damaged)?;
    Ok(Some((*id, contents, rest)))
}

fn split_name(contents: &[u8]) -> Result<(&[u8], &[u8]), SectionError> {
    let (length, rest) = leb(contents)?;
    rest.split_at_checked(length).ok_or(SectionError::Damaged)
}

/// An unsigned LEB128 number of at most 32 bits.
fn leb(bytes: &[u8]) -> Result<(usize, &[u8]), SectionError> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| SectionError::Damaged)?;
            let value = usize::try_from(value).map_err(|_| SectionError::Damaged)?;
            return Ok((value, &bytes[index + 1..]));
        }
    }
    Err(SectionError::Damaged)
}

fn push_leb(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
