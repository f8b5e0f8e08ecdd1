//! What an invocation starts ends with it: no task is left in the runtime, however the invocation ended.
//!
//! A test inside the host's process, since nothing else can see its tasks; descriptors, threads and memory are watched from
//! outside by the soak.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::time::{Duration, Instant};

use appflow_host::invocation::{Call, Host};
use appflow_host::settings::Settings;
use appflow_testkit::setup::{SECRET_ARN, SecretsFile, Setup};
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Time for what was cancelled to be cleared away.
const LIMIT: Duration = Duration::from_secs(10);

/// The application of all behaviours: a prompt answer, one that never comes, and two that break off.
const SCRIPT: &str = r#"
[[exchange]]
path = "/records"
body = '{"records": [{"id": 1}]}'
[[exchange]]
path = "/large"
body-bytes = 4000000
[[exchange]]
path = "/hang"
fault = "hang"
[[exchange]]
path = "/truncate"
body-bytes = 100000
fault = "truncate"
[[exchange]]
path = "/close"
fault = "close"
"#;

fn host(upstream: &Upstream, secrets: &SecretsFile) -> Host {
    let settings = Settings {
        component: Setup::from_env().unwrap().component("hostile").unwrap(),
        local_targets: Some(upstream.url()),
        secrets_file: Some(secrets.path().to_owned()),
        ..Settings::default()
    };
    appflow_host::host(&settings).unwrap()
}

async fn query(host: &Host, upstream: &str, entity: &str, time: Duration) -> Value {
    let request = json!({"type": "QueryDataRequest", "entityIdentifier": entity, "connectorContext": {
        "apiVersion": "v1", "connectorRuntimeSettings": {"upstream": upstream},
        "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"}}});
    let answer = host
        .answer(Call {
            body: request.to_string().as_bytes(),
            request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            function_arn: "arn:aws:lambda:eu-west-1:111122223333:function:connector-under-test",
            trace_id: None,
            deadline: Instant::now() + time,
        })
        .await;
    serde_json::from_slice(&answer).unwrap()
}

/// Waits until no more tasks live than `most`; how many did when the time was over.
async fn settled(runtime: &tokio::runtime::RuntimeMetrics, most: usize) -> usize {
    let started = Instant::now();
    while runtime.num_alive_tasks() > most && started.elapsed() < LIMIT {
        tokio::task::yield_now().await;
    }
    runtime.num_alive_tasks()
}

#[test]
fn no_task_outlives_its_invocation_and_the_connections_it_left() {
    let script: Script = toml::from_str(SCRIPT).unwrap();
    let upstream = Upstream::start(script, std::path::Path::new(".")).unwrap();
    let secrets =
        SecretsFile::create(&[("accessToken".to_owned(), "CANARY-TOKEN-3c1d".to_owned())].into())
            .unwrap();
    let host = host(&upstream, &secrets);
    let runtime = Runtime::new().unwrap();
    let metrics = runtime.metrics();
    let long = Duration::from_secs(10);
    let short = Duration::from_millis(700);
    let url = upstream.url();
    runtime.block_on(async {
        // Without a request to the application nothing may be left at once.
        for (entity, time) in [
            ("good", long),
            ("panic", long),
            ("exit", long),
            ("overflow", long),
            ("grow", long),
            ("spin", short),
            ("sleep", short),
            ("busy-with-the-host", short),
            ("denied-wasi-http", long),
            ("denied-loopback", long),
        ] {
            query(&host, &url, entity, time).await;
            assert_eq!(settled(&metrics, 0).await, 0, "tasks left by {entity}");
        }
        // A kept connection has a task of its own, as long as the application keeps it too, and the pool has one that looks for
        // connections nobody uses any more.
        query(&host, &url, "emits-all", long).await;
        assert!(
            metrics.num_alive_tasks() > 1,
            "the test sees no connection: it would see no task either"
        );
        for (entity, time) in [
            ("drops-bodies", long),
            ("holds-bodies", long),
            ("body-too-large", long),
            ("gets-half-an-answer", short),
            ("gets-no-answer", short),
            ("waits-for-an-answer", short),
        ] {
            query(&host, &url, entity, time).await;
        }
        let good = query(&host, &url, "good", long).await;
        assert_eq!(good["isSuccess"], true, "{good}");
        drop(upstream);
        let left = settled(&metrics, 1).await;
        assert!(left <= 1, "{left} tasks left, the pool's own one included");
        drop(host);
        assert_eq!(settled(&metrics, 0).await, 0, "tasks left by the host");
    });
}
