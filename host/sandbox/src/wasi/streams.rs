//! Standard output and error: lines in the plugin's log. Standard input is at its end.

use wasmtime::component::{ComponentType, Lift, Lower, Resource};

use super::{Linked, time};
use crate::call::Level;
use crate::lent::Call;

/// A longer line becomes several.
const LINE: usize = 8 << 10;
/// What a write may bring at once.
const ROOM: u64 = 64 << 10;

/// An `input-stream`: the only one is standard input.
pub(super) struct Input;

/// An `output-stream`: its number is 1 or 2, as everywhere.
pub(super) struct Stream;

const STDOUT: u32 = 1;
const STDERR: u32 = 2;

/// A `stream-error`. Nothing here fails, so there is never an `error` to look at.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code, reason = "a case of the interface")]
    LastOperationFailed(Resource<()>),
    #[component(name = "closed")]
    Closed,
}

/// Lines that have not ended yet.
#[derive(Default)]
pub(super) struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Output {
    fn pending(&mut self, stream: u32) -> &mut Vec<u8> {
        if stream == STDERR {
            &mut self.stderr
        } else {
            &mut self.stdout
        }
    }
}

impl Call {
    fn print(&mut self, stream: u32, bytes: &[u8]) -> wasmtime::Result<()> {
        for mut part in bytes.split_inclusive(|byte| *byte == b'\n') {
            while !part.is_empty() {
                let pending = self.wasi.output.pending(stream);
                let room = LINE.saturating_sub(pending.len());
                let (now, later) = part.split_at(room.min(part.len()));
                pending.extend_from_slice(now);
                if pending.len() >= LINE || pending.ends_with(b"\n") {
                    self.end_line(stream)?;
                }
                part = later;
            }
        }
        Ok(())
    }

    fn end_line(&mut self, stream: u32) -> wasmtime::Result<()> {
        let line = std::mem::take(self.wasi.output.pending(stream));
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        let level = if stream == STDERR {
            Level::Warn
        } else {
            Level::Info
        };
        self.say(level, text)
    }

    /// Log what was printed without an end of line. Too much of it is counted as dropped.
    pub(crate) fn end_lines(&mut self) {
        for stream in [STDOUT, STDERR] {
            if !self.wasi.output.pending(stream).is_empty() {
                drop(self.end_line(stream));
            }
        }
    }
}

/// Link a function of `io/streams` or of standard input, output or error; false where it is
/// none that is answered here.
pub(super) fn function(linked: &mut Linked<'_>, item: &str) -> wasmtime::Result<bool> {
    match item {
        "get-stdin" => linked.func_wrap(item, |_, ()| Ok((Resource::<Input>::new_own(0),)))?,
        "get-stdout" => {
            linked.func_wrap(item, |_, ()| Ok((Resource::<Stream>::new_own(STDOUT),)))?;
        }
        "get-stderr" => {
            linked.func_wrap(item, |_, ()| Ok((Resource::<Stream>::new_own(STDERR),)))?;
        }
        _ => {
            return match item.strip_prefix("[method]input-stream.") {
                Some(method) => input(linked, item, method),
                None => output(linked, item),
            };
        }
    }
    Ok(true)
}

/// Nothing comes in.
fn input(linked: &mut Linked<'_>, item: &str, method: &str) -> wasmtime::Result<bool> {
    match method {
        "read" | "blocking-read" => linked
            .func_wrap(item, |_, (_, _): (Resource<Input>, u64)| {
                Ok((Err::<Vec<u8>, _>(StreamError::Closed),))
            })?,
        "skip" | "blocking-skip" => linked
            .func_wrap(item, |_, (_, _): (Resource<Input>, u64)| {
                Ok((Err::<u64, _>(StreamError::Closed),))
            })?,
        "subscribe" => linked.func_wrap(item, |mut store, (_,): (Resource<Input>,)| {
            Ok((time::timer(store.data_mut(), 0)?,))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// There is always room.
fn output(linked: &mut Linked<'_>, item: &str) -> wasmtime::Result<bool> {
    match item.strip_prefix("[method]output-stream.") {
        Some("check-write") => linked.func_wrap(item, |_, (_,): (Resource<Stream>,)| {
            Ok((Ok::<_, StreamError>(ROOM),))
        })?,
        Some("write" | "blocking-write-and-flush") => linked.func_wrap(
            item,
            |mut store, (stream, bytes): (Resource<Stream>, Vec<u8>)| {
                store.data_mut().print(stream.rep(), &bytes)?;
                Ok((Ok::<_, StreamError>(()),))
            },
        )?,
        Some("flush" | "blocking-flush") => linked
            .func_wrap(item, |_, (_,): (Resource<Stream>,)| {
                Ok((Ok::<_, StreamError>(()),))
            })?,
        // A log has no use for zeroes.
        Some("write-zeroes" | "blocking-write-zeroes-and-flush") => linked
            .func_wrap(item, |_, (_, _): (Resource<Stream>, u64)| {
                Ok((Ok::<_, StreamError>(()),))
            })?,
        Some("splice" | "blocking-splice") => linked.func_wrap(
            item,
            |_, (_, _, _): (Resource<Stream>, Resource<Input>, u64)| {
                Ok((Err::<u64, _>(StreamError::Closed),))
            },
        )?,
        Some("subscribe") => linked.func_wrap(item, |mut store, (_,): (Resource<Stream>,)| {
            Ok((time::timer(store.data_mut(), 0)?,))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}
