//! Requests for the Salesforce connector: all eight operations, several connections and organisations, good and bad ones.

use std::time::Duration;

use anyhow::{Context, Result};
use appflow_testkit::runtime_api::FunctionConfig;
use appflow_testkit::salesforce::{self, Config, Record, SalesforceStandIn};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::{Expect, Mix, Request, arn, secrets};

/// Connections with a token each.
const CONNECTIONS: usize = 5;
/// Organisations, all of them the one stand-in.
const HOSTS: [&str; 3] = [
    "acme.my.salesforce.com",
    "umbrella.my.salesforce.com",
    "acme--dev.sandbox.my.salesforce.com",
];
/// Records of the object that is read most.
const ACCOUNTS: usize = 300;
/// Time of an ordinary request: enough for some tries after faults, too short for many.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Time that is over while an answer is on its way.
const SHORT: Duration = Duration::from_millis(530);
const OBJECTS: [&str; 4] = ["Account", "Contact", "Opportunity", "Everything__c"];
const FILTERS: [&str; 8] = [
    "NumberOfEmployees >= 100 and Type = 'Prospect'",
    "Name contains 'a' or Phone = null",
    "not (Type in ('Prospect', 'Other'))",
    "LastModifiedDate > 2020-01-01T00:00:00Z",
    "CreatedDate between 2019-01-01T00:00:00Z and 2030-01-01T00:00:00Z limit 50",
    "Name = 'it\\'s'",
    "AnnualRevenue < 1000000.5",
    "Id != '001000000000001AAA'",
];
const BAD_FILTERS: [&str; 4] = [
    "Name =",
    "Name = 'x' or 1 = 1",
    "Nothing = 5",
    "(((Name = 'x')",
];

/// The stand-in and what the connector is told of it.
pub(crate) struct Salesforce {
    stand_in: SalesforceStandIn,
    secrets: tempfile::NamedTempFile,
    accounts: Vec<Record>,
    exchanges: usize,
}

impl Salesforce {
    pub(crate) fn start() -> Result<Self> {
        let tokens: Vec<String> = (0..CONNECTIONS)
            .map(|number| format!("{}-{number}", salesforce::TOKEN))
            .collect();
        let stand_in = SalesforceStandIn::start(Config {
            records_per_object: 40,
            records: [("Account".to_owned(), ACCOUNTS)].into(),
            tokens: tokens.clone(),
            ..Config::default()
        })
        .context("cannot start the Salesforce stand-in")?;
        // The last connection's token is one that the application does not know.
        let mut known = tokens;
        known.push("CANARY-EXPIRED-77ab".to_owned());
        Ok(Self {
            accounts: stand_in.records("Account"),
            secrets: secrets(&known)?,
            stand_in,
            exchanges: 0,
        })
    }

    fn context(&self, rng: &mut Rng) -> Value {
        // One in thirty connections is not what it should be.
        let (connection, host) = match rng.u8(..30) {
            0 => (CONNECTIONS, HOSTS[0]),
            1 => (CONNECTIONS + 1, HOSTS[0]),
            2 => (0, "acme.my.salesforce.example"),
            _ => (rng.usize(..CONNECTIONS), HOSTS[rng.usize(..HOSTS.len())]),
        };
        json!({
            "apiVersion": "v60.0", "flowName": format!("flow-{}", rng.u8(..)), "executionId": format!("run-{}", rng.u32(..)),
            "connectorProfileLabel": format!("profile-{connection}"),
            "credentials": {"secretArn": arn(connection), "authenticationType": "OAuth2"},
            "connectorRuntimeSettings": {"instanceUrl": format!("https://{host}"), "IsSandboxAccount": "false"},
        })
    }

    fn account(&self, rng: &mut Rng, field: &str) -> Value {
        let account = rng.choice(&self.accounts);
        account.map_or(Value::Null, |account| account[field].clone())
    }

    fn query(&self, rng: &mut Rng, context: &Value) -> (Value, Expect) {
        let object = OBJECTS[rng.usize(..OBJECTS.len())];
        let mut request = json!({"type": "QueryDataRequest", "entityIdentifier": object,
            "maxResults": rng.u32(20..400), "connectorContext": context});
        if rng.bool() {
            request["selectedFieldNames"] = json!(["Id", "OwnerId", "LastModifiedDate"]);
        }
        if object == "Account" && rng.bool() {
            request["filterExpression"] = FILTERS[rng.usize(..FILTERS.len())].into();
            return (request, Expect::Either);
        }
        (request, Expect::AllOrError(self.stand_in.count(object)))
    }

    fn write(&self, rng: &mut Rng, context: &Value) -> Value {
        let most = if rng.u8(..10) == 0 { 450 } else { 20 };
        let count = rng.usize(1..=most);
        let (operation, key) = [
            ("INSERT", None),
            ("UPDATE", Some("Id")),
            ("UPSERT", Some("ExternalKey__c")),
            ("DELETE", Some("Id")),
        ][rng.usize(..4)];
        let records: Vec<String> = (0..count)
            .map(|_| {
                let mut record = json!({});
                if operation != "DELETE" {
                    record["Name"] = format!("name {}", rng.u32(..)).into();
                    record["NumberOfEmployees"] = rng.i16(..).into();
                }
                if let Some(key) = key {
                    record[key] = self.account(rng, key);
                }
                record.to_string()
            })
            .collect();
        json!({"type": "WriteDataRequest", "entityIdentifier": "Account", "operation": operation,
            "idFieldNames": key.into_iter().collect::<Vec<_>>(), "records": records, "allOrNone": rng.u8(..4) == 0,
            "connectorContext": context})
    }

    /// Requests that no connector sees, or that it must refuse.
    fn bad(&self, rng: &mut Rng, context: &Value) -> Vec<u8> {
        let mut request = json!({"type": "QueryDataRequest", "entityIdentifier": "Account", "connectorContext": context});
        match rng.u8(..9) {
            0 => return b"{\"type\": \"QueryDataRequest\", ".to_vec(),
            1 => return b"\xff\xfe\x00".to_vec(),
            2 => request["type"] = "PatchDataRequest".into(),
            3 => request["entityIdentifier"] = json!({"no": "text"}),
            4 => request["filterExpression"] = BAD_FILTERS[rng.usize(..BAD_FILTERS.len())].into(),
            5 => request["nextToken"] = format!("forged-{}", rng.u64(..)).into(),
            6 => request["maxResults"] = 0.into(),
            7 => request["entityIdentifier"] = "Nowhere__c".into(),
            _ => request["selectedFieldNames"] = json!(["Id", "NoSuchField"]),
        }
        request.to_string().into_bytes()
    }
}

impl Mix for Salesforce {
    fn component(&self) -> &'static str {
        "salesforce"
    }

    fn configure(&self, config: FunctionConfig) -> Result<FunctionConfig> {
        let url = self.stand_in.url();
        let hosts = HOSTS.map(|host| format!("{host}={url}")).join(",");
        Ok(config
            .env("APPFLOW_LOCAL_TARGETS", format!("{url},{hosts}"))
            .env(
                "APPFLOW_SECRETS_FILE",
                self.secrets.path().display().to_string(),
            ))
    }

    fn request(&mut self, rng: &mut Rng) -> Request {
        let context = self.context(rng);
        let mut expect = Expect::Either;
        let mut timeout = TIMEOUT;
        let (kind, body) = match rng.u8(..100) {
            0..4 => (
                "describe",
                json!({"type": "DescribeConnectorConfigurationRequest"}),
            ),
            4..8 => (
                "settings",
                json!({"type": "ValidateConnectorRuntimeSettingsRequest", "scope": "CONNECTOR_PROFILE",
                    "connectorRuntimeSettings": context["connectorRuntimeSettings"]}),
            ),
            8..13 => (
                "credentials",
                json!({"type": "ValidateCredentialsRequest", "credentials": context["credentials"],
                    "connectorRuntimeSettings": context["connectorRuntimeSettings"]}),
            ),
            13..20 => (
                "list",
                json!({"type": "ListEntitiesRequest", "connectorContext": context}),
            ),
            20..30 => (
                "entity",
                json!({"type": "DescribeEntityRequest", "connectorContext": context,
                    "entityIdentifier": OBJECTS[rng.usize(..OBJECTS.len())]}),
            ),
            30..65 => {
                let (request, expected) = self.query(rng, &context);
                expect = expected;
                ("query", request)
            }
            65..75 => {
                let ids: Vec<Value> = (0..rng.usize(1..50))
                    .map(|_| self.account(rng, "Id"))
                    .collect();
                (
                    "retrieve",
                    json!({"type": "RetrieveDataRequest", "entityIdentifier": "Account", "idFieldName": "Id", "ids": ids,
                        "selectedFieldNames": ["Id", "Name"], "connectorContext": context}),
                )
            }
            75..90 => ("write", self.write(rng, &context)),
            90..92 => {
                timeout = SHORT;
                ("late", self.query(rng, &context).0)
            }
            _ => {
                let body = self.bad(rng, &context);
                return Request {
                    kind: "bad",
                    body,
                    timeout,
                    expect: Expect::Failure,
                };
            }
        };
        Request {
            kind,
            body: body.to_string().into_bytes(),
            timeout,
            expect,
        }
    }

    fn idle(&self) -> Vec<u8> {
        b"{\"type\": \"DescribeConnectorConfigurationRequest\"}".to_vec()
    }

    fn reset(&mut self) {
        self.exchanges += self.stand_in.request_count();
        self.stand_in.reset();
    }

    fn exchanges(&self) -> usize {
        self.exchanges + self.stand_in.request_count()
    }
}
