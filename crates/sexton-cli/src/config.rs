//! `sexton.toml`: which providers there are.

use serde::Deserialize;
use sexton_core::address::{Account, Region};
use sexton_core::rulebook::Rulebook;

use crate::failure::Failure;
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
    pub(crate) regions: Regions,
    pub(crate) endpoint: Option<String>,
    pub(crate) credentials: Option<CredentialConfig>,
    /// What the user calls the account, for a provider that does not tell.
    pub(crate) account: Option<Account>,
    /// The version of the API, for a provider that has several.
    pub(crate) api_version: Option<String>,
    /// How calls are signed, for a provider that knows several ways.
    pub(crate) signature: Option<SignatureConfig>,
}

/// How calls are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SignatureConfig {
    /// `ACS3-HMAC-SHA256`, in headers.
    V3,
    /// `HMAC-SHA1`, in the query.
    V1,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum ProviderType {
    #[serde(rename = "aliyun-ecs")]
    AliyunEcs,
    #[serde(rename = "aliyun-ice")]
    AliyunIce,
    #[serde(rename = "aws-ec2")]
    AwsEc2,
    #[serde(rename = "zenlayer-zec")]
    ZenlayerZec,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialConfig {
    pub(crate) profile: String,
}

/// `"all"`, or a list of names.
#[derive(Debug)]
pub(crate) enum Regions {
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
}

/// The rulebooks of every provider that this binary knows.
pub(crate) fn rulebooks() -> Vec<Rulebook> {
    vec![
        sexton_aliyun::ecs_rulebook(),
        sexton_aliyun::ice_rulebook(),
        sexton_aws::ec2_rulebook(),
        sexton_zenlayer::zec_rulebook(),
    ]
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
        assert_eq!(parse("regions = \"all\"\n").unwrap().providers[0].signature, None);
        let older = parse("regions = \"all\"\nsignature = \"v1\"\n").unwrap();
        assert_eq!(older.providers[0].signature, Some(SignatureConfig::V1));
        assert!(parse("regions = \"all\"\nsignature = \"v2\"\n").is_err());
        for rest in ["", "regions = []\n", "regions = \"some\"\n", "regions = \"all\"\nendpont = \"x\"\n"] {
            assert!(parse(rest).is_err(), "{rest}");
        }
        assert!(Config::parse("version = 2\n").is_err());
        assert!(Config::parse("version = 1\n").unwrap_err().contains("no [[provider]]"));
        let twice = "[[provider]]\ntype = \"aliyun-ecs\"\nname = \"prod\"\nregions = \"all\"\n";
        assert!(Config::parse(&format!("version = 1\n{twice}{twice}")).unwrap_err().contains("two providers"));
    }
}
