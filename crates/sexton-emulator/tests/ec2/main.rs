//! The EC2 emulator, driven by a client that was not written beside it.

#[cfg(test)]
mod vendor_sdk;
