//! Puts a host together from its settings: once per process.

use std::sync::Arc;

use thiserror::Error;

use crate::aws::Aws;
use crate::credentials::{FileStore, SecretCache, SecretStore, SecretsManager};
use crate::egress::{
    Egress, EgressOptions, FaultPlan, FaultPlanError, LocalTargets, LocalTargetsError,
};
use crate::engine::{Connector, LoadError};
use crate::entitlement::{
    Gate, InvalidProduct, Product, ProductCode, ProductId, Settings as GateSettings,
};
use crate::invocation::Host;
use crate::manifest::{BackEnd, Manifest, NarrowingError};
use crate::settings::Settings;
use crate::telemetry::Metrics;

/// Why a host cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The compiled connector cannot be run.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// `APPFLOW_LOCAL_TARGETS` is wrong.
    #[error(transparent)]
    LocalTargets(#[from] LocalTargetsError),
    /// `APPFLOW_FAULTS` is wrong.
    #[error(transparent)]
    Faults(#[from] FaultPlanError),
    /// A variable that narrows the manifest is malformed or would widen it.
    #[error("the operator's variables can only narrow what the connector may do")]
    Narrowing(#[from] NarrowingError),
    /// The manifest's product is wrong.
    #[error("the manifest's entitlement is wrong")]
    Product(#[from] InvalidProduct),
}

/// Loads the connector and puts the host together. Nothing is asked of a network.
///
/// # Errors
///
/// [`StartError`] says what is wrong.
pub fn host(settings: &Settings) -> Result<Host, StartError> {
    let connector = Connector::load(&settings.component)?.narrowed(&settings.narrowing)?;
    if !settings.narrowing.is_empty() {
        tracing::info!(target: "appflow_host", "narrowed by the operator: {}", settings.narrowing);
    }
    let local = match &settings.local_targets {
        Some(text) => LocalTargets::parse(text)?,
        None => LocalTargets::default(),
    };
    let faults = FaultPlan::parse(settings.faults.as_deref().unwrap_or_default())?;
    let aws = Arc::new(Aws::from_environment());
    let store: Arc<dyn SecretStore> = match &settings.secrets_file {
        Some(path) => Arc::new(FileStore::new(path.clone())),
        None => Arc::new(SecretsManager::new(Arc::clone(&aws))),
    };
    let manifest = connector.manifest();
    let gate = gate(manifest, &aws)?;
    let egress = egress_for(manifest, local, faults);
    let metrics = settings
        .metrics
        .as_deref()
        .map(|namespace| Metrics::to_stdout(namespace, &manifest.name));
    let mut host =
        Host::new(connector, egress, SecretCache::new(store), gate).with_metrics(metrics);
    host.seal_tokens_with(settings.token_key.clone());
    host.insist_on_types(settings.strict);
    Ok(host)
}

/// The way out that a manifest grants. `local` and `faults` are empty in production.
#[must_use]
pub fn egress_for(manifest: &Manifest, local: LocalTargets, faults: FaultPlan) -> Egress {
    let options = EgressOptions {
        local,
        faults,
        per_host: manifest.limits.connections_per_host,
        ..EgressOptions::default()
    };
    Egress::new(
        manifest.egress.clone(),
        manifest.from_settings.clone(),
        options,
    )
}

fn gate(manifest: &Manifest, aws: &Arc<Aws>) -> Result<Gate, InvalidProduct> {
    let entitlement = &manifest.entitlement;
    let product = match &entitlement.back_end {
        BackEnd::None => Product::Free,
        BackEnd::LicenseManager { product_id } => Product::LicenseManager {
            product_id: ProductId::new(product_id)?,
        },
        BackEnd::MarketplaceEntitlement { product_code } => Product::Marketplace {
            product_code: ProductCode::new(product_code)?,
        },
    };
    let settings = GateSettings::new(entitlement.refresh, entitlement.grace);
    Ok(Gate::new(&manifest.name, &product, settings, aws))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The log has each cause behind its consequence, so none may repeat the next.
    #[test]
    fn no_error_repeats_its_cause() {
        let widened = NarrowingError {
            variable: "APPFLOW_MEMORY_MB",
            problem: "is more than the 64 of the manifest".to_owned(),
        };
        let product = ProductId::new("not a product").unwrap_err();
        for error in [StartError::from(widened), StartError::from(product)] {
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(!error.to_string().contains(&cause), "{error}");
        }
    }
}
