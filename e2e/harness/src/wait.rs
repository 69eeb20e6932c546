//! Waiting for conditions, never for time alone.

use anyhow::{bail, Result};
use std::future::Future;
use std::time::Duration;
use tokio::time::{sleep, timeout, Instant};

/// Pause between two looks: far below the shortest block in use.
const LOOK: Duration = Duration::from_millis(20);

/// Looks until `condition` gives a value; an error of the condition itself ends the wait.
pub async fn until<T>(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await? {
            return Ok(value);
        }
        if started.elapsed() > limit {
            bail!("waited {limit:?} in vain for {what}");
        }
        sleep(LOOK).await;
    }
}

/// A future with a deadline.
pub async fn within<T>(what: &str, limit: Duration, future: impl Future<Output = T>) -> Result<T> {
    match timeout(limit, future).await {
        Ok(value) => Ok(value),
        Err(_) => bail!("{what} took longer than {limit:?}"),
    }
}
