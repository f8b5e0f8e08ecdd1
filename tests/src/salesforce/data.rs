//! Seeded records: the same seed makes the same records, on every machine.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

use super::schema::{Field, FieldType, Object};

/// One record: values by field name as `describe` spells it.
pub type Record = BTreeMap<String, Value>;

/// Stands in every `Description` and `Long_Text__c`, so that a log or a message that repeats records can be found out.
pub const RECORD_CANARY: &str = "CANARY-RECORD-7f3a";

/// Texts that would change a query if they were put into it unescaped, or that match each other unless `LIKE`
/// wildcards are escaped.
pub const NASTY_TEXTS: &[&str] = &[
    "O'Neil",
    "100%",
    "a_b",
    "axb",
    "back\\slash",
    "tr\\'ick",
    "' OR Name != '",
    "line\nbreak",
    "tab\there",
    "\"quoted\"",
    "naïve café",
    "日本語",
    "emoji 🦀",
    "null",
    "true",
    "5",
    "2021-04-20",
    "%",
    "_",
    "\\",
    "\\%",
    ") OR (Id != null",
    "semi;colon",
    "--comment",
    "/* c */",
    "a",
    "A B",
    "plain",
    "back\\",
    "ends '",
];

/// A small generator of numbers (splitmix64): no dependency, same numbers everywhere.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 for an `end` of 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.draw() % end }
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let place = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        from.get(place).copied().unwrap_or_default()
    }
}

/// The 18-character key of the record with this number: 15 characters and Salesforce's three check characters.
#[must_use]
pub fn record_id(prefix: &str, number: u64) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut tail = Vec::new();
    let mut rest = number;
    while rest > 0 || tail.is_empty() {
        tail.push(DIGITS.get((rest % 62) as usize).copied().unwrap_or(b'0'));
        rest /= 62;
    }
    let mut id = prefix.to_owned();
    id.push_str(&"0".repeat(12_usize.saturating_sub(tail.len())));
    id.extend(tail.iter().rev().map(|byte| char::from(*byte)));
    long_id(&id).unwrap_or(id)
}

/// The 18-character form of a key of 15 or 18 characters; none if it is not a key.
#[must_use]
pub fn long_id(id: &str) -> Option<String> {
    const CHECK: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if !matches!(id.len(), 15 | 18) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let short = id.get(..15)?;
    let mut long = short.to_owned();
    for chunk in short.as_bytes().chunks(5) {
        let bits = chunk
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_uppercase())
            .fold(0_usize, |bits, (place, _)| bits | 1 << place);
        long.push(char::from(CHECK.get(bits).copied()?));
    }
    (id.len() == 15 || id == long).then_some(long)
}

/// Salesforce's text of a point in time: `2021-04-20T10:30:35.000+0000`.
#[must_use]
pub(super) fn datetime_text(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+0000",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond()
    )
}

/// `YYYY-MM-DD`.
#[must_use]
pub(super) fn date_text(day: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

/// First moment used in records: 2025-01-01T00:00:00Z.
#[must_use]
pub(super) fn first_moment() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_735_689_600).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Makes records `0..count` of an object. Record `n` was changed `n` minutes after 2025-01-01T00:00:00Z.
#[must_use]
pub fn generate(object: &Object, count: usize, seed: u64) -> Vec<Record> {
    let mut seeded = Seeded::new(
        seed ^ object.name.bytes().fold(0, |sum: u64, byte| {
            sum.wrapping_mul(31).wrapping_add(u64::from(byte))
        }),
    );
    (0..count)
        .map(|number| {
            object
                .fields
                .iter()
                .map(|field| {
                    (
                        field.name.clone(),
                        value(object, field, number as u64, &mut seeded),
                    )
                })
                .collect()
        })
        .collect()
}

fn value(object: &Object, field: &Field, number: u64, seeded: &mut Seeded) -> Value {
    let minutes = Duration::minutes(i64::try_from(number).unwrap_or_default());
    match field.name.as_str() {
        "Id" => return json!(record_id(object.key_prefix, number + 1)),
        "Name" | "LastName" => {
            return json!(format!("{} {}", seeded.pick(NASTY_TEXTS), number));
        }
        "ExternalKey__c" => return json!(format!("key-{number}")),
        "Number_Key__c" => return json!(number),
        "IsDeleted" => return json!(false),
        "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => {
            return json!(datetime_text(first_moment() + minutes));
        }
        _ => {}
    }
    let random = seeded.draw();
    if field.nillable && random.is_multiple_of(5) {
        return Value::Null;
    }
    let small = i64::try_from(random % 2_000).unwrap_or_default() - 1_000;
    match field.kind {
        FieldType::Id => Value::Null,
        FieldType::Reference => match field.refers_to {
            Some((target, _)) => json!(record_id(prefix_of(target), random % 20 + 1)),
            None => Value::Null,
        },
        FieldType::String | FieldType::Combobox => json!(seeded.pick(NASTY_TEXTS)),
        FieldType::TextArea => json!(format!("{RECORD_CANARY}\n{}", seeded.pick(NASTY_TEXTS))),
        FieldType::Email => json!(format!("user{}@example.com", random % 50)),
        FieldType::Phone => json!(format!("+1 (555) 01{:02}", random % 50)),
        FieldType::Url => json!(format!("https://example.com/?a={}&b=%20", random % 50)),
        FieldType::Picklist => json!(seeded.pick(&field.choices)),
        FieldType::MultiPicklist => {
            let chosen: Vec<&str> = field
                .choices
                .iter()
                .enumerate()
                .filter(|(place, _)| random >> place & 1 == 1)
                .map(|(_, choice)| *choice)
                .collect();
            if chosen.is_empty() {
                Value::Null
            } else {
                json!(chosen.join(";"))
            }
        }
        FieldType::EncryptedString => json!("****1234"),
        FieldType::Boolean => json!(random.is_multiple_of(2)),
        FieldType::Int => json!(small),
        FieldType::Long => json!(small * 9_007_199_254_741),
        FieldType::Double | FieldType::Currency | FieldType::Percent => json!(small as f64 / 4.0),
        FieldType::Date => json!(date_text(
            first_moment().date() + Duration::days(small % 30)
        )),
        FieldType::DateTime => json!(datetime_text(
            first_moment() + Duration::seconds(small * 60)
        )),
        FieldType::Time => json!(format!("{:02}:30:00.000Z", random % 24)),
        FieldType::Base64 => json!(format!(
            "/services/data/v61.0/sobjects/{}/{}/Body__c",
            object.name,
            record_id(object.key_prefix, number + 1)
        )),
        FieldType::Address => json!({
            "city": seeded.pick(NASTY_TEXTS), "country": "NL", "postalCode": "1011", "state": null, "street": "Main 1",
            "latitude": null, "longitude": null, "geocodeAccuracy": null,
        }),
        FieldType::Location => json!({ "latitude": 52.37, "longitude": 4.9 }),
    }
}

fn prefix_of(object: &str) -> &'static str {
    match object {
        "Account" => "001",
        "Contact" => "003",
        "Opportunity" => "006",
        "User" => "005",
        _ => "a00",
    }
}
