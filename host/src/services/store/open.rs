//! How the file is opened: by the host, which upgrades it, or by a reader.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::broadcast;
use tracing::debug;

use super::disk_full::Misses;
use super::keeper::Keeper;
use super::writer::Writer;
use super::{BEHIND, Store, StoreError, Stored, schema};
use crate::services::telemetry::Telemetry;

/// How long one process waits for another that writes.
const BUSY: Duration = Duration::from_secs(10);
/// Statements that are kept prepared: all that are asked often.
const STATEMENTS: usize = 64;

/// Bytes of the log: it is copied into the file before it is longer.
const LOG: u64 = 4 << 20;

/// What holds for a connection that writes. The log is copied by a thread; where that does not
/// keep up, within a commit.
const WRITES: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 4000;
";

impl Store {
    /// Open the file as its only host: two that drive the same incidents would do each thing twice.
    /// The system gives the lock up with the process, however that ends.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another one does; those of [`Store::open`].
    pub fn of_host(path: &Path) -> Stored<Store> {
        let alone = alone(path).map_err(unusable)?;
        Ok(Store {
            _alone: Some(alone),
            ..Store::open(path)?
        })
    }

    /// Open or make the file, and bring its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::NoFile`] and [`StoreError::Unusable`] name the file, [`StoreError::Database`]
    /// one that another process holds or that has no room, [`StoreError::Newer`] one that this
    /// version does not know.
    pub fn open(path: &Path) -> Stored<Store> {
        Store::to_write(path).map_err(unusable)
    }

    fn to_write(path: &Path) -> Stored<Store> {
        ordinary(path)?;
        // SQLite gives its companions the mode of the database; where this fails, its own error
        // says why.
        let _ = crate::services::private_files::touch(path);
        let mut connection = at(path, Connection::open(path))?;
        at(path, prepare(&connection))?;
        schema::refuse_newer(&connection, path)?;
        at(path, to_shrink(&connection))?;
        at(path, connection.execute_batch(WRITES))?;
        schema::migrate(&mut connection, path)?;
        lengthen(path);
        let reader = at(path, Connection::open(path))?;
        at(path, prepare(&reader))?;
        at(path, reader.execute_batch("PRAGMA query_only = ON"))?;
        let (keeper, grown) = at(path, Keeper::start(path))?;
        let writer = Writer::new(connection, grown);
        Ok(Store {
            reader: Some(Mutex::new(reader)),
            _keeper: Some(keeper),
            ..Store::over(path, writer)
        })
    }

    /// A store that ends with the process: for a scan or a demo.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn in_memory() -> Stored<Store> {
        let path = Path::new(":memory:");
        let mut connection = at(path, Connection::open_in_memory())?;
        at(path, prepare(&connection))?;
        schema::migrate(&mut connection, path)?;
        Ok(Store::over(path, Writer::new(connection, None)))
    }

    /// Open the file of a host, to read; none where there is no file yet, or a host is about to
    /// fill it. The host may run.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Newer`] and [`StoreError::Older`]
    /// say which version reads it.
    pub fn open_existing(path: &Path) -> Stored<Option<Store>> {
        Store::to_read(path).map_err(unusable)
    }

    fn to_read(path: &Path) -> Stored<Option<Store>> {
        ordinary(path)?;
        if !path.exists() {
            return Ok(None);
        }
        // The log of a host that was killed is read too, for which the file is opened to write.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = at(path, Connection::open_with_flags(path, flags))?;
        at(path, prepare(&connection))?;
        schema::refuse_newer(&connection, path)?;
        if at(path, schema::is_empty(&connection))? {
            return Ok(None);
        }
        if at(path, schema::version(&connection))? < schema::VERSION {
            return Err(StoreError::Older {
                path: path.to_owned(),
            });
        }
        at(path, connection.execute_batch("PRAGMA query_only = ON"))?;
        Ok(Some(Store {
            writes: false,
            ..Store::over(path, Writer::new(connection, None))
        }))
    }

    fn over(path: &Path, writer: Writer) -> Store {
        Store {
            path: path.to_owned(),
            writer,
            reader: None,
            writes: true,
            unreadable: Mutex::new(BTreeMap::new()),
            parsed: Mutex::new(HashMap::new()),
            misses: Misses::default(),
            changes: broadcast::channel(BEHIND).0,
            telemetry: Telemetry::default(),
            watcher: None,
            _alone: None,
            _keeper: None,
        }
    }
}

/// The lock beside the file. SQLite's own locks are on the file itself, and are lost with any
/// descriptor of it that is closed.
fn alone(path: &Path) -> Stored<File> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = target.into_os_string();
    name.push(".lock");
    let name = PathBuf::from(name);
    let fault = |source: io::Error| StoreError::Database {
        path: name.clone(),
        source: rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
            Some(source.to_string()),
        ),
    };
    let file = crate::services::private_files::file(&name).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

/// What does not pass by itself when a file is opened: another process that holds it does, and so
/// does a full disk.
fn unusable(error: StoreError) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory};
    match error {
        StoreError::Database { path, source } => match source.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked | DiskFull | OutOfMemory) => {
                StoreError::Database { path, source }
            }
            _ => StoreError::Unusable { path, source },
        },
        other => other,
    }
}

/// Refuse what is no file of ours before SQLite waits for a FIFO, or follows a link to a file that
/// others can read.
fn ordinary(path: &Path) -> Stored<()> {
    for end in ["", "-wal", "-shm", "-journal", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let name = Path::new(&name);
        let why = match name.symlink_metadata() {
            Ok(meta) if meta.is_symlink() => {
                "is a symbolic link: name the file itself (state.database, K8SHAWK_DATABASE)"
            }
            Ok(meta) if !meta.is_file() => "is not a regular file",
            _ => continue,
        };
        return Err(StoreError::NoFile {
            path: name.to_owned(),
            why,
        });
    }
    Ok(())
}

/// Give the log its length before it is needed: a write that makes a file longer waits three times
/// as long for the disk. What is behind the log's last entry is no part of it.
fn lengthen(path: &Path) {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let grow = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(&log)?;
        let length = file.metadata()?.len();
        let zeros = vec![0; usize::try_from(LOG.saturating_sub(length)).unwrap_or(0)];
        let grown = file
            .write_all_at(&zeros, length)
            .and_then(|()| file.sync_all());
        if grown.is_err() {
            // No room: it grows as it is written.
            file.set_len(length)?;
        }
        grown
    };
    if let Err(fault) = grow() {
        debug!(%fault, "the database's WAL is still empty");
    }
}

/// Let a file give pages back to the volume: a new one from its start, an older one once, where
/// there is space to write it again.
fn to_shrink(connection: &Connection) -> rusqlite::Result<()> {
    let number = |sql: &str| connection.query_row(sql, [], |r| r.get::<_, i64>(0));
    if number("PRAGMA auto_vacuum")? != 0 {
        return Ok(());
    }
    connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    let is_new = number("PRAGMA page_count")? == 0;
    if !is_new && let Err(fault) = connection.execute_batch("VACUUM") {
        debug!(%fault, "the database does not return freed pages to the disk");
    }
    Ok(())
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY)
}

fn at<T>(path: &Path, done: rusqlite::Result<T>) -> Stored<T> {
    done.map_err(|source| StoreError::Database {
        path: path.to_owned(),
        source,
    })
}
