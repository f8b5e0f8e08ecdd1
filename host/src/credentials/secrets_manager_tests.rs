#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

use super::*;
use appflow_testkit::fakes::{JsonAnswer, JsonService, Moto};

const ARN: &str =
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:appflow!123456789012-shop-mine-a1B2c3";

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

async fn fetch(url: &str, arn: &str) -> Result<String, SecretError> {
    SecretsManager::new(Aws::for_server(url))
        .fetch(arn, soon())
        .await
        .map(|secret| secret.expose().to_owned())
}

/// What one scripted answer becomes, and how often it was asked for.
async fn scripted(answer: JsonAnswer) -> (Result<String, SecretError>, usize) {
    let service = JsonService::start([answer]).unwrap();
    let result = fetch(&service.url(), ARN).await;
    (result, service.calls().len())
}

#[tokio::test]
async fn moto_gives_the_secret_in_the_region_of_its_arn() {
    let moto = Moto::shared().unwrap();
    let arn = moto
        .create_secret("ap-southeast-2", "region-of-arn", r#"{"accessToken": "t"}"#)
        .unwrap();
    assert!(arn.contains(":ap-southeast-2:"), "{arn}");
    // The configured region is another one.
    assert_eq!(
        fetch(&moto.url(), &arn).await.unwrap(),
        r#"{"accessToken": "t"}"#
    );
}

#[tokio::test]
async fn moto_gives_what_was_written_last() {
    let moto = Moto::shared().unwrap();
    let arn = moto.create_secret("eu-west-1", "rewritten", "old").unwrap();
    assert_eq!(fetch(&moto.url(), &arn).await.unwrap(), "old");
    moto.put_secret("eu-west-1", &arn, "new").unwrap();
    assert_eq!(fetch(&moto.url(), &arn).await.unwrap(), "new");
}

#[tokio::test]
async fn moto_gives_a_secret_made_by_the_real_client_and_then_deleted() {
    let moto = Moto::shared().unwrap();
    let config = Aws::for_server(&moto.url()).config(None).await;
    let client = Client::new(&config);
    let arn = client
        .create_secret()
        .name("by-the-real-client")
        .secret_string("{}")
        .send()
        .await
        .unwrap()
        .arn
        .unwrap();
    assert_eq!(fetch(&moto.url(), &arn).await.unwrap(), "{}");
    client.delete_secret().secret_id(&arn).send().await.unwrap();
    assert_eq!(
        fetch(&moto.url(), &arn).await,
        Err(SecretError::ScheduledForDeletion)
    );
}

#[tokio::test]
async fn moto_knows_no_such_secret() {
    let moto = Moto::shared().unwrap();
    assert_eq!(fetch(&moto.url(), ARN).await, Err(SecretError::NotFound));
}

#[tokio::test]
async fn moto_gives_a_binary_secret_which_is_refused() {
    let moto = Moto::shared().unwrap();
    let config = Aws::for_server(&moto.url()).config(None).await;
    let arn = Client::new(&config)
        .create_secret()
        .name("binary")
        .secret_binary(aws_sdk_secretsmanager::primitives::Blob::new(
            b"\0".to_vec(),
        ))
        .send()
        .await
        .unwrap()
        .arn
        .unwrap();
    assert_eq!(
        fetch(&moto.url(), &arn).await,
        Err(SecretError::Malformed("it is binary, not text"))
    );
}

#[tokio::test]
async fn sends_the_arn_to_its_region_and_nothing_else() {
    let answer = serde_json::json!({"ARN": ARN, "SecretString": "{}"});
    let service = JsonService::start([JsonAnswer::Ok(answer)]).unwrap();
    fetch(&service.url(), &ARN.replace("eu-west-1", "us-west-2"))
        .await
        .unwrap();
    let calls = service.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].target, "secretsmanager.GetSecretValue");
    assert_eq!(
        calls[0].input,
        serde_json::json!({"SecretId": ARN.replace("eu-west-1", "us-west-2")})
    );
    assert_eq!(calls[0].region, "us-west-2");
}

#[tokio::test]
async fn refusals_by_iam_and_by_kms_are_told_apart() {
    let iam = "User: arn:aws:sts::123456789012:assumed-role/kms-tools/f is not authorized to perform: \
               secretsmanager:GetSecretValue on resource: x because no identity-based policy allows it";
    let (result, calls) = scripted(JsonAnswer::error("AccessDeniedException", iam)).await;
    assert_eq!(result, Err(SecretError::AccessDenied));
    assert_eq!(calls, 1);
    for text in [
        "Access to KMS is not allowed",
        "User: arn:aws:sts::1:assumed-role/f is not authorized to perform: kms:Decrypt on resource: key",
    ] {
        let (result, _) = scripted(JsonAnswer::error("AccessDeniedException", text)).await;
        assert_eq!(result, Err(SecretError::KmsDenied), "{text}");
    }
}

#[tokio::test]
async fn errors_that_last_are_believed_at_once() {
    for (code, expected) in [
        ("ResourceNotFoundException", SecretError::NotFound),
        ("DecryptionFailure", SecretError::Undecryptable),
        ("InvalidRequestException", SecretError::ScheduledForDeletion),
        ("InvalidParameterException", SecretError::InvalidArn),
        ("UnrecognizedClientException", SecretError::NoIdentity),
        ("InvalidSignatureException", SecretError::NoIdentity),
    ] {
        let (result, calls) = scripted(JsonAnswer::error(code, "scripted")).await;
        assert_eq!(result, Err(expected), "{code}");
        assert_eq!(calls, 1, "{code}");
    }
}

#[tokio::test]
async fn throttling_and_faults_are_tried_again_and_then_reported() {
    let throttled = JsonAnswer::Error {
        status: 400,
        code: "ThrottlingException".into(),
        message: "Rate exceeded".into(),
        retry_after: Some(7),
    };
    let (result, calls) = scripted(throttled).await;
    assert_eq!(
        result,
        Err(SecretError::Throttled {
            retry_after: Duration::from_secs(7)
        })
    );
    assert_eq!(calls, 3);

    let (result, calls) = scripted(JsonAnswer::fault("InternalServiceError")).await;
    assert!(
        matches!(result, Err(SecretError::Unavailable(_))),
        "{result:?}"
    );
    assert_eq!(calls, 3);
}

#[tokio::test]
async fn a_passing_fault_goes_unnoticed() {
    let good = JsonAnswer::Ok(serde_json::json!({"SecretString": "{}"}));
    let service = JsonService::start([JsonAnswer::fault("InternalServiceError"), good]).unwrap();
    assert_eq!(fetch(&service.url(), ARN).await.unwrap(), "{}");
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_the_services_fault() {
    let (result, _) = scripted(JsonAnswer::Garbage).await;
    assert!(
        matches!(result, Err(SecretError::Unavailable(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let service = JsonService::start([]).unwrap();
    let url = service.url();
    drop(service);
    assert_eq!(
        fetch(&url, ARN).await,
        Err(SecretError::Unavailable("no connection"))
    );
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_the_deadline() {
    let service = JsonService::start([JsonAnswer::Stall]).unwrap();
    let store = SecretsManager::new(Aws::for_server(&service.url()));
    let begin = Instant::now();
    let deadline = begin + Duration::from_millis(1500);
    let error = store.fetch(ARN, deadline).await.unwrap_err();
    assert_eq!(error, SecretError::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_long_before_a_late_deadline() {
    let service = JsonService::start([JsonAnswer::Stall]).unwrap();
    let store = SecretsManager::new(Aws::for_server(&service.url()));
    let begin = Instant::now();
    let error = store
        .fetch(ARN, begin + Duration::from_secs(800))
        .await
        .unwrap_err();
    assert_eq!(error, SecretError::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn without_an_identity_the_message_says_so() {
    let service = JsonService::start([]).unwrap();
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .endpoint_url(service.url())
        .build();
    let store = SecretsManager::new(Arc::new(Aws::from_config(config)));
    assert_eq!(
        store.fetch(ARN, soon()).await.unwrap_err(),
        SecretError::NoIdentity
    );
    assert!(service.calls().is_empty());
}

#[test]
fn the_region_comes_out_of_the_arn() {
    assert_eq!(region_of(ARN), Ok("eu-west-1"));
    assert_eq!(
        region_of("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a:b"),
        Ok("cn-north-1")
    );
    assert_eq!(
        region_of("arn:aws:secretsmanager::123456789012:secret:a"),
        Ok("")
    );
}

#[test]
fn what_is_not_the_arn_of_a_secret_goes_nowhere() {
    for odd in [
        "",
        "my-secret",
        "arn:aws:secretsmanager",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
        "arn:aws:secretsmanager:eu-west-1:123456789012:policy:a",
        "arn:aws:ssm:eu-west-1:123456789012:secret:a",
        "arn:aws:secretsmanager:evil.example/:123456789012:secret:a",
        "arn:aws:secretsmanager:evil.example#:123456789012:secret:a",
        "arn:aws:secretsmanager:EU-WEST-1:123456789012:secret:a",
        "arn:aws:secretsmanager:eu-west-1:12345:secret:a",
        "arn:other:secretsmanager:eu-west-1:123456789012:secret:a",
        " arn:aws:secretsmanager:eu-west-1:123456789012:secret:a",
    ] {
        assert_eq!(region_of(odd), Err(SecretError::InvalidArn), "{odd}");
    }
    let long = format!("{ARN}{}", "x".repeat(2048));
    assert_eq!(region_of(&long), Err(SecretError::InvalidArn));
}

#[tokio::test]
async fn each_question_carries_the_trace_of_its_own_invocation() {
    let service = JsonService::start([JsonAnswer::fault("InternalServiceError")]).unwrap();
    let secrets = SecretsManager::new(Aws::for_server(&service.url()));
    let ask = async |number: usize| {
        let trace = crate::telemetry::TraceId::parse(&format!("Root=1-0-{number};Sampled=1"));
        let arn = format!("{ARN}-{number}");
        let _ = crate::telemetry::within(trace, secrets.fetch(&arn, soon())).await;
    };
    // At once, so that what one sets for the whole process would be seen by the other.
    futures::join!(ask(1), ask(2));
    let calls = service.calls();
    assert!(calls.len() >= 2, "{calls:?}");
    for call in calls {
        let arn = call.input["SecretId"].as_str().unwrap();
        let number = arn.rsplit('-').next().unwrap();
        assert_eq!(call.trace_id, format!("Root=1-0-{number};Sampled=1"));
    }
    let _ = secrets.fetch(ARN, soon()).await;
    assert_eq!(service.calls().last().unwrap().trace_id, "");
}
