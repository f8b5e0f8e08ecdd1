//! What the clients of AWS services share: region, credentials and endpoint overrides of the function.
//!
//! Read on first use, not at start: a connector that keeps no credentials and is sold for nothing never calls AWS, and Lambda's
//! init phase should not pay for it. The usual variables are honoured: `AWS_REGION`, the credentials Lambda sets,
//! `AWS_ENDPOINT_URL` and its per-service forms, `AWS_EC2_METADATA_DISABLED`.

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use tokio::sync::OnceCell;

/// Settings of the AWS clients, loaded once.
#[derive(Debug, Default)]
pub struct Aws {
    loaded: OnceCell<SdkConfig>,
}

impl Aws {
    /// Takes everything from the environment (and, on a developer's machine, AWS's profile files) when first needed.
    #[must_use]
    pub fn from_environment() -> Self {
        Self::default()
    }

    /// Uses the given settings and looks at nothing else.
    #[must_use]
    pub fn from_config(config: SdkConfig) -> Self {
        Self {
            loaded: OnceCell::new_with(Some(config)),
        }
    }

    /// The settings, in `region` if one is given.
    pub(crate) async fn config(&self, region: Option<&str>) -> SdkConfig {
        let config = self.loaded.get_or_init(load).await;
        match region {
            None => config.clone(),
            Some(region) => config
                .to_builder()
                .region(Region::new(region.to_owned()))
                .build(),
        }
    }
}

async fn load() -> SdkConfig {
    // Unlike the default chain this one does not ask the instance metadata service: Lambda has none, and on other machines
    // the question costs seconds.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .load()
        .await
}

#[cfg(test)]
impl Aws {
    /// Settings for a server on loopback, with made-up credentials.
    pub(crate) fn for_server(url: &str) -> std::sync::Arc<Self> {
        use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
        let credentials = Credentials::new("AKIDEXAMPLE", "made-up", None, None, "test");
        std::sync::Arc::new(Self::from_config(
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-west-1"))
                .endpoint_url(url)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build(),
        ))
    }
}
