//! Running one case with one component.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::application::{Application, INSTANCE_HOST};
use super::load::{Case, Step};
use super::matcher::{differences, text_fits};
use super::play::Variation;
use super::show::{excerpt, readable, shown_log, shown_request};
use super::spec::ExpectedRequest;
use super::values::Values;
use super::{BLESS_VARIABLE, leaks};
use crate::checker;
use crate::runtime_api::{FunctionConfig, Invoked, Lambda};
use crate::setup::{SECRET_ARN, SecretsFile, Setup};
use crate::upstream::Seen;

/// Pages asked for when following unless the case says otherwise: a connector that never ends must be noticed.
const MAX_PAGES: usize = 100;

/// Something about a case that is not as it must be.
#[derive(Debug, Clone)]
pub struct Failure {
    /// File name of the request it is about; empty for the case as a whole.
    pub step: String,
    /// What.
    pub lines: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.step.is_empty() {
            writeln!(f, "  {}", self.step)?;
        }
        let lines: Vec<String> = self
            .lines
            .iter()
            .map(|line| format!("    {}", line.replace('\n', "\n    ")))
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Runs a case with a component.
///
/// # Errors
///
/// If the case cannot be run at all: a file is missing, the component is not there, a process cannot be started.
pub fn run(setup: &Setup, case: &Case, component: &str) -> Result<Vec<Failure>> {
    let (mut runner, application) = start(setup, case, component, None)?;
    runner.steps()?;
    runner.afterwards(&application)?;
    Ok(runner.failures)
}

/// Runs a case with a component, as it says or otherwise, whatever is expected of it; the bytes of all answers, pages
/// included.
///
/// # Errors
///
/// As [`run`].
pub fn answers(
    setup: &Setup,
    case: &Case,
    component: &str,
    variation: Option<&Variation>,
) -> Result<Vec<Vec<u8>>> {
    let (mut runner, _application) = start(setup, case, component, variation)?;
    runner.steps()?;
    Ok(runner.bytes)
}

/// Starts the application and the function of a case.
pub(super) fn start<'a>(
    setup: &Setup,
    case: &'a Case,
    component: &'a str,
    variation: Option<&Variation>,
) -> Result<(Runner<'a>, Application)> {
    let spec = &case.spec;
    let mut values = Values::default();
    for (name, value) in &spec.values {
        values.set(name.clone(), serde_json::to_value(value)?);
    }
    values.set("secretArn", SECRET_ARN);
    let mut application = Application::start(spec, &case.folder, &values)?;
    if let Some(url) = application.url() {
        values.set("upstream", url);
    }
    values.set("instanceUrl", format!("https://{INSTANCE_HOST}"));
    values.set("token", application.token());
    for (name, value) in application.values() {
        values.set(name, value);
    }
    let secret = spec.secret.clone().unwrap_or_else(|| application.secret());
    let secret: std::collections::BTreeMap<String, String> = secret
        .into_iter()
        .map(|(key, value)| (key, values.fill_text(&value)))
        .collect();
    for (key, value) in &secret {
        values.set(format!("secret.{key}"), value.clone());
    }
    let secrets = SecretsFile::create(&secret)?;

    let mut function = setup
        .function(component)?
        .timeout(Duration::from_secs_f64(
            spec.timeout_seconds.unwrap_or(30.0),
        ))
        .memory_mb(spec.memory_mb.unwrap_or(512))
        .env("APPFLOW_SECRETS_FILE", secrets.path().display().to_string())
        .env("APPFLOW_LOG", "debug")
        .env("APPFLOW_METRICS", "emf");
    if let Some(targets) = application.local_targets() {
        function = function.env("APPFLOW_LOCAL_TARGETS", targets);
    }
    for (name, value) in &spec.environment {
        function = function.env(name, values.fill_text(value));
    }
    let mut varied = function.clone();
    for (name, value) in variation
        .iter()
        .flat_map(|variation| &variation.environment)
    {
        varied = varied.env(name, value);
    }
    let mut runner = Runner {
        case,
        component,
        values,
        lambda: Lambda::start(varied)?,
        _secrets: secrets,
        without: variation
            .is_some_and(|variation| variation.repeated)
            .then_some(function),
        varied: variation.is_some(),
        definition: None,
        pages: 0,
        failures: Vec::new(),
        requests: Vec::new(),
        answers: Vec::new(),
        differences: Vec::new(),
        breaches: Vec::new(),
        repeats: 0,
        bytes: Vec::new(),
    };
    if spec.describe {
        runner.definition = Some(runner.describe()?);
    }
    application.begin();
    Ok((runner, application))
}

pub(super) struct Runner<'a> {
    case: &'a Case,
    component: &'a str,
    values: Values,
    pub(super) lambda: Lambda,
    /// Lives as long as the processes that read it.
    _secrets: SecretsFile,
    /// The function without what the variation adds, for repeats.
    without: Option<FunctionConfig>,
    varied: bool,
    /// The entity as the connector described it, to be sent along.
    definition: Option<Value>,
    pages: usize,
    failures: Vec<Failure>,
    pub(super) requests: Vec<Value>,
    pub(super) answers: Vec<Value>,
    pub(super) differences: Vec<String>,
    pub(super) breaches: Vec<String>,
    pub(super) repeats: usize,
    /// All answers as they came, pages included.
    bytes: Vec<Vec<u8>>,
}

impl Runner<'_> {
    pub(super) fn steps(&mut self) -> Result<()> {
        for (number, step) in self.case.steps.iter().enumerate() {
            // Only the first request is followed: the others are about what comes after.
            self.step(step, self.case.spec.follow && number == 0)?;
        }
        Ok(())
    }

    fn request(&self, step: &Step) -> Result<(Value, Vec<u8>)> {
        let bytes = std::fs::read(&step.request)
            .with_context(|| format!("cannot read {}", step.request.display()))?;
        if step
            .request
            .extension()
            .is_some_and(|extension| extension == "raw")
        {
            return Ok((Value::Null, bytes));
        }
        let mut request: Value =
            serde_json::from_slice(&bytes).with_context(|| step.request.display().to_string())?;
        self.values.fill(&mut request);
        // Records are written as objects in the files and travel as strings.
        if let Some(records) = request.get_mut("records").and_then(Value::as_array_mut) {
            for record in records.iter_mut().filter(|record| record.is_object()) {
                *record = Value::String(record.to_string());
            }
        }
        let bytes = request.to_string().into_bytes();
        Ok((request, bytes))
    }

    /// The entity of the first request as the connector describes it.
    fn describe(&mut self) -> Result<Value> {
        let step = self.case.steps.first().context("a case has a request")?;
        let (request, _) = self.request(step)?;
        let describe = json!({"type": "DescribeEntityRequest", "entityIdentifier": request["entityIdentifier"],
            "connectorContext": request["connectorContext"]});
        let invoked = self.ask(describe.to_string().as_bytes())?;
        let answer: Value =
            serde_json::from_slice(&invoked.payload).context("describing the entity")?;
        if answer["entityDefinition"].is_null() {
            bail!("describing the entity: {answer}");
        }
        Ok(answer["entityDefinition"].clone())
    }

    fn step(&mut self, step: &Step, follow: bool) -> Result<()> {
        let (mut request, mut bytes) = self.request(step)?;
        if let Some(definition) = &self.definition
            && let Some(context) = request
                .get_mut("connectorContext")
                .and_then(Value::as_object_mut)
            && !context.contains_key("entityDefinition")
        {
            context.insert("entityDefinition".to_owned(), definition.clone());
            bytes = request.to_string().into_bytes();
        }
        self.requests.push(request.clone());
        let mut lines = Vec::new();
        let mut answer = self.invoke(&request, &bytes, &mut lines)?;
        if let Some(token) = answer["nextToken"].as_str() {
            self.values.set("nextToken", token);
        }
        if follow {
            self.pages = 1;
            let most = self.case.spec.max_pages.unwrap_or(MAX_PAGES);
            while answer["isSuccess"] == true
                && let Some(token) = answer["nextToken"].as_str().map(str::to_owned)
            {
                if self.pages == most {
                    lines.push(format!("there is still a token after {most} pages"));
                    break;
                }
                self.pages += 1;
                request["nextToken"] = Value::String(token);
                let mut next = self.invoke(&request, request.to_string().as_bytes(), &mut lines)?;
                for list in ["records", "entities"] {
                    let before = answer[list].as_array().cloned().unwrap_or_default();
                    if let Some(items) = next.get_mut(list).and_then(Value::as_array_mut) {
                        items.splice(0..0, before);
                    }
                }
                answer = next;
            }
        }
        self.breaches.extend(lines.iter().cloned());
        self.compare(step, &answer, &mut lines)?;
        self.answers.push(answer);
        self.report(
            step.request
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            lines,
        );
        Ok(())
    }

    /// Invokes the function, and once more if its process ended and the variation says so.
    fn ask(&mut self, bytes: &[u8]) -> Result<Invoked> {
        let invoked = self.lambda.invoke(bytes)?;
        let Some(function) = self.without.take_if(|_| invoked.function_error.is_some()) else {
            return Ok(invoked);
        };
        self.repeats += 1;
        self.lambda = Lambda::start(function)?;
        self.lambda.invoke(bytes)
    }

    fn invoke(&mut self, request: &Value, bytes: &[u8], lines: &mut Vec<String>) -> Result<Value> {
        let invoked = self.ask(bytes)?;
        if let Some(error) = &invoked.function_error {
            lines.push(format!(
                "function error {}: {}",
                error.error_type, error.message
            ));
        }
        let operation = checker::operation_of(request).unwrap_or_default();
        let known = &self.case.spec.expect.known_problems;
        for problem in checker::check(operation, request, &invoked.payload) {
            let problem = problem.to_string();
            if !known.iter().any(|known| problem.contains(known)) {
                lines.push(format!("AppFlow's protocol: {problem}"));
            }
        }
        // AppFlow waits 10 seconds for metadata and 30 for data.
        let data = ["QueryData", "RetrieveData", "WriteData"].contains(&operation);
        let limit = self
            .case
            .spec
            .expect
            .seconds
            .unwrap_or(if data { 30.0 } else { 10.0 });
        let took = (invoked.duration + invoked.init_duration.unwrap_or_default()).as_secs_f64();
        if took > limit {
            lines.push(format!("it took {took:.2} seconds, more than {limit}"));
        }
        let answer = serde_json::from_slice(&invoked.payload).unwrap_or(Value::Null);
        self.bytes.push(invoked.payload.clone());
        lines.extend(leaks(&answer));
        if !lines.is_empty() {
            lines.extend(shown_log(&invoked));
        }
        Ok(answer)
    }

    fn compare(&mut self, step: &Step, answer: &Value, lines: &mut Vec<String>) -> Result<()> {
        let differences = match std::fs::read(&step.answer) {
            Ok(bytes) => {
                let mut expected: Value = serde_json::from_slice(&bytes)
                    .with_context(|| step.answer.display().to_string())?;
                self.values.fill(&mut expected);
                differences(&expected, answer)
            }
            Err(error) => vec![format!("cannot read {}: {error}", step.answer.display())],
        };
        if differences.is_empty() {
            return Ok(());
        }
        self.differences.extend(differences.iter().cloned());
        // What comes of a variation is not what the case says.
        if self.varied {
            return Ok(());
        }
        let bless = std::env::var(BLESS_VARIABLE).unwrap_or_default();
        if bless == "1" || (bless == "new" && !step.answer.exists()) {
            let text = format!("{:#}\n", readable(answer.clone()));
            return std::fs::write(&step.answer, text).context("cannot write the answer");
        }
        lines.extend(differences);
        lines.push(format!(
            "answered: {}",
            excerpt(&format!("{:#}", readable(answer.clone())), 4_000)
        ));
        Ok(())
    }

    fn afterwards(&mut self, application: &Application) -> Result<()> {
        let expect = &self.case.spec.expect;
        let mut lines = Vec::new();
        let starts = expect.starts.unwrap_or(1);
        if self.lambda.starts() != starts {
            lines.push(format!(
                "{} processes were started instead of {starts}",
                self.lambda.starts()
            ));
        }
        if let Some(pages) = expect.pages
            && pages != self.pages
        {
            lines.push(format!("{} pages instead of {pages}", self.pages));
        }
        lines.extend(self.held());
        let seen = application.requests();
        for unexpected in application.unexpected() {
            lines.push(format!("the application did not expect {unexpected}"));
        }
        if let Some(count) = expect.requests
            && count != seen.len()
        {
            lines.push(format!(
                "{} requests to the application instead of {count}:",
                seen.len()
            ));
            lines.extend(seen.iter().map(shown_request));
        }
        if !expect.request.is_empty() {
            lines.extend(self.requests(&expect.request, &seen));
        }
        let log = self.lambda.logs()?;
        super::grants::note(self.component, &log);
        let log = log.join("\n");
        for text in &expect.log {
            if !log.contains(text.as_str()) {
                lines.push(format!(
                    "the log does not say {text:?}:\n{}",
                    excerpt(&log, 4_000)
                ));
            }
        }
        for (object, expected) in &expect.stored {
            let mut expected: Value = serde_json::from_str(expected).context("expect.stored")?;
            self.values.fill(&mut expected);
            let found = differences(&expected, &application.stored(object)?);
            lines.extend(
                found
                    .into_iter()
                    .map(|line| format!("{object} afterwards: {line}")),
            );
        }
        self.report(String::new(), lines);
        Ok(())
    }

    /// Where the process holds more than the case allows.
    fn held(&self) -> Vec<String> {
        let expect = &self.case.spec.expect;
        let Some(held) = self.lambda.held() else {
            return Vec::new();
        };
        let memory_mb = held.peak_memory_kib >> 10;
        let (files, threads) = (held.open_files as u64, held.threads);
        [
            (
                "MiB of memory were used at most",
                memory_mb,
                expect.memory_mb,
            ),
            (
                "files are open",
                files,
                expect.files.map(|files| files as u64),
            ),
            ("threads are there", threads, expect.threads),
        ]
        .into_iter()
        .filter_map(|(what, found, most)| {
            let most = most.filter(|most| found > *most)?;
            Some(format!("{found} {what}, more than {most}"))
        })
        .collect()
    }

    fn requests(&self, expected: &[ExpectedRequest], seen: &[Seen]) -> Vec<String> {
        let fits = |(expected, seen): (&ExpectedRequest, &Seen)| {
            let text =
                |expected: &str, actual: &str| text_fits(&self.values.fill_text(expected), actual);
            let pairs =
                |expected: &std::collections::BTreeMap<String, String>,
                 actual: &std::collections::BTreeMap<String, String>| {
                    expected.iter().all(|(name, value)| match actual.get(name) {
                        Some(actual) => text(value, actual),
                        None => value == "{{absent}}",
                    })
                };
            let body = expected.body.as_deref().is_none_or(|body| {
                let expected = serde_json::from_str(&self.values.fill_text(body));
                let actual = serde_json::from_str(&seen.body);
                matches!((expected, actual), (Ok(expected), Ok(actual)) if differences(&expected, &actual).is_empty())
            });
            expected
                .method
                .as_ref()
                .is_none_or(|method| *method == seen.method)
                && expected
                    .path
                    .as_deref()
                    .is_none_or(|path| text(path, &seen.path))
                && pairs(&expected.query, &seen.query)
                && pairs(&expected.headers, &seen.headers)
                && body
        };
        if expected.len() == seen.len() && expected.iter().zip(seen).all(fits) {
            return Vec::new();
        }
        let mut lines = vec![format!(
            "the application saw other requests than the {} expected:",
            expected.len()
        )];
        lines.extend(seen.iter().map(shown_request));
        lines
    }

    fn report(&mut self, step: String, lines: Vec<String>) {
        if !lines.is_empty() {
            self.failures.push(Failure { step, lines });
        }
    }
}
