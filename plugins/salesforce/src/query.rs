//! Reading: pages of a query, and records by identifier.
//!
//! A page is one or more of Salesforce's own pages (200 to 2,000 records). Where AppFlow wants fewer, or the answer is
//! full, Salesforce's page is cut, and the token says how many of its records were taken: the next call asks for that
//! page again and passes over them. Salesforce fixes the result of a query when it is first asked and gives out a
//! locator for it, so its pages do not change. Only the first page has no locator: when it is cut, the query is asked
//! again, and the order by `Id` makes the records come in the same order.

use appflow_connector::page::{self, Emitted, Pick};
use appflow_connector::schema::EntityDefinition;
use appflow_connector::{Context, Error, QueryRequest, Result, RetrieveRequest, invocation, token};
use serde::Deserialize;

use crate::columns::Columns;
use crate::describe::{check_entity_name, describe};
use crate::failure;
use crate::instance::{self, Instance, MAX_URL_BYTES};
use crate::soql;

/// Fewest records Salesforce puts into a page.
const MIN_BATCH: u32 = 200;
/// Most records Salesforce puts into a page.
const MAX_BATCH: u32 = 2000;
/// Tag of tokens of queries.
const TOKEN_TAG: &str = "query-1";
/// Time below which no further page is asked for.
const MIN_MILLIS: u32 = 6_000;
/// Room below which no further page is asked for.
const MIN_BYTES: u32 = 1_500_000;
/// Bytes of addresses of one request of `retrieve`, so that many keys go into few requests of modest size.
const RETRIEVE_URL_BYTES: usize = 8_000;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Salesforce's page; none for the first.
    locator: Option<String>,
    /// Records of it taken before.
    skip: u32,
    /// Records a page of Salesforce should have.
    batch: u32,
}

/// What stands beside the records of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rest {
    done: Option<bool>,
    next_records_url: Option<String>,
}

/// Reads one page.
pub(crate) fn query(context: &Context, request: &QueryRequest) -> Result<Option<String>> {
    let instance = Instance::of(context)?;
    check_entity_name(&request.entity)?;
    let needs_types = request.fields.is_empty() || request.condition().is_some();
    let definition = definition(&instance, &request.entity, needs_types)?;
    let columns = Columns(definition.as_ref());
    let (fields, picks) = columns.selection(&request.fields)?;
    let condition = request
        .condition()
        .map(|condition| soql::condition(columns, condition))
        .transpose()?;
    let text = statement(
        &fields,
        &request.entity,
        condition.as_deref(),
        columns.sortable_key(&request.entity),
        request.total_limit(),
    );
    let fingerprint = fingerprint(&[instance.origin(), instance.version(), &text]);

    let room = page::room();
    let batch = request
        .limit
        .min(room.records_left.max(1))
        .clamp(MIN_BATCH, MAX_BATCH);
    let mut place = match &request.token {
        None => Place {
            locator: None,
            skip: 0,
            batch,
        },
        Some(token) => read_token(token, &fingerprint)?,
    };
    let mut taken_in_all = 0;
    loop {
        let (emitted, next) = read(
            &instance,
            &text,
            &picks,
            &place,
            "reading a page of records",
        )?;
        taken_in_all += emitted.taken;
        if emitted.left > 0 {
            if taken_in_all == 0 {
                return Err(Error::server_error("a record is too large for a page"));
            }
            let skip = place.skip + emitted.taken;
            // The page was too large for the answer: next time ask for one about twice as long as what is skipped.
            let batch = if room.records_left > emitted.taken {
                skip.saturating_mul(2).clamp(MIN_BATCH, MAX_BATCH)
            } else {
                batch
            };
            return write_token(
                &fingerprint,
                &Place {
                    skip,
                    batch,
                    ..place
                },
            )
            .map(Some);
        }
        let Some(locator) = next else { return Ok(None) };
        if place.locator.as_deref() == Some(locator.as_str()) {
            return Err(Error::server_error(
                "Salesforce's next page is the page it belongs to",
            ));
        }
        // Salesforce may have made the page shorter than it was before.
        place = Place {
            locator: Some(locator),
            skip: place.skip.saturating_sub(emitted.total),
            batch: place.batch,
        };
        let room = page::room();
        let has_room = room.records_left >= emitted.total.max(1)
            && room.bytes_left >= MIN_BYTES
            && room.millis_left >= MIN_MILLIS;
        if taken_in_all > 0 && !has_room {
            return write_token(&fingerprint, &place).map(Some);
        }
    }
}

/// Fetches records by the values of a field.
pub(crate) fn retrieve(context: &Context, request: &RetrieveRequest) -> Result<()> {
    let instance = Instance::of(context)?;
    check_entity_name(&request.entity)?;
    if request.ids.is_empty() {
        return Ok(());
    }
    let key = request
        .id_field
        .as_deref()
        .filter(|name| !name.is_empty())
        .unwrap_or("Id");
    // `Id` is a key in every entity; how values of other fields are written depends on their type.
    let by_id = key.eq_ignore_ascii_case("Id");
    let definition = definition(
        &instance,
        &request.entity,
        !by_id || request.fields.is_empty(),
    )?;
    let columns = Columns(definition.as_ref());
    let (fields, picks) = columns.selection(&request.fields)?;
    let column = columns.column(key)?;
    let mut ids = request.ids.clone();
    if by_id {
        // One value that is no id would make Salesforce refuse them all.
        ids.retain(|id| soql::is_id(id));
    }
    let values = soql::values(&column, &ids)?;
    let empty = statement(
        &fields,
        &request.entity,
        Some(&format!("{} IN ()", column.path)),
        None,
        None,
    );
    let budget = RETRIEVE_URL_BYTES.max(encoded_len(&empty) + 2_000);
    let mut rest = values.as_slice();
    while !rest.is_empty() {
        let mut length = encoded_len(&empty);
        let count = rest
            .iter()
            .take_while(|value| {
                length += encoded_len(value) + 3;
                length <= budget
            })
            .count()
            .max(1);
        let (chunk, later) = rest.split_at(count);
        rest = later;
        let text = statement(
            &fields,
            &request.entity,
            Some(&format!("{} IN ({})", column.path, chunk.join(","))),
            None,
            None,
        );
        let mut place = Place {
            locator: None,
            skip: 0,
            batch: MAX_BATCH,
        };
        loop {
            let (emitted, next) = read(&instance, &text, &picks, &place, "retrieving records")?;
            emitted.all()?;
            match next {
                None => break,
                Some(locator) if place.locator.as_deref() != Some(locator.as_str()) => {
                    place.locator = Some(locator)
                }
                Some(_) => {
                    return Err(Error::server_error(
                        "Salesforce's next page is the page it belongs to",
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The entity as AppFlow sent it, else, where it is needed, as Salesforce describes it.
fn definition(instance: &Instance, entity: &str, needed: bool) -> Result<Option<EntityDefinition>> {
    let sent = invocation::entity()
        .filter(|definition| definition.entity.id == entity && !definition.fields.is_empty());
    match sent {
        Some(definition) => Ok(Some(definition)),
        None if needed => describe(instance, entity).map(Some),
        None => Ok(None),
    }
}

fn statement(
    fields: &[String],
    entity: &str,
    condition: Option<&str>,
    order: Option<&str>,
    limit: Option<u32>,
) -> String {
    let mut text = format!("SELECT {} FROM {entity}", fields.join(","));
    if let Some(condition) = condition {
        text.push_str(" WHERE ");
        text.push_str(condition);
    }
    if let Some(order) = order {
        text.push_str(" ORDER BY ");
        text.push_str(order);
    }
    if let Some(limit) = limit {
        text.push_str(&format!(" LIMIT {limit}"));
    }
    text
}

/// Puts one of Salesforce's pages into ours, and says which one is next.
fn read(
    instance: &Instance,
    text: &str,
    picks: &[Pick],
    place: &Place,
    doing: &str,
) -> Result<(Emitted, Option<String>)> {
    let request = match &place.locator {
        Some(locator) => instance.get(&["query", locator]),
        None => {
            if encoded_len(text) + instance.origin().len() + 40 > MAX_URL_BYTES {
                return Err(Error::invalid_argument(
                    "the query is longer than Salesforce takes (16,384 bytes): select fewer fields or shorten the filter's lists",
                ));
            }
            instance.get(&["query"]).query("q", text)
        }
    };
    let response = failure::send(
        request.header("sforce-query-options", format!("batchSize={}", place.batch)),
        doing,
    )?;
    let emitted = page::emit_json_from(&response, "/records", picks, place.skip)
        .map_err(|error| error.context(doing))?;
    let rest: Rest = serde_json::from_str(&emitted.rest)
        .map_err(|_| Error::server_error(format!("{doing}: Salesforce's answer is incomplete")))?;
    let next = match (rest.done, rest.next_records_url) {
        (Some(true), _) => None,
        (_, Some(url)) => Some(
            instance::locator_of(&url)
                .ok_or_else(|| {
                    Error::server_error(format!(
                        "{doing}: the address of Salesforce's next page has an unknown form"
                    ))
                })?
                .to_owned(),
        ),
        // Without either it is not known whether these were all.
        (_, None) => {
            return Err(Error::server_error(format!(
                "{doing}: Salesforce's answer does not say whether there are more records"
            )));
        }
    };
    Ok((emitted, next))
}

/// Bytes a text takes in an address.
fn encoded_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                1
            } else {
                3
            }
        })
        .sum()
}

/// Tells the token of one query from that of another: FNV-1a of 64 bits, in hexadecimal. It guards against mistakes, not
/// against forgery, for a token grants nothing.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

fn write_token(fingerprint: &str, place: &Place) -> Result<String> {
    token::encode(&[
        TOKEN_TAG,
        fingerprint,
        place.locator.as_deref().unwrap_or_default(),
        &place.skip.to_string(),
        &place.batch.to_string(),
    ])
}

fn read_token(token: &str, fingerprint: &str) -> Result<Place> {
    let parts = token::decode(token)?;
    let [tag, of, locator, skip, batch] = parts.as_slice() else {
        return Err(token::invalid());
    };
    if tag != TOKEN_TAG {
        return Err(token::invalid());
    }
    if of != fingerprint {
        return Err(Error::invalid_argument(
            "the next token belongs to another query: entity, fields and filter must stay the same",
        ));
    }
    let locator = match locator.as_str() {
        "" => None,
        locator if instance::is_locator(locator) => Some(locator.to_owned()),
        _ => return Err(token::invalid()),
    };
    let number = |text: &str| text.parse::<u32>().map_err(|_| token::invalid());
    Ok(Place {
        locator,
        skip: number(skip)?,
        batch: number(batch)?.clamp(MIN_BATCH, MAX_BATCH),
    })
}
