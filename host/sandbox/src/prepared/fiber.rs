//! A call on a fiber and without a runtime: of a component that imports WASI, at a point that does
//! not wait for the cluster.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower};

use crate::call::Call;
use crate::call::Overrun;
use k8shawk_core::point::Point;

/// A function that a component exports. The bindings of its point call it without a fiber.
pub(super) struct Export<'a> {
    component: &'a InstancePre<Call>,
    function: ComponentExportIndex,
}

impl<'a> Export<'a> {
    /// The function of a point's interface, whichever version of it the component has.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn named(
        pre: &'a InstancePre<Call>,
        point: Point,
        function: &str,
    ) -> wasmtime::Result<Self> {
        let component = pre.component();
        let wanted = format!("{}@", point.interface());
        let ty = component.component_type();
        let mut names = ty.exports(component.engine()).map(|(name, _)| name);
        let function = names
            .find(|name| name.starts_with(&wanted))
            .and_then(|name| component.get_export_index(None, name))
            .and_then(|interface| component.get_export_index(Some(&interface), function));
        let function = function.ok_or_else(|| wasmtime::Error::msg("there is no such export"))?;
        Ok(Export {
            component: pre,
            function,
        })
    }

    /// Call it in an instance of its own.
    ///
    /// # Errors
    /// As of any call, or the types are others.
    pub(super) fn call<Given, Got>(
        &self,
        store: &mut Store<Call>,
        given: Given,
    ) -> wasmtime::Result<Got>
    where
        Given: ComponentNamedList + Lower + Send + Sync,
        Got: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let deadline = store.data().deadline();
        finish(deadline, async {
            let instance = self.component.instantiate_async(&mut *store).await?;
            let function = instance.get_typed_func::<Given, Got>(&mut *store, &self.function)?;
            function.call_async(store, given).await
        })
    }
}

/// Poll on this thread until it is done. There is nothing to sleep for: whatever a guest waits for
/// is there at once, or at the next look.
fn finish<T>(
    deadline: Instant,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut call = pin!(call);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = call.as_mut().poll(&mut context) {
            return result;
        }
        if Instant::now() > deadline {
            return Err(Overrun::Waiting.into());
        }
    }
}
