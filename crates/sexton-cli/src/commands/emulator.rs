//! `sexton emulator`: an emulated cloud, until it is interrupted.

use std::io::Write;

use jiff::Timestamp;
use sexton_emulator::{
    Credential, Ec2World, Emulator, EmulatorConfig, Faults, Generate, IceWorld, Realm, World, ZecGenerate, ZecWorld,
};

use super::runtime;
use crate::arguments::{Emulator as Arguments, Service};
use crate::failure::{Done, Failure};

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let realm = realm(arguments)?;
    let mut config = EmulatorConfig::new(arguments.listen);
    if let (Some(id), Some(secret)) = (&arguments.access_key_id, &arguments.access_key_secret) {
        config.credential = Credential::new(id, secret);
    }
    if let Some(path) = &arguments.faults {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
        let told = |error: &dyn std::error::Error| Failure::new(format!("{}: {error}", path.display()));
        config.faults = if path.extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str::<Faults>(&text).map_err(|error| told(&error))?
        } else {
            toml::from_str::<Faults>(&text).map_err(|error| told(&error))?
        };
    }
    runtime()?.block_on(async {
        let emulator = Emulator::start(config, realm).await.map_err(|error| Failure::chain(&error))?;
        let line = serde_json::to_string(emulator.listening()).map_err(|error| Failure::chain(&error))?;
        let mut out = std::io::stdout();
        writeln!(out, "{line}").and_then(|()| out.flush())?;
        tokio::signal::ctrl_c().await.map_err(|error| Failure::new(format!("cannot wait for Ctrl-C: {error}")))?;
        emulator.shutdown(std::time::Duration::from_secs(2)).await;
        Ok(Done::Clean)
    })
}

/// The world of a file, or a generated one.
fn realm(arguments: &Arguments) -> Result<Realm, Failure> {
    if arguments.service != Service::Ice && arguments.objects.is_some() {
        return Err(Failure::new("only --service ice has objects").next("leave out --objects"));
    }
    let with_objects = |world: IceWorld| match &arguments.objects {
        Some(folder) => world.with_objects_in(folder),
        None => world,
    };
    let generate = || Generate {
        resources: arguments.generate,
        seed: arguments.seed,
        account: arguments.account.clone(),
        region: arguments.region.clone(),
        now: Timestamp::now(),
    };
    let Some(place) = &arguments.world else {
        return Ok(match arguments.service {
            Service::Ecs => World::generate(&generate()).map_err(|error| Failure::chain(&error))?.into(),
            Service::Ice => {
                with_objects(IceWorld::generate(&generate()).map_err(|error| Failure::chain(&error))?).into()
            }
            Service::Zec => {
                let Generate { resources, seed, account, now, .. } = generate();
                let settings = ZecGenerate { resources, seed, account, now };
                ZecWorld::generate(&settings).map_err(|error| Failure::chain(&error))?.into()
            }
            Service::Ec2 => Ec2World::generate(&generate()).map_err(|error| Failure::chain(&error))?.into(),
        });
    };
    let inventory = crate::files::read_inventory(place)?;
    let told =
        |error: sexton_emulator::WorldError| Failure::new(format!("{place}: {}", crate::failure::chained(&error)));
    Ok(match arguments.service {
        Service::Ecs => World::from_inventory(&inventory, &arguments.region, None).map_err(told)?.into(),
        Service::Ice => {
            with_objects(IceWorld::from_inventory(&inventory, &arguments.region, None).map_err(told)?).into()
        }
        Service::Zec => ZecWorld::from_inventory(&inventory, None).map_err(told)?.into(),
        Service::Ec2 => Ec2World::from_inventory(&inventory, &arguments.region, None).map_err(told)?.into(),
    })
}
