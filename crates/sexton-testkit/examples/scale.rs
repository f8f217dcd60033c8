//! Writes an inventory of any size, and the policy that belongs to it.
//!
//! `cargo run --release -p sexton-testkit --example scale -- --resources 1000000 --seed 1 --out FILE [--policy FILE]
//! [--world NAME] [--unknown PERMILLE]`

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write, stdout};

use sexton_testkit::scale::{Scale, Shape};

fn main() -> Result<(), Box<dyn Error>> {
    let mut scale = Scale::fleet(1_000, 1);
    let (mut inventory, mut policy) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--resources" => scale.resources = value.replace('_', "").parse()?,
            "--seed" => scale.seed = value.parse()?,
            "--unknown" => scale.unknown_permille = value.parse()?,
            "--world" => {
                let names = Shape::ALL.map(|(name, _)| name).join(", ");
                scale.shape =
                    Shape::named(&value).ok_or_else(|| format!("no world is named {value}; there are {names}"))?;
            }
            "--out" => inventory = Some(value),
            "--policy" => policy = Some(value),
            _ => {
                let known = "--resources, --seed, --unknown, --world, --out and --policy";
                return Err(format!("{flag} is unknown; there are {known}").into());
            }
        }
    }
    if let Some(path) = &policy {
        open(path)?.write_all(scale.policy().as_bytes())?;
    }
    if let Some(path) = &inventory {
        let mut out = BufWriter::with_capacity(1 << 20, open(path)?);
        scale.write(&mut out)?;
        out.flush()?;
    }
    if inventory.is_none() && policy.is_none() {
        return Err("nothing to write: name a file with --out or --policy, or - for standard output".into());
    }
    Ok(())
}

fn open(path: &str) -> std::io::Result<Box<dyn Write>> {
    Ok(if path == "-" { Box::new(stdout()) } else { Box::new(File::create(path)?) })
}
