//! The emulator over its wire, driven by a client written from the vendor's documentation and not from the server.

#[cfg(test)]
mod client;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod older;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod signatures;
