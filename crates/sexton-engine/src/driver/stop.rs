//! Asking a run to begin nothing new, for a while or for good.

use tokio::sync::watch;

use crate::machine::Input;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Pause,
    Unpause,
    Stop,
}

/// Asks a run to stop or to pause. Dropping it asks for nothing.
#[derive(Debug, Clone)]
pub struct StopHandle {
    asked: watch::Sender<Asked>,
}

/// Tells a run what it is asked for.
#[derive(Debug)]
pub struct StopSignal {
    asked: watch::Receiver<Asked>,
}

/// A handle and the signal that it gives.
#[must_use]
pub fn stop_signal() -> (StopHandle, StopSignal) {
    let (sender, receiver) = watch::channel(Asked::Nothing);
    (StopHandle { asked: sender }, StopSignal { asked: receiver })
}

impl StopHandle {
    /// Asks the run to begin nothing new and to finish what is under way.
    pub fn stop(&self) {
        self.ask(Asked::Stop);
    }

    /// Asks the run to begin nothing new until [`unpause`](Self::unpause). What was begun is read until it is gone.
    pub fn pause(&self) {
        self.ask(Asked::Pause);
    }

    /// Asks a paused run to go on.
    pub fn unpause(&self) {
        self.ask(Asked::Unpause);
    }

    /// Nothing takes a stop back.
    fn ask(&self, asks: Asked) {
        self.asked.send_if_modified(|asked| {
            let changes = *asked != Asked::Stop && *asked != asks;
            if changes {
                *asked = asks;
            }
            changes
        });
    }
}

impl StopSignal {
    /// Returns when the run is asked for something else than before.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            if self.asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            match *self.asked.borrow_and_update() {
                Asked::Nothing => {}
                Asked::Pause => return Input::Pause,
                Asked::Unpause => return Input::Unpause,
                Asked::Stop => return Input::Stop,
            }
        }
    }
}
