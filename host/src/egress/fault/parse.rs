//! Reading a plan of faults.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::{FaultPlan, FaultPlanError, Kind, MadeAnswer, Malformation, Rule, Turn};

const WHENS: &str = "begins with none of: NUMBER, NUMBER-NUMBER, NUMBER-, *, */NUMBER, NUMBER%, each with @HOST if wanted";
const KINDS: &str = "names none of the faults: dns, connect-refused, tls, reset-before, reset-after, status:CODE, \
    status-after:CODE, slow:MILLISECONDS, drip:MILLISECONDS, truncate:BYTES, wrong-length, \
    malformed:(cut|html|empty|bom|not-utf8|type), clock:+SECONDS, clock:-SECONDS; or kill:CALL alone";

/// Options after the commas of a rule.
#[derive(Default)]
struct Options {
    seed: Option<u64>,
    body: String,
    headers: HeaderMap,
}

pub(super) fn plan(text: &str) -> Result<FaultPlan, FaultPlanError> {
    let mut plan = FaultPlan::default();
    let rules = text
        .split(';')
        .map(str::trim)
        .enumerate()
        .filter(|(_, rule)| !rule.is_empty());
    for (index, text) in rules {
        let fail = |problem: String| FaultPlanError {
            rule: index + 1,
            problem,
        };
        if let Some(call) = text.strip_prefix("kill:") {
            let call = positive(call).map_err(fail)?;
            if plan.kill_at.replace(call).is_some() {
                return Err(fail("is a second kill".to_owned()));
            }
            continue;
        }
        plan.rules.push(rule(text).map_err(fail)?);
    }
    Ok(plan)
}

fn rule(text: &str) -> Result<Rule, String> {
    let (when, what) = text
        .split_once('=')
        .ok_or("is not of the form WHEN=WHAT, such as 2=status:503")?;
    let mut parts = what.split(',').map(str::trim);
    let kinds = parts.next().unwrap_or_default();
    let options = options(parts)?;
    let (turn, host) = match when.trim().split_once('@') {
        Some((turn, host)) if !host.is_empty() => (turn, Some(host.to_ascii_lowercase())),
        Some(_) => return Err("has no host after the @".to_owned()),
        None => (when.trim(), None),
    };
    let mut turn = self::turn(turn.trim())?;
    match (&mut turn, options.seed) {
        (Turn::Chance { seed, .. }, Some(given)) => *seed = given,
        (_, Some(_)) => return Err("has a seed, but nothing that hangs on chance".to_owned()),
        _ => {}
    }
    let kinds: Vec<&str> = kinds.split('|').map(str::trim).collect();
    if kinds.len() > 1 && !matches!(turn, Turn::Chance { .. }) {
        return Err("has several faults, but nothing that hangs on chance".to_owned());
    }
    let kinds = kinds
        .into_iter()
        .map(|kind| self::kind(kind, &options))
        .collect::<Result<Vec<_>, _>>()?;
    let answers = kinds.iter().any(|kind| matches!(kind, Kind::Status { .. }));
    if !answers && (!options.body.is_empty() || !options.headers.is_empty()) {
        return Err("has a body or headers, which belong to status and status-after".to_owned());
    }
    Ok(Rule { turn, host, kinds })
}

fn options<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Options, String> {
    let mut options = Options::default();
    for part in parts {
        let (name, value) = part
            .split_once('=')
            .ok_or("has an option that is not NAME=VALUE")?;
        match name.trim() {
            "seed" => options.seed = Some(number(value)?),
            "body" => options.body = decode(value),
            name => {
                let header = HeaderName::from_bytes(name.as_bytes());
                let value = HeaderValue::from_str(&decode(value));
                let (Ok(header), Ok(value)) = (header, value) else {
                    return Err(
                        "has an option that is neither seed, nor body, nor a header".to_owned()
                    );
                };
                options.headers.append(header, value);
            }
        }
    }
    Ok(options)
}

fn turn(text: &str) -> Result<Turn, String> {
    if let Some(percent) = text.strip_suffix('%') {
        let percent = percent.parse().ok().filter(|percent| *percent <= 100);
        let percent = percent.ok_or("has a share that is not 0 to 100 per cent")?;
        return Ok(Turn::Chance { percent, seed: 0 });
    }
    if text == "*" {
        return Ok(Turn::Range(1, u64::MAX));
    }
    if let Some(step) = text.strip_prefix("*/") {
        return positive(step).map(Turn::Every);
    }
    let (first, last) = match text.split_once('-') {
        None => (positive(text), positive(text)),
        Some((first, "")) => (positive(first), Ok(u64::MAX)),
        Some((first, last)) => (positive(first), positive(last)),
    };
    match (first, last) {
        (Ok(first), Ok(last)) if first <= last => Ok(Turn::Range(first, last)),
        _ => Err(WHENS.to_owned()),
    }
}

fn kind(text: &str, options: &Options) -> Result<Kind, String> {
    let (name, value) = match text.split_once(':') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let unknown = || KINDS.to_owned();
    let status = |value: &str, after| {
        let status = StatusCode::from_bytes(value.as_bytes())
            .ok()
            .filter(|status| (200..600).contains(&status.as_u16()));
        let answer = MadeAnswer {
            status: status.ok_or("has a status that is not 200 to 599")?,
            headers: options.headers.clone(),
            body: options.body.clone(),
        };
        Ok(Kind::Status { answer, after })
    };
    match (name, value) {
        ("dns", None) => Ok(Kind::Dns),
        ("connect-refused", None) => Ok(Kind::ConnectRefused),
        ("tls", None) => Ok(Kind::Tls),
        ("reset-before", None) => Ok(Kind::ResetBefore),
        ("reset-after", None) => Ok(Kind::ResetAfter),
        ("wrong-length", None) => Ok(Kind::WrongLength),
        ("status", Some(value)) => status(value, false),
        ("status-after", Some(value)) => status(value, true),
        ("slow", Some(value)) => Ok(Kind::Slow(millis(value)?)),
        ("drip", Some(value)) => Ok(Kind::Drip(millis(value)?)),
        ("truncate", Some(value)) => {
            let bytes = usize::try_from(number(value)?);
            bytes.map(Kind::Truncate).map_err(|_| unknown())
        }
        ("clock", Some(value)) if value.starts_with(['+', '-']) => {
            value.parse().map(Kind::Clock).map_err(|_| unknown())
        }
        ("malformed", Some(value)) => Ok(Kind::Malformed(match value {
            "cut" => Malformation::Cut,
            "html" => Malformation::Html,
            "empty" => Malformation::Empty,
            "bom" => Malformation::ByteOrderMark,
            "not-utf8" => Malformation::NotUtf8,
            "type" => Malformation::ContentType,
            _ => return Err(unknown()),
        })),
        _ => Err(unknown()),
    }
}

fn millis(text: &str) -> Result<Duration, String> {
    number(text.strip_suffix("ms").unwrap_or(text)).map(Duration::from_millis)
}

fn number(text: &str) -> Result<u64, String> {
    text.trim()
        .parse()
        .map_err(|_| "has something else where a number belongs".to_owned())
}

fn positive(text: &str) -> Result<u64, String> {
    match number(text)? {
        0 => Err("counts from 0; the first is 1".to_owned()),
        number => Ok(number),
    }
}

/// Percent-decoded; a plus sign is itself.
fn decode(text: &str) -> String {
    let plain = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("v={}", plain.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
