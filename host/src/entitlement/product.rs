//! What is sold, to whom, and how often to ask.

use std::fmt;
use std::time::Duration;

/// Product identifiers of AWS Marketplace are far shorter; AWS's models allow 255.
const MAX_IDENTIFIER_LEN: usize = 255;

/// What the connector is sold as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Product {
    /// Not sold: every account may use it.
    Free,
    /// A container product whose subscription License Manager knows.
    LicenseManager {
        /// The product **id** (`prod-...`), not the product code.
        product_id: ProductId,
    },
    /// A product whose customers the Marketplace entitlement service knows.
    Marketplace {
        /// The product **code**, not the product id.
        product_code: ProductCode,
    },
}

/// The text cannot identify a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_IDENTIFIER_LEN} letters, digits or hyphens")]
pub struct InvalidProduct;

fn checked(text: &str) -> Result<String, InvalidProduct> {
    let fits = (1..=MAX_IDENTIFIER_LEN).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| text.to_owned()).ok_or(InvalidProduct)
}

/// The id that AWS Marketplace gives a product: what License Manager calls the SKU. Not interchangeable with [`ProductCode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductId(String);

impl ProductId {
    /// Takes the id as AWS Marketplace's management portal shows it.
    ///
    /// # Errors
    ///
    /// [`InvalidProduct`] if it is empty, too long or has other characters.
    pub fn new(text: &str) -> Result<Self, InvalidProduct> {
        checked(text).map(Self)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The code that AWS Marketplace gives a product, for the entitlement service. Not interchangeable with [`ProductId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductCode(String);

impl ProductCode {
    /// Takes the code as AWS Marketplace's management portal shows it.
    ///
    /// # Errors
    ///
    /// [`InvalidProduct`] if it is empty, too long or has other characters.
    pub fn new(text: &str) -> Result<Self, InvalidProduct> {
        checked(text).map(Self)
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The twelve digits of an AWS account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountId(String);

impl AccountId {
    /// The account in the ARN under which a function was invoked, or none if the text is not such an ARN.
    #[must_use]
    pub fn from_function_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let is_function =
            parts.next() == Some("arn") && parts.nth(1) == Some("lambda") && parts.next().is_some();
        let account = parts.next()?;
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (is_function && is_account).then(|| Self(account.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How often to ask, and how long an old yes helps over an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    refresh: Duration,
    grace: Duration,
}

impl Settings {
    /// The shortest time between two questions after a yes.
    pub const MIN_REFRESH: Duration = Duration::from_secs(5 * 60);
    /// The longest; AppFlow's guide asks for a check at least once a day.
    pub const MAX_REFRESH: Duration = Duration::from_secs(24 * 60 * 60);
    /// The longest grace: a week.
    pub const MAX_GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Both times, each brought into its range: 5 minutes to 24 hours, and at most a week.
    #[must_use]
    pub fn new(refresh: Duration, grace: Duration) -> Self {
        Self {
            refresh: refresh.clamp(Self::MIN_REFRESH, Self::MAX_REFRESH),
            grace: grace.min(Self::MAX_GRACE),
        }
    }

    /// How long a yes is used without asking again, before jitter.
    #[must_use]
    pub fn refresh(&self) -> Duration {
        self.refresh
    }

    /// How long after the last yes an outage is overlooked.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace
    }
}

impl Default for Settings {
    /// One hour, and one day of grace.
    fn default() -> Self {
        Self::new(
            Duration::from_secs(60 * 60),
            Duration::from_secs(24 * 60 * 60),
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]
mod tests {
    use super::*;

    #[test]
    fn the_account_comes_from_the_function_arn() {
        let account = |arn| AccountId::from_function_arn(arn).map(|account| account.to_string());
        assert_eq!(
            account("arn:aws:lambda:eu-west-1:123456789012:function:shop:live").as_deref(),
            Some("123456789012")
        );
        assert_eq!(
            account("arn:aws-cn:lambda:cn-north-1:123456789012:function:shop").as_deref(),
            Some("123456789012")
        );
        for odd in [
            "",
            "function",
            "arn:aws:lambda:eu-west-1",
            "arn:aws:lambda:eu-west-1:12345:function:shop",
            "arn:aws:lambda:eu-west-1:12345678901x:function:shop",
            "arn:aws:s3:eu-west-1:123456789012:function:shop",
        ] {
            assert_eq!(account(odd), None, "{odd}");
        }
    }

    #[test]
    fn identifiers_are_checked() {
        assert_eq!(
            ProductId::new("prod-abc123").unwrap().as_str(),
            "prod-abc123"
        );
        for odd in ["", "a b", "a\n", "ä", &"x".repeat(256)] {
            assert_eq!(ProductId::new(odd), Err(InvalidProduct));
            assert_eq!(ProductCode::new(odd), Err(InvalidProduct));
        }
    }

    #[test]
    fn settings_stay_in_range() {
        let short = Settings::new(Duration::ZERO, Duration::ZERO);
        assert_eq!(short.refresh(), Settings::MIN_REFRESH);
        assert_eq!(short.grace(), Duration::ZERO);
        let long = Settings::new(Duration::MAX, Duration::MAX);
        assert_eq!(long.refresh(), Settings::MAX_REFRESH);
        assert_eq!(long.grace(), Settings::MAX_GRACE);
    }
}
