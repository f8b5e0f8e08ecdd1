//! What the tables say in words: tokens, sizes, identifiers, and what belongs together.

use serde_json::Value;

use super::Problem;
use super::shape::join;

/// Longest message shown to users.
const MESSAGE_LIMIT_CHARS: usize = 1_024;

/// Longest token AppFlow's public API takes.
const TOKEN_LIMIT_CHARS: usize = 2_048;

/// Longest identifier of an entity that survives AppFlow's public API.
const IDENTIFIER_LIMIT_CHARS: usize = 128;

/// Page size where the request names none.
const DEFAULT_PAGE: u64 = 1_000;

/// Shortest time AppFlow keeps metadata.
const SHORTEST_CACHE_SECONDS: f64 = 600.0;

pub(super) fn check(operation: &str, request: &Value, answer: &Value, problems: &mut Vec<Problem>) {
    let mut rules = Rules {
        request,
        answer,
        problems,
    };
    rules.outcome(operation);
    match operation {
        "DescribeConnectorConfiguration" => rules.configuration(),
        "ListEntities" => rules.entities(),
        "DescribeEntity" => rules.definition(),
        "QueryData" => {
            rules.token();
            rules.records();
            rules.at_most("records", "maxResults");
        }
        "RetrieveData" => rules.records(),
        "WriteData" => rules.results(),
        _ => {}
    }
}

pub(super) struct Rules<'a> {
    pub(super) request: &'a Value,
    pub(super) answer: &'a Value,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl<'a> Rules<'a> {
    pub(super) fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    pub(super) fn succeeded(&self) -> bool {
        self.answer["isSuccess"].as_bool().unwrap_or(false)
    }

    pub(super) fn list(&self, name: &str) -> &'a [Value] {
        self.answer[name].as_array().map_or(&[], Vec::as_slice)
    }

    fn outcome(&mut self, operation: &str) {
        let answer = self.answer;
        let details = &answer["errorDetails"];
        let fields = answer["errorsByInputField"]
            .as_object()
            .is_some_and(|fields| !fields.is_empty());
        if self.succeeded() {
            if !details.is_null() {
                self.problem("errorDetails", "a success with an error");
            }
            if fields {
                self.problem("errorsByInputField", "a success with errors");
            }
            if !super::OPERATIONS.contains(&operation) {
                self.problem(
                    "isSuccess",
                    "nobody can tell the operation, and it succeeded",
                );
            }
        } else if details.is_null() && !fields {
            self.problem("errorDetails", "a failure that does not say why");
        }
        if let Some(message) = details["errorMessage"].as_str() {
            self.message("errorDetails.errorMessage", message);
        }
        if details["retryAfterSeconds"]
            .as_i64()
            .is_some_and(|seconds| seconds < 0)
        {
            self.problem("errorDetails.retryAfterSeconds", "a time in the past");
        }
        if details["errorCode"] == "PartialWriteFailure" && operation != "WriteData" {
            self.problem("errorDetails.errorCode", "only a write can fail in part");
        }
        if let Some(fields) = answer["errorsByInputField"].as_object() {
            for (field, message) in fields {
                self.message(
                    &join("errorsByInputField", field),
                    message.as_str().unwrap_or("-"),
                );
            }
        }
    }

    pub(super) fn message(&mut self, path: &str, message: &str) {
        if message.trim().is_empty() {
            self.problem(path, "an empty message");
        }
        if message.chars().any(char::is_control) {
            self.problem(path, "more than one line, or control characters");
        }
        let length = message.chars().count();
        if length > MESSAGE_LIMIT_CHARS {
            self.problem(
                path,
                format!("{length} characters are more than {MESSAGE_LIMIT_CHARS}"),
            );
        }
    }

    fn configuration(&mut self) {
        let answer = self.answer;
        for name in ["connectorOwner", "connectorName"] {
            let text = answer[name].as_str().unwrap_or_default();
            let lower = text.to_ascii_lowercase();
            if ["aws", "amazon", "appflow"]
                .iter()
                .any(|reserved| lower.starts_with(reserved))
            {
                self.problem(name, format!("{text:?} starts with a name reserved by AWS"));
            }
            if self.succeeded() && text.is_empty() {
                self.problem(name, "empty");
            }
        }
        let version = answer["connectorVersion"].as_str().unwrap_or_default();
        if version.chars().any(char::is_whitespace) || version.chars().count() > 256 {
            self.problem(
                "connectorVersion",
                "white space, or more than 256 characters",
            );
        }
        if !self.succeeded() {
            return;
        }
        if version.is_empty() {
            self.problem("connectorVersion", "empty");
        }
        for name in ["connectorModes", "supportedApiVersions"] {
            if self.list(name).is_empty() {
                self.problem(name, "at least one is needed");
            }
        }
        for name in ["operatorsSupported", "supportedTriggerTypes"] {
            if answer[name].as_array().is_some_and(Vec::is_empty) {
                self.problem(name, "an empty list, which says that there are none");
            }
        }
        let writes = !self.list("supportedWriteOperations").is_empty();
        let destination = self
            .list("connectorModes")
            .iter()
            .any(|mode| mode == "DESTINATION");
        if destination && answer["supportedWriteOperations"].is_array() && !writes {
            self.problem(
                "supportedWriteOperations",
                "a destination must be able to write",
            );
        }
        if !destination && writes {
            self.problem("supportedWriteOperations", "only a destination can write");
        }
        self.https("logoURL", &answer["logoURL"]);
        self.authentication(&answer["authenticationConfig"]);
        let mut keys = Vec::new();
        for (index, setting) in self.list("connectorRuntimeSetting").iter().enumerate() {
            let path = format!("connectorRuntimeSetting[{index}]");
            let key = setting["key"].as_str().unwrap_or_default().to_owned();
            let word =
                !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !word || key.len() > 128 {
                self.problem(
                    join(&path, "key"),
                    "letters, digits and underscores, at most 128",
                );
            }
            if keys.contains(&key) {
                self.problem(join(&path, "key"), format!("{key:?} comes twice"));
            }
            keys.push(key);
            for (name, limit) in [("label", 128), ("description", 1_024)] {
                if setting[name]
                    .as_str()
                    .is_some_and(|text| text.chars().count() > limit)
                {
                    self.problem(join(&path, name), format!("more than {limit} characters"));
                }
            }
        }
    }

    fn authentication(&mut self, config: &Value) {
        let flag = |name: &str| config[name].as_bool().unwrap_or(false);
        let defaults = &config["oAuth2Defaults"];
        if flag("isOAuth2Supported") == defaults.is_null() {
            self.problem(
                "authenticationConfig.oAuth2Defaults",
                "must be there exactly if OAuth 2 is supported",
            );
        }
        let custom = config["customAuthConfig"]
            .as_array()
            .is_some_and(|schemes| !schemes.is_empty());
        if flag("isCustomAuthSupported") != custom {
            self.problem(
                "authenticationConfig.customAuthConfig",
                "must be there exactly if custom schemes are supported",
            );
        }
        for name in ["tokenURL", "authURL"] {
            for (index, url) in defaults[name].as_array().into_iter().flatten().enumerate() {
                self.https(
                    &format!("authenticationConfig.oAuth2Defaults.{name}[{index}]"),
                    url,
                );
            }
        }
        if !defaults.is_null() {
            for name in ["tokenURL", "oAuth2GrantTypesSupported"] {
                if defaults[name].as_array().is_some_and(Vec::is_empty) {
                    self.problem(
                        format!("authenticationConfig.oAuth2Defaults.{name}"),
                        "at least one is needed",
                    );
                }
            }
        }
    }

    fn https(&mut self, path: &str, url: &Value) {
        if url.as_str().is_some_and(|url| !url.starts_with("https://")) {
            self.problem(path, "not an https address");
        }
    }

    fn entities(&mut self) {
        self.token();
        self.at_most("entities", "maxResult");
        for (index, entity) in self.list("entities").iter().enumerate() {
            self.entity(entity, &format!("entities[{index}]"));
        }
        self.cache();
    }

    fn definition(&mut self) {
        let definition = &self.answer["entityDefinition"];
        if self.succeeded() && definition.is_null() {
            self.problem("entityDefinition", "missing from a success");
        }
        if !definition.is_null() {
            self.entity(&definition["entity"], "entityDefinition.entity");
            let mut names = Vec::new();
            for (index, field) in definition["fields"]
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
            {
                let path = format!("entityDefinition.fields[{index}]");
                let name = field["fieldName"].as_str().unwrap_or_default();
                self.identifier(&join(&path, "fieldName"), name);
                if names.contains(&name) {
                    self.problem(join(&path, "fieldName"), format!("{name:?} comes twice"));
                }
                names.push(name);
                let incremental =
                    field["readProperties"]["isTimestampFieldForIncrementalQueries"] == true;
                if incremental && field["dataType"] != "Date" && field["dataType"] != "DateTime" {
                    self.problem(path, "only dates can drive incremental flows");
                }
            }
        }
        self.cache();
    }

    fn entity(&mut self, entity: &Value, path: &str) {
        self.identifier(
            &join(path, "entityIdentifier"),
            entity["entityIdentifier"].as_str().unwrap_or_default(),
        );
    }

    fn identifier(&mut self, path: &str, text: &str) {
        let length = text.chars().count();
        if length == 0 || length > IDENTIFIER_LIMIT_CHARS || text.chars().any(char::is_whitespace) {
            self.problem(
                path,
                format!("1 to {IDENTIFIER_LIMIT_CHARS} characters without white space are needed"),
            );
        }
    }

    fn cache(&mut self) {
        let cache = &self.answer["cacheControl"];
        let Some(amount) = cache["timeToLive"].as_i64() else {
            return;
        };
        let seconds = match cache["timeToLiveUnit"].as_str() {
            Some("NANOSECONDS") => 1e-9,
            Some("MICROSECONDS") => 1e-6,
            Some("MILLISECONDS") => 1e-3,
            Some("MINUTES") => 60.0,
            Some("HOURS") => 3_600.0,
            Some("DAYS") => 86_400.0,
            _ => 1.0,
        };
        #[allow(clippy::cast_precision_loss, reason = "a comparison with 600")]
        if (amount as f64) * seconds < SHORTEST_CACHE_SECONDS {
            self.problem(
                "cacheControl.timeToLive",
                "AppFlow keeps nothing for less than 600 seconds",
            );
        }
    }

    fn token(&mut self) {
        let Some(token) = self.answer["nextToken"].as_str() else {
            return;
        };
        if token.is_empty() {
            self.problem(
                "nextToken",
                "an empty token, which may mean both an end and a next page",
            );
        }
        if token.chars().count() > TOKEN_LIMIT_CHARS {
            self.problem(
                "nextToken",
                format!("more than {TOKEN_LIMIT_CHARS} characters"),
            );
        }
        if token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.problem("nextToken", "white space");
        }
        if self.request["nextToken"] == token {
            self.problem(
                "nextToken",
                "the token of the request: this would never end",
            );
        }
        if !self.succeeded() {
            self.problem("nextToken", "a failure with a next page");
        }
    }

    fn at_most(&mut self, list: &str, limit: &str) {
        let limit = self.request[limit].as_u64().unwrap_or(DEFAULT_PAGE);
        let count = self.list(list).len();
        if u64::try_from(count).is_ok_and(|count| count > limit) {
            self.problem(list, format!("{count} are more than the {limit} asked for"));
        }
    }
}
