//! What runs out and is asked for again, such as credentials: at most once at a time, without a lock while it is waited
//! for.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// One value after the other.
#[derive(Debug)]
pub struct Renewable<T> {
    latest: Mutex<Arc<Slot<T>>>,
}

/// The place of one value: empty until it is asked for.
#[derive(Debug)]
pub struct Slot<T> {
    number: u64,
    value: OnceCell<T>,
    before: Option<T>,
}

impl<T> Slot<T> {
    /// How many slots came before.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The place itself. Those that fill it at one time wait for one of them.
    pub fn value(&self) -> &OnceCell<T> {
        &self.value
    }

    /// The last value that there was in a slot before.
    pub fn before(&self) -> Option<&T> {
        self.before.as_ref()
    }

    /// The value, or where it is not there yet the last one before.
    pub fn known(&self) -> Option<&T> {
        self.value.get().or(self.before())
    }
}

impl<T: Clone> Renewable<T> {
    /// Begins with that value, or with an empty slot.
    pub fn new(value: Option<T>) -> Self {
        Self { latest: Mutex::new(Arc::new(Slot { number: 0, value: OnceCell::new_with(value), before: None })) }
    }

    /// The latest slot.
    pub fn latest(&self) -> Arc<Slot<T>> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The slot after one whose value has run out: an empty one, unless somebody was here already.
    pub fn after(&self, old: &Arc<Slot<T>>) -> Arc<Slot<T>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&latest, old) {
            let (number, before) = (old.number + 1, old.known().cloned());
            *latest = Arc::new(Slot { number, value: OnceCell::new(), before });
        }
        Arc::clone(&latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slot_is_filled_once_and_followed_once() {
        let key = Renewable::new(None);
        let first = key.latest();
        assert_eq!((first.number(), first.known()), (0, None));
        assert_eq!(first.value().get_or_init(async || "a").await, &"a");
        assert_eq!(key.latest().value().get_or_init(async || "b").await, &"a");
        let second = key.after(&first);
        assert_eq!((second.number(), second.value().get(), second.known()), (1, None, Some(&"a")));
        assert!(Arc::ptr_eq(&second, &key.after(&first)) && Arc::ptr_eq(&second, &key.latest()));
        assert_eq!(second.value().get_or_init(async || "b").await, &"b");
        assert_eq!((second.before(), second.known()), (Some(&"a"), Some(&"b")));
    }
}
