//! Interrupts before a run is begun: whatever was made ready is put away before the process ends.

use std::io;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// Hears interrupts from now on. Those that come while nobody asks are kept.
pub(super) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    pub(super) fn listen(runtime: &Runtime) -> Result<Self, Failure> {
        let _guard = runtime.enter();
        let heard = |kind| signal(kind).map_err(|error| Failure::new(format!("interrupts cannot be heard: {error}")));
        Ok(Self { interrupt: heard(SignalKind::interrupt())?, terminate: heard(SignalKind::terminate())? })
    }

    /// Fails where there was one.
    pub(super) fn none_yet(&mut self, runtime: &Runtime) -> Result<(), Failure> {
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.next() => Err(interrupted()),
                () = std::future::ready(()) => Ok(()),
            }
        })
    }

    /// A line from standard input; fails at an interrupt.
    pub(super) fn answer(&mut self, runtime: &Runtime) -> Result<io::Result<String>, Failure> {
        let (said, hears) = tokio::sync::oneshot::channel();
        // It may wait for its line until the process ends.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = io::stdin().read_line(&mut answer);
            // Nobody hears it after an interrupt.
            drop(said.send(read.map(|_| answer)));
        });
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.next() => Err(interrupted()),
                read = hears => Ok(read.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))),
            }
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn interrupted() -> Failure {
    Failure::new("not carried out: interrupted before anything was begun")
}
