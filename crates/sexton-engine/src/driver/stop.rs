//! Asking a run to begin nothing new.

use tokio::sync::watch;

/// Asks a run to stop. Dropping it asks for nothing.
#[derive(Debug, Clone)]
pub struct StopHandle {
    asked: watch::Sender<bool>,
}

/// Tells a run that it is asked to stop.
#[derive(Debug)]
pub struct StopSignal {
    asked: watch::Receiver<bool>,
    told: bool,
}

/// A handle and the signal that it gives.
#[must_use]
pub fn stop_signal() -> (StopHandle, StopSignal) {
    let (sender, receiver) = watch::channel(false);
    (StopHandle { asked: sender }, StopSignal { asked: receiver, told: false })
}

impl StopHandle {
    /// Asks the run to begin nothing new and to finish what is under way.
    pub fn stop(&self) {
        self.asked.send_replace(true);
    }
}

impl StopSignal {
    /// Returns once the run is asked to stop, and never again.
    pub(super) async fn requested(&mut self) {
        if self.told {
            return std::future::pending().await;
        }
        match self.asked.wait_for(|asked| *asked).await {
            Ok(_) => self.told = true,
            Err(_) => std::future::pending().await,
        }
    }
}
