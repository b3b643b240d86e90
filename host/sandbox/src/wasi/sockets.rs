//! There is no network: no socket is made, and no name has an address.

use wasmtime::component::{ComponentType, Lift, Lower, Resource};

use super::Linked;

/// A `network`. Nothing can be done with it.
pub(super) struct Network;

/// An `ip-address-family`.
#[derive(Debug, Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "cases of the interface")]
enum Family {
    #[component(name = "ipv4")]
    V4,
    #[component(name = "ipv6")]
    V6,
}

/// An `error-code`: all cases, as the type is compared when a component is linked.
#[derive(Debug, Clone, Copy, ComponentType, Lower)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "cases of the interface")]
enum ErrorCode {
    #[component(name = "unknown")]
    Unknown,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "not-supported")]
    NotSupported,
    #[component(name = "invalid-argument")]
    InvalidArgument,
    #[component(name = "out-of-memory")]
    OutOfMemory,
    #[component(name = "timeout")]
    Timeout,
    #[component(name = "concurrency-conflict")]
    ConcurrencyConflict,
    #[component(name = "not-in-progress")]
    NotInProgress,
    #[component(name = "would-block")]
    WouldBlock,
    #[component(name = "invalid-state")]
    InvalidState,
    #[component(name = "new-socket-limit")]
    NewSocketLimit,
    #[component(name = "address-not-bindable")]
    AddressNotBindable,
    #[component(name = "address-in-use")]
    AddressInUse,
    #[component(name = "remote-unreachable")]
    RemoteUnreachable,
    #[component(name = "connection-refused")]
    ConnectionRefused,
    #[component(name = "connection-reset")]
    ConnectionReset,
    #[component(name = "connection-aborted")]
    ConnectionAborted,
    #[component(name = "datagram-too-large")]
    DatagramTooLarge,
    #[component(name = "name-unresolvable")]
    NameUnresolvable,
    #[component(name = "temporary-resolver-failure")]
    TemporaryResolverFailure,
    #[component(name = "permanent-resolver-failure")]
    PermanentResolverFailure,
}

/// What a socket or an address would be, if there were one.
type Never = Resource<()>;

/// Link a function of `sockets`; false where it is none that is answered here.
pub(super) fn function(linked: &mut Linked<'_>, item: &str) -> wasmtime::Result<bool> {
    match item {
        "instance-network" => {
            linked.func_wrap(item, |_, ()| Ok((Resource::<Network>::new_own(0),)))?;
        }
        "create-tcp-socket" | "create-udp-socket" => linked
            .func_wrap(item, |_, (_,): (Family,)| {
                Ok((Err::<Never, _>(ErrorCode::AccessDenied),))
            })?,
        "resolve-addresses" => {
            linked.func_wrap(item, |_, (_, _): (Resource<Network>, String)| {
                Ok((Err::<Never, _>(ErrorCode::AccessDenied),))
            })?
        }
        _ => return Ok(false),
    }
    Ok(true)
}
