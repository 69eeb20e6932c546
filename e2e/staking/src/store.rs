//! The state as cells of a key–value store, which belongs to the host.

use std::collections::BTreeMap;

/// Where the state lives. One cell per key, so that a host can keep it in its own storage and touch only what changes.
pub trait Store {
    /// The value of a cell.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;

    /// Writes a cell.
    fn put(&mut self, key: &[u8], value: Vec<u8>);

    /// Empties a cell; nothing happens if it is empty.
    fn remove(&mut self, key: &[u8]);

    /// All keys that begin with `prefix`, in ascending order.
    fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>>;
}

/// A store in memory, for tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapStore(pub BTreeMap<Vec<u8>, Vec<u8>>);

impl Store for MapStore {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        self.0.insert(key.to_vec(), value);
    }

    fn remove(&mut self, key: &[u8]) {
        self.0.remove(key);
    }

    fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        self.0
            .range(prefix.to_vec()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect()
    }
}

impl<T: Store + ?Sized> Store for &mut T {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        (**self).get(key)
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        (**self).put(key, value)
    }

    fn remove(&mut self, key: &[u8]) {
        (**self).remove(key)
    }

    fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        (**self).keys(prefix)
    }
}
