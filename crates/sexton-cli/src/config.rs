//! `sexton.toml`: which providers there are.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use sexton_core::address::Region;
use sexton_core::rulebook::Rulebook;
use sexton_provider::Provider;
use sexton_provider::wrap::{Bounded, Bounds, Timer, Traced};

use crate::failure::{Failure, chained};
use crate::files::Place;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    version: u64,
    #[serde(rename = "provider", default)]
    pub(crate) providers: Vec<ProviderConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderConfig {
    #[serde(rename = "type")]
    pub(crate) kind: ProviderType,
    pub(crate) name: String,
    regions: Regions,
    endpoint: Option<String>,
    credentials: Option<CredentialConfig>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum ProviderType {
    #[serde(rename = "aliyun-ecs")]
    AliyunEcs,
    #[serde(rename = "aws-ec2")]
    AwsEc2,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialConfig {
    profile: String,
}

/// `"all"`, or a list of names.
#[derive(Debug)]
enum Regions {
    All,
    Named(Vec<Region>),
}

impl<'de> Deserialize<'de> for Regions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Regions;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"all\" or a list of region names")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Regions, E> {
                if text == "all" {
                    Ok(Regions::All)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Regions, A::Error> {
                let mut regions: Vec<Region> = Vec::new();
                while let Some(region) = items.next_element()? {
                    regions.push(region);
                }
                if regions.is_empty() {
                    return Err(serde::de::Error::invalid_length(0, &self));
                }
                Ok(Regions::Named(regions))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

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
    pub(crate) fn read(place: &Place) -> Result<Self, Failure> {
        let text = place.text().map_err(|failure| {
            failure.next("write a sexton.toml, or name one with -c; docs/configuration.md shows one")
        })?;
        Self::parse(&text).map_err(|error| Failure::new(format!("{place}: {error}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if config.version != 1 {
            return Err(format!("version {} is not supported (this sexton reads version 1)", config.version));
        }
        if config.providers.is_empty() {
            return Err("there is no [[provider]]".to_owned());
        }
        for (position, provider) in config.providers.iter().enumerate() {
            if config.providers[..position].iter().any(|earlier| earlier.name == provider.name) {
                return Err(format!("two providers are named {:?}", provider.name));
            }
        }
        Ok(config)
    }

    /// Finds credentials and makes clients. Nothing is called yet.
    pub(crate) fn connect(self) -> Result<Vec<Connected>, Failure> {
        self.providers
            .into_iter()
            .map(|config| {
                let name = config.name.clone();
                let provider = match config.kind {
                    ProviderType::AliyunEcs => config.aliyun_ecs(),
                    ProviderType::AwsEc2 => config.aws_ec2(),
                };
                let provider = provider.map_err(|error| Failure::new(format!("provider {name:?}: {error}")))?;
                let bounded = Bounded::new(provider, TokioTimer, BOUNDS);
                Ok(Connected { provider: Arc::new(Traced::new(bounded, name.clone())), name })
            })
            .collect()
    }
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

impl ProviderConfig {
    fn aliyun_ecs(self) -> Result<Arc<dyn Provider>, String> {
        use sexton_aliyun::{CredentialSource, EcsConfig, EcsProvider, RegionChoice};
        let config = EcsConfig {
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
        };
        Ok(Arc::new(EcsProvider::connect(config).map_err(|error| chained(&error))?))
    }

    fn aws_ec2(self) -> Result<Arc<dyn Provider>, String> {
        use sexton_aws::{CredentialSource, Ec2Config, Ec2Provider, RegionChoice};
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
        };
        Ok(Arc::new(Ec2Provider::connect(config).map_err(|error| chained(&error))?))
    }
}

/// The rulebooks of every provider that this binary knows.
pub(crate) fn rulebooks() -> Vec<Rulebook> {
    vec![sexton_aliyun::ecs_rulebook(), sexton_aws::ec2_rulebook()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_odd_regions_are_errors() {
        let provider = "version = 1\n[[provider]]\ntype = \"aliyun-ecs\"\nname = \"prod\"\n";
        let parse = |rest: &str| Config::parse(&format!("{provider}{rest}"));
        assert!(parse("regions = \"all\"\n").is_ok());
        assert!(parse("regions = [\"cn-hangzhou\"]\ncredentials = { profile = \"x\" }\n").is_ok());
        for rest in ["", "regions = []\n", "regions = \"some\"\n", "regions = \"all\"\nendpont = \"x\"\n"] {
            assert!(parse(rest).is_err(), "{rest}");
        }
        assert!(Config::parse("version = 2\n").is_err());
        assert!(Config::parse("version = 1\n").unwrap_err().contains("no [[provider]]"));
        let twice = "[[provider]]\ntype = \"aliyun-ecs\"\nname = \"prod\"\nregions = \"all\"\n";
        assert!(Config::parse(&format!("version = 1\n{twice}{twice}")).unwrap_err().contains("two providers"));
    }
}
