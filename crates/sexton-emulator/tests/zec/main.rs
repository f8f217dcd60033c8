//! The ZEC emulator over its wire, driven by a client written from the facts and not from the server.

#[cfg(test)]
mod behaviours;
#[cfg(test)]
mod client;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod removals;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod vendor_sdk;
