//! What several tests share.

use std::collections::BTreeMap;

use appflow_testkit::checker;
use appflow_testkit::runtime_api::{FunctionConfig, Invoked, Lambda};
use appflow_testkit::setup::{SECRET_ARN, SecretsFile, Setup};
use serde_json::{Value, json};

/// Token in the secret of tests that look for it afterwards.
pub const TOKEN: &str = "CANARY-TOKEN-3c1d";

/// What is tested.
pub fn setup() -> Setup {
    match Setup::from_env() {
        Ok(setup) => setup,
        Err(error) => panic!("{error:#}"),
    }
}

/// The function of a component.
pub fn function(component: &str) -> FunctionConfig {
    setup()
        .function(component)
        .unwrap_or_else(|error| panic!("{error:#}"))
}

/// A store with a secret.
pub fn secrets(token: &str) -> SecretsFile {
    SecretsFile::create(&BTreeMap::from([(
        "accessToken".to_owned(),
        token.to_owned(),
    )]))
    .unwrap()
}

/// The function of a component with a secret in a file.
pub fn with_secrets(component: &str, secrets: &SecretsFile) -> FunctionConfig {
    function(component).env("APPFLOW_SECRETS_FILE", secrets.path().display().to_string())
}

/// A query of an entity, with a context in which everything is set.
pub fn query(entity: &str, settings: Value) -> Value {
    json!({"type": "QueryDataRequest", "entityIdentifier": entity, "connectorContext": {
        "apiVersion": "v1", "connectorRuntimeSettings": settings, "flowName": "flow-1", "executionId": "execution-1",
        "connectorProfileLabel": "profile-1",
        "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"}}})
}

/// Invokes the function; the answer, which AppFlow must be able to decode.
pub fn ask(lambda: &Lambda, request: &Value) -> (Value, Invoked) {
    let invoked = lambda.invoke(request.to_string().as_bytes()).unwrap();
    assert_eq!(invoked.function_error, None, "{:#?}", invoked.log);
    let operation = checker::operation_of(request).unwrap_or_default();
    let problems = checker::check(operation, request, &invoked.payload);
    assert!(problems.is_empty(), "{problems:#?}");
    (serde_json::from_slice(&invoked.payload).unwrap(), invoked)
}

/// Code of AppFlow's in an answer; empty for a success.
pub fn code(answer: &Value) -> &str {
    answer["errorDetails"]["errorCode"]
        .as_str()
        .unwrap_or_default()
}

/// Records of a query of `good` of the hostile connectors.
pub fn good_records() -> Value {
    json!(["{\"id\":1}", "{\"id\":2}", "{\"id\":3}"])
}
