//! Runs the runtime that is linked into this binary, in the place where a client expects a Wasm executor.

use codec::Encode;
use devnet_runtime::{api, VERSION};
use sc_executor::RuntimeVersionOf;
use sp_core::traits::{CallContext, CodeExecutor, Externalities, ReadRuntimeVersion, RuntimeCode};
use sp_version::RuntimeVersion;
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Why a call of the runtime gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// The runtime has no such function.
    #[error("the runtime has no function `{0}`")]
    UnknownFunction(String),
    /// The runtime panicked, which in FRAME means that the block or the call is invalid.
    #[error("the runtime panicked: {0}")]
    Panic(String),
}

/// Calls the native runtime, whatever code the state carries.
#[derive(Clone, Copy, Debug)]
pub struct NativeExecutor;

impl CodeExecutor for NativeExecutor {
    type Error = ExecutionError;

    fn call(
        &self,
        ext: &mut dyn Externalities,
        _: &RuntimeCode,
        method: &str,
        data: &[u8],
        _: CallContext,
    ) -> (Result<Vec<u8>, Self::Error>, bool) {
        let run = || catch_unwind(AssertUnwindSafe(|| api::dispatch(method, data)));
        let result = match sp_externalities::set_and_run_with_externalities(ext, run) {
            Ok(Some(output)) => Ok(output),
            Ok(None) => Err(ExecutionError::UnknownFunction(method.into())),
            Err(panic) => Err(ExecutionError::Panic(message(&*panic))),
        };
        (result, true)
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}

impl ReadRuntimeVersion for NativeExecutor {
    fn read_runtime_version(&self, _: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
        Ok(VERSION.encode())
    }
}

impl RuntimeVersionOf for NativeExecutor {
    fn runtime_version(
        &self,
        _: &mut dyn Externalities,
        _: &RuntimeCode,
    ) -> sc_executor::error::Result<RuntimeVersion> {
        Ok(VERSION)
    }
}
