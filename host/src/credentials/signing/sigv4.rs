//! `aws-sigv4`: AWS Signature Version 4 of method, address, headers and body, in headers.
//!
//! | parameter | meaning |
//! | --- | --- |
//! | `access-key` | key of the access key id in the secret; `username`, or `apiKey` where the secret has one, unless given |
//! | `secret-key` | key of the secret access key; `password`, or `apiSecretKey`, unless given |
//! | `session-key` | key of the session token; none unless given |
//! | `service` | name of the service as AWS signs it, such as `execute-api`; needed |
//! | `region` | such as `eu-west-1`; needed |
//!
//! `s3` is signed as S3 wants it: the path once encoded and not normalised, with the header `x-amz-content-sha256`.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use http::header::HeaderName;

use super::{Parameters, put_header, with_parameter};
use crate::credentials::{SealError, Vault};

pub(super) const PARAMETERS: &[&str] = &[
    "access-key",
    "secret-key",
    "session-key",
    "service",
    "region",
];

pub(super) fn sign(
    vault: &Vault,
    parameters: &Parameters<'_>,
    request: &mut Request<Bytes>,
    now: SystemTime,
) -> Result<(), SealError> {
    let value = |given: Option<&str>, first: &str, second: &str| match given {
        Some(key) => vault.value(key),
        None => vault.value(first).or_else(|_| vault.value(second)),
    };
    let id = value(parameters.get("access-key"), "username", "apiKey")?;
    let secret = value(parameters.get("secret-key"), "password", "apiSecretKey")?;
    let session = parameters.get("session-key").map(|key| vault.value(key));
    let session = session.transpose()?.map(|token| token.expose().to_owned());
    let identity =
        Credentials::new(id.expose(), secret.expose(), session, None, "connection").into();

    let (service, region) = (parameters.needed("service")?, parameters.needed("region")?);
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let signing = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| SealError::Failed)?;
    let headers: Vec<(&str, &str)> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let text = value.to_str().map_err(|_| {
                parameters.wrong("a header that has other characters than visible ASCII")
            })?;
            Ok((name.as_str(), text))
        })
        .collect::<Result<_, SealError>>()?;
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers.into_iter(),
        SignableBody::Bytes(request.body()),
    )
    .map_err(|_| SealError::Failed)?;
    let (instructions, _) = sign_request(signable, &signing.into())
        .map_err(|_| SealError::Failed)?
        .into_parts();
    let (headers, query) = instructions.into_parts();
    for header in headers {
        put_header(
            request.headers_mut(),
            HeaderName::from_static(header.name()),
            header.value(),
        )?;
    }
    for (name, value) in query {
        *request.uri_mut() = with_parameter(request.uri(), name, &value)?;
    }
    Ok(())
}
