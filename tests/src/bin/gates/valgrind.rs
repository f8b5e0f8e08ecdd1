//! The host under Valgrind: how many instructions it takes; and without it: how much memory.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use appflow_testkit::measure::{Environment, Upstream};
use appflow_testkit::setup::SECRET_ARN;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Host name that the guest `bench-rust` asks, and the path of its page.
const SERVICE: &str = "bench.example.com";
/// Calls among which the cost of one is divided.
const CALLS: usize = 20;
/// Pages likewise.
const PAGES: usize = 3;
const MEGABYTE: usize = 1_000_000;
/// Fields that are asked for, of the fifteen that a record has.
const FIELDS: [&str; 10] = [
    "Id",
    "Name",
    "Type",
    "Phone",
    "Website",
    "NumberOfEmployees",
    "AnnualRevenue",
    "Description",
    "LastModifiedDate",
    "IsDeleted",
];

/// The host with its connectors.
pub(crate) struct Subject {
    valgrind: PathBuf,
    image: PathBuf,
    guests: PathBuf,
    /// For what Valgrind writes.
    folder: TempDir,
}

impl Subject {
    pub(crate) fn new(valgrind: &Path, image: &Path, guests: &Path) -> Result<Self> {
        Ok(Self {
            valgrind: valgrind.to_owned(),
            image: std::path::absolute(image)?,
            guests: std::path::absolute(guests)?,
            folder: TempDir::new()?,
        })
    }

    /// Instructions from the start of the process to its first answer, which describes the Salesforce connector.
    pub(crate) fn start(&self) -> Result<u64> {
        self.instructions(None, &Application::start(1_000)?, &[describe()])
    }

    /// Instructions of a call that does nothing but describe the connector, when all is warm.
    pub(crate) fn call(&self) -> Result<u64> {
        let application = Application::start(1_000)?;
        let few = self.instructions(None, &application, &vec![describe(); 2])?;
        let many = self.instructions(None, &application, &vec![describe(); 2 + CALLS])?;
        Ok(many.saturating_sub(few) / CALLS as u64)
    }

    /// Instructions of a page of a megabyte that a guest reads, when all is warm.
    pub(crate) fn page(&self, guest: &str, parse: &str) -> Result<u64> {
        let application = Application::start(MEGABYTE)?;
        let few = self.instructions(Some(guest), &application, &vec![query(parse); 2])?;
        let many = self.instructions(Some(guest), &application, &vec![query(parse); 2 + PAGES])?;
        Ok(many.saturating_sub(few) / PAGES as u64)
    }

    /// The most memory that the process held while it made a page of five megabytes, in KiB, without Valgrind: the pages that
    /// hold the program and the connector are part of it.
    pub(crate) fn memory(&self, parse: &str) -> Result<u64> {
        let application = Application::start(5 * MEGABYTE)?;
        let mut command = Command::new(self.image.join("bootstrap"));
        command.env_clear();
        let events = vec![query(parse); 2];
        let environment = self.drive(&mut command, Some("bench-rust"), &application, &events)?;
        environment.peak_memory_kib()
    }

    fn instructions(
        &self,
        guest: Option<&str>,
        application: &Application,
        events: &[Value],
    ) -> Result<u64> {
        let out = self.folder.path().join("callgrind.out");
        let options = [
            "--tool=callgrind".to_owned(),
            format!("--callgrind-out-file={}", out.display()),
            "--log-file=/dev/null".to_owned(),
        ];
        self.run(&options, guest, application, events)?;
        let text = std::fs::read_to_string(&out).context("valgrind left no file of counts")?;
        std::fs::remove_file(&out)?;
        total(&text).context("the file of counts has no sum")
    }

    fn run(
        &self,
        options: &[String],
        guest: Option<&str>,
        application: &Application,
        events: &[Value],
    ) -> Result<()> {
        let mut command = Command::new(&self.valgrind);
        command
            .env_clear()
            .args(options)
            .arg(self.image.join("bootstrap"));
        self.drive(&mut command, guest, application, events)?
            .finish()
    }

    /// Starts a process and has it answer the events.
    fn drive(
        &self,
        command: &mut Command,
        guest: Option<&str>,
        application: &Application,
        events: &[Value],
    ) -> Result<Environment> {
        let url = application.upstream.url();
        command
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url)
            .env("APPFLOW_LOCAL_TARGETS", format!("{SERVICE}={url}"));
        if let Some(guest) = guest {
            command.env(
                "APPFLOW_COMPONENT",
                self.guests.join(format!("{guest}.cwasm")),
            );
        }
        let (first, others) = events.split_first().context("no events")?;
        let mut environment =
            Environment::start(command, &self.image, first.to_string().as_bytes())?;
        succeeded(&environment.first()?.body)?;
        for event in others {
            succeeded(&environment.invoke(event.to_string().as_bytes())?.body)?;
        }
        Ok(environment)
    }
}

/// A counted failure would be a figure of something else.
fn succeeded(answer: &[u8]) -> Result<()> {
    let answer: Value = serde_json::from_slice(answer).context("the answer is no JSON")?;
    ensure!(
        answer["isSuccess"] == true,
        "the host answered an error: {}",
        answer["errorDetails"]
    );
    Ok(())
}

fn describe() -> Value {
    json!({"type": "DescribeConnectorConfigurationRequest", "locale": "en-US"})
}

/// A request for the page, which the connector reads in this way: its setting `parse`.
fn query(parse: &str) -> Value {
    json!({
        "type": "QueryDataRequest", "entityIdentifier": "records", "maxResults": 100_000, "selectedFieldNames": FIELDS,
        "connectorContext": {
            "apiVersion": "v1.0", "flowName": "gates", "executionId": "run-1", "connectorProfileLabel": "profile-1",
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"},
            "connectorRuntimeSettings": {"parse": parse},
        },
    })
}

/// An application that answers with one page.
struct Application {
    upstream: Upstream,
}

impl Application {
    /// With a page of about so many bytes.
    fn start(bytes: usize) -> Result<Self> {
        let upstream = Upstream::start("http://127.0.0.1:1", "token")?;
        upstream.keep("/page", &page(bytes));
        Ok(Self { upstream })
    }
}

/// Records as applications send them, about a kilobyte each.
fn page(bytes: usize) -> Vec<u8> {
    let mut text = String::from("{\"total\":0,\"records\":[");
    for number in 0.. {
        let record = json!({
            "Id": format!("0015g00000{number:08}"), "Name": format!("Müller & Söhne {number}"), "Type": "Customer - Direct",
            "Industry": null, "Phone": "+49 30 1234567", "Website": "https://example.com/a?b=c",
            "NumberOfEmployees": number % 5_000, "AnnualRevenue": 1_234_567.89, "Description":
            "Called on Tuesday: \"we need the offer by March\".\nSee the e-mail; 3 × 40 units, 12 % off list. ".repeat(6),
            "ParentId": null, "ExternalKey__c": format!("key-{number}"), "CreatedDate": "2024-01-01T00:00:00.000+0000",
            "LastModifiedDate": "2024-06-01T12:30:00.000+0000", "IsDeleted": number % 7 == 0, "OwnerId": "0055g000001AAAA",
        });
        let record = record.to_string();
        if text.len() + record.len() + 3 > bytes && number > 0 {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        text.push_str(&record);
    }
    text.push_str("]}");
    text.into_bytes()
}

/// The sum in a file of callgrind's.
fn total(text: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_in_what_valgrind_writes() {
        assert_eq!(total("fn=(1)\n3 4\n\ntotals: 30007671\n"), Some(30_007_671));
        assert_eq!(total("summary"), None);
    }

    #[test]
    fn pages_have_the_size_they_should_have() {
        for bytes in [2_000, 1_000_000] {
            let page = page(bytes);
            assert!(
                page.len() <= bytes && page.len() + 1_200 > bytes,
                "{} of {bytes}",
                page.len()
            );
            let page: Value = serde_json::from_slice(&page).unwrap();
            assert!(!page["records"].as_array().unwrap().is_empty());
        }
    }

    #[test]
    fn an_error_is_no_figure() {
        assert!(succeeded(br#"{"isSuccess":true}"#).is_ok());
        assert!(succeeded(br#"{"isSuccess":false,"errorDetails":{}}"#).is_err());
    }
}
