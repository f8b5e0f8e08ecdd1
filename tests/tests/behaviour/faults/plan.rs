//! Which faults there are, where they strike, and the codes they may end in.

/// Time of the function where a fault waits without an end, in seconds.
pub(super) const SHORT_SECONDS: f64 = 2.0;

/// A fault and what may come of it.
pub(super) struct Fault {
    /// As `APPFLOW_FAULTS` has it.
    pub(super) what: &'static str,
    /// Codes it may end in. A run that got over it has none.
    pub(super) codes: &'static [&'static str],
    /// Whether the host must always get over it.
    pub(super) harmless: bool,
    /// Whether it lasts until the deadline.
    pub(super) waits: bool,
    /// Whether it is a success of HTTP with an error inside, in Salesforce's form, which no host and no connector of
    /// another application can tell.
    inside: bool,
}

impl Fault {
    /// The plan that has it at these requests.
    pub(super) fn plan(&self, when: &str) -> String {
        format!("{when}={}", self.what)
    }

    /// Whether a connector must notice it, by the case's name.
    pub(super) fn is_for(&self, case: &str) -> bool {
        !self.inside || case.starts_with("salesforce")
    }
}

const fn fault(what: &'static str, codes: &'static [&'static str]) -> Fault {
    Fault {
        what,
        codes,
        harmless: false,
        waits: false,
        inside: false,
    }
}

const fn harmless(what: &'static str) -> Fault {
    Fault {
        harmless: true,
        ..fault(what, &[])
    }
}

/// All of them, each with its code by the tables of `docs/testing.md`.
pub(super) const FAULTS: &[Fault] = &[
    fault("dns", &["ServiceUnavailable"]),
    fault("connect-refused", &["ServiceUnavailable"]),
    fault("tls", &["ServiceUnavailable"]),
    fault("reset-before", &["ServerError"]),
    fault("reset-after", &["ServerError"]),
    fault("truncate:0", &["ServerError"]),
    fault("truncate:20", &["ServerError"]),
    fault("truncate:1000000", &["ServerError"]),
    fault("wrong-length", &["ServerError"]),
    fault(
        "status:302,location=https://login.example/",
        &["UnknownError"],
    ),
    fault("status:400", &["InvalidArgument"]),
    fault("status:401", &["InvalidCredentials"]),
    fault("status:403", &["AccessDenied"]),
    // A connector may know what is missing where the host does not.
    fault("status:404", &["ClientError", "InvalidArgument"]),
    fault("status:408", &["RequestTimeout"]),
    fault("status:418", &["ClientError"]),
    fault("status:429", &["RateLimitExceeded"]),
    fault("status:429,retry-after=3600", &["RateLimitExceeded"]),
    fault("status:500", &["ServerError"]),
    fault(
        "status:502,body=<html>,content-type=text/html",
        &["ServerError"],
    ),
    fault("status:503", &["ServiceUnavailable"]),
    fault("status:503,retry-after=3600", &["ServiceUnavailable"]),
    fault("status:504", &["ServerError"]),
    fault("status-after:500", &["ServerError"]),
    fault("status-after:502", &["ServerError"]),
    fault("status-after:504", &["ServerError"]),
    fault("malformed:cut", &["ServerError"]),
    fault("malformed:html", &["ServerError"]),
    fault("malformed:empty", &["ServerError"]),
    fault("malformed:not-utf8", &["ServerError"]),
    fault("malformed:bom", &["ServerError"]),
    fault("malformed:type", &["ServerError"]),
    Fault {
        waits: true,
        ..fault("slow:60000", &["RequestTimeout"])
    },
    Fault {
        waits: true,
        ..fault("drip:60000", &["RequestTimeout"])
    },
    harmless("slow:20"),
    harmless("drip:2"),
    harmless("clock:+7200"),
    harmless("clock:-7200"),
    Fault {
        inside: true,
        ..fault(
            // [{"errorCode":"UNKNOWN_EXCEPTION","message":"no"}]
            "status:200,content-type=application/json,\
             body=%5B%7B%22errorCode%22%3A%22UNKNOWN_EXCEPTION%22%2C%22message%22%3A%22no%22%7D%5D",
            &["ServerError"],
        )
    },
];

/// Variable that has every fault tried at every case, which takes several times as long.
const ALL_VARIABLE: &str = "APPFLOW_TEST_ALL_FAULTS";

/// One in so many faults is tried at a request of a case that is not typical.
const SHARE: usize = 4;

/// The faults for a request. All of them where the case is typical of an operation; elsewhere the requests take turns, so
/// that each fault meets many cases and the suite still ends in minutes.
pub(super) fn faults(turn: usize, typical: bool) -> impl Iterator<Item = &'static Fault> {
    let all = typical || std::env::var_os(ALL_VARIABLE).is_some();
    let faults = FAULTS.iter().enumerate();
    faults
        .filter(move |(number, _)| all || (number + turn).is_multiple_of(SHARE))
        .map(|(_, fault)| fault)
}

/// The requests that meet a fault, of so many: the first ones, one in the middle, and the last two.
pub(super) fn positions(requests: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = (1..=requests)
        .filter(|position| {
            *position <= 2 || *position == requests / 2 + 1 || *position + 1 >= requests
        })
        .collect();
    positions.dedup();
    positions
}

/// Cases that stand for an operation, or for a way through a connector that others share.
pub(super) fn is_typical(name: &str) -> bool {
    const TYPICAL: [&str; 9] = [
        "salesforce/credentials-good",
        "salesforce/list",
        "salesforce/describe-account",
        "salesforce/query-pages",
        "salesforce/retrieve",
        "salesforce/write-insert",
        "salesforce/write-many",
        "salesforce/write-upsert",
        "salesforce/write-delete",
    ];
    name.starts_with("naive/") || TYPICAL.contains(&name)
}
