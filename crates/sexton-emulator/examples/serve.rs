//! Serves a generated region until its standard input ends: `serve [PORT [RESOURCES [SEED [FAULTS.toml]]]]`.

use std::io::{Read, Write};
use std::time::Duration;

use jiff::Timestamp;
use sexton_emulator::{DEFAULT_ACCOUNT, DEFAULT_REGION, Emulator, EmulatorConfig, Generate, World};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| match arguments.get(index) {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let world = World::generate(&Generate {
        resources: usize::try_from(number(1, 400)?)?,
        seed: number(2, 7)?,
        account: DEFAULT_ACCOUNT.to_owned(),
        region: DEFAULT_REGION.to_owned(),
        now: Timestamp::now(),
    })?;
    let mut config = EmulatorConfig::new(([127, 0, 0, 1], u16::try_from(number(0, 0)?)?).into());
    if let Some(path) = arguments.get(3) {
        config.faults = toml::from_str(&std::fs::read_to_string(path)?)?;
    }
    let emulator = Emulator::start(config, world).await?;
    let mut output = std::io::stdout();
    serde_json::to_writer(&mut output, emulator.listening())?;
    writeln!(output)?;
    output.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    emulator.shutdown(Duration::from_secs(1)).await;
    Ok(())
}
