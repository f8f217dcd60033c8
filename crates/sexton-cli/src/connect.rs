//! From a configuration to providers that can be called: one arm for each type.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sexton_aliyun::LISTINGS_SERVE_FOR;
use sexton_core::plan::AssumedNone;
use sexton_provider::Provider;
use sexton_provider::wrap::{Bounded, Bounds, Timer, Traced};

use crate::config::{Config, ProviderConfig, ProviderType, Regions, SignatureConfig};
use crate::failure::{Failure, chained};

/// A provider that is ready to be called, under its configured name.
#[derive(Debug, Clone)]
pub(crate) struct Connected {
    pub(crate) name: String,
    pub(crate) provider: Arc<dyn Provider>,
}

impl Connected {
    /// The provider, for one who holds it besides.
    pub(crate) fn shared(&self) -> Arc<dyn Provider> {
        Arc::clone(&self.provider)
    }
}

impl Config {
    /// Finds credentials and makes clients, for a run that takes a recheck for good for so long, of a plan that rests on
    /// those waivers. Nothing is called yet.
    pub(crate) fn connect(
        self,
        recheck_valid_for: Duration,
        waivers: &[AssumedNone],
    ) -> Result<Vec<Connected>, Failure> {
        self.providers
            .into_iter()
            .map(|config| {
                let name = config.name.clone();
                let provider = config.connect(listings_serve_for(recheck_valid_for), waivers);
                let provider = provider.map_err(|error| Failure::new(format!("provider {name:?}: {error}")))?;
                let bounded = Bounded::new(provider, TokioTimer, BOUNDS);
                Ok(Connected { provider: Arc::new(Traced::new(bounded, name.clone())), name })
            })
            .collect()
    }
}

/// How old a listing may be to answer a look: never older than a recheck that is taken for good.
fn listings_serve_for(recheck_valid_for: Duration) -> Duration {
    LISTINGS_SERVE_FOR.min(recheck_valid_for)
}

/// Far above what any call takes that ends: each provider's own time-outs come first, where it has them.
const BOUNDS: Bounds = Bounds {
    reading: Duration::from_secs(10 * 60),
    removal: Duration::from_secs(5 * 60),
    listing: Duration::from_secs(6 * 60 * 60),
};

#[derive(Debug)]
struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Why a provider cannot be set up.
type Refused = String;

impl ProviderConfig {
    fn connect(self, listings_serve_for: Duration, waivers: &[AssumedNone]) -> Result<Arc<dyn Provider>, Refused> {
        match self.kind {
            ProviderType::AliyunEcs => self.aliyun_ecs(listings_serve_for, waivers),
            ProviderType::AliyunIce => self.aliyun_ice(),
            ProviderType::AwsEc2 => self.aws_ec2(listings_serve_for, waivers),
            ProviderType::ZenlayerZec => self.zenlayer_zec(),
        }
    }

    /// A key that means nothing for this type is a mistake, and not passed over.
    fn without<T>(&self, key: &str, value: &Option<T>) -> Result<(), Refused> {
        match value {
            Some(_) => Err(format!("a provider of this type has no {key:?}")),
            None => Ok(()),
        }
    }

    /// For a provider that tells whose the keys are, and has one version.
    fn plain(&self) -> Result<(), Refused> {
        self.without("account", &self.account)?;
        self.without("api_version", &self.api_version)?;
        self.without("signature", &self.signature)
    }

    fn aliyun_ecs(self, listings_serve_for: Duration, waivers: &[AssumedNone]) -> Result<Arc<dyn Provider>, Refused> {
        self.without("account", &self.account)?;
        self.without("api_version", &self.api_version)?;
        let (regions, credentials) = self.of_aliyun();
        let signature = match self.signature {
            None | Some(SignatureConfig::V3) => sexton_aliyun::SignatureVersion::V3,
            Some(SignatureConfig::V1) => sexton_aliyun::SignatureVersion::V1,
        };
        let config = sexton_aliyun::EcsConfig {
            name: self.name,
            regions,
            endpoint: self.endpoint,
            credentials,
            signature,
            bootstrap: None,
            listings_serve_for,
        };
        let provider = sexton_aliyun::EcsProvider::connect(config).map_err(|error| chained(&error))?;
        Ok(Arc::new(provider.assuming(waivers.to_vec())))
    }

    fn aliyun_ice(self) -> Result<Arc<dyn Provider>, Refused> {
        self.plain()?;
        let (regions, credentials) = self.of_aliyun();
        let config = sexton_aliyun::IceConfig { name: self.name, regions, endpoint: self.endpoint, credentials };
        Ok(Arc::new(sexton_aliyun::IceProvider::connect(config).map_err(|error| chained(&error))?))
    }

    fn of_aliyun(&self) -> (sexton_aliyun::RegionChoice, sexton_aliyun::CredentialSource) {
        use sexton_aliyun::{CredentialSource, RegionChoice};
        let regions = match &self.regions {
            Regions::All => RegionChoice::All,
            Regions::Named(regions) => RegionChoice::Named(regions.clone()),
        };
        let credentials = match &self.credentials {
            Some(credentials) => CredentialSource::Profile(credentials.profile.clone()),
            None => CredentialSource::Chain,
        };
        (regions, credentials)
    }

    fn aws_ec2(self, listings_serve_for: Duration, waivers: &[AssumedNone]) -> Result<Arc<dyn Provider>, Refused> {
        use sexton_aws::{CredentialSource, Ec2Config, Ec2Provider, RegionChoice};
        self.plain()?;
        let config = Ec2Config {
            name: self.name,
            regions: match self.regions {
                Regions::All => RegionChoice::All,
                Regions::Named(regions) => RegionChoice::Named(regions),
            },
            endpoint: self.endpoint,
            credentials: match self.credentials {
                Some(credentials) => CredentialSource::Profile(credentials.profile),
                None => CredentialSource::Chain,
            },
            listings_serve_for,
        };
        let provider = Ec2Provider::connect(config).map_err(|error| chained(&error))?;
        Ok(Arc::new(provider.assuming(waivers.to_vec())))
    }

    fn zenlayer_zec(self) -> Result<Arc<dyn Provider>, Refused> {
        use sexton_zenlayer::{ApiVersion, CredentialSource, RegionChoice, ZecConfig, ZecProvider};
        self.without("signature", &self.signature)?;
        let account = self.account.ok_or(
            "the API does not tell whose a key is: give the account a name, `account = \"…\"`; it stands in addresses",
        )?;
        let version = match self.api_version.as_deref() {
            None | Some("2025-09-01") => ApiVersion::V20250901,
            Some("2024-04-01") => ApiVersion::V20240401,
            Some(other) => return Err(format!("api_version {other:?} is neither 2025-09-01 nor 2024-04-01")),
        };
        let config = ZecConfig {
            name: self.name,
            account,
            regions: match self.regions {
                Regions::All => RegionChoice::All,
                Regions::Named(regions) => RegionChoice::Named(regions),
            },
            endpoint: self.endpoint,
            version,
            credentials: match self.credentials {
                Some(credentials) => CredentialSource::Profile(credentials.profile),
                None => CredentialSource::Chain,
            },
        };
        Ok(Arc::new(ZecProvider::connect(config).map_err(|error| chained(&error))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_answers_no_look_that_wants_a_younger_one() {
        let seconds = Duration::from_secs;
        for (recheck_valid_for, serves) in [(0, 0), (5, 5), (30, 30), (300, 30)] {
            assert_eq!(listings_serve_for(seconds(recheck_valid_for)), seconds(serves));
        }
    }
}
