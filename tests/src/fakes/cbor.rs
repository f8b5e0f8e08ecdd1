//! The little CBOR that RPC v2 needs: requests become JSON values, so that tests can look into them.

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use serde_json::{Map, Value};

/// Deeper than any input of AWS's services.
const MAX_DEPTH: usize = 16;

/// Decodes one item. Byte strings, tags and non-text keys do not occur in what the fakes are asked.
pub(super) fn to_json(bytes: &[u8]) -> Result<Value, Error> {
    item(&mut Decoder::new(bytes), MAX_DEPTH)
}

fn item(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, Error> {
    if depth == 0 {
        return Err(Error::message("nested too deeply"));
    }
    Ok(match decoder.datatype()? {
        Type::Bool => decoder.bool()?.into(),
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::String | Type::StringIndef => text(decoder)?.into(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64()?.into(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64()?.into(),
        Type::F32 => decoder.f32()?.into(),
        Type::F64 => decoder.f64()?.into(),
        Type::Array | Type::ArrayIndef => {
            let count = decoder.array()?;
            let mut items = Vec::new();
            while more(decoder, count, items.len())? {
                items.push(item(decoder, depth - 1)?);
            }
            items.into()
        }
        Type::Map | Type::MapIndef => {
            let count = decoder.map()?;
            let mut members = Map::new();
            let mut read = 0;
            while more(decoder, count, read)? {
                let key = text(decoder)?;
                members.insert(key, item(decoder, depth - 1)?);
                read += 1;
            }
            members.into()
        }
        other => return Err(Error::type_mismatch(other)),
    })
}

fn text(decoder: &mut Decoder<'_>) -> Result<String, Error> {
    decoder.str_iter()?.collect()
}

/// Whether a list or map of `count` items, or one that ends with a break, goes on after `read` of them.
fn more(decoder: &mut Decoder<'_>, count: Option<u64>, read: usize) -> Result<bool, Error> {
    match count {
        Some(count) => Ok((read as u64) < count),
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
        None => Ok(true),
    }
}
