//! Tries at what WASI could open, written against the standard library as any program is. What
//! comes back says what was got.

use std::collections::hash_map::RandomState;
use std::fmt::Debug;
use std::hash::BuildHasher;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, io, process, thread};

/// Do what the mode says; none where the mode is none of these.
pub fn open(mode: &str) -> Option<String> {
    Some(match mode {
        "files" => files(),
        "environment" => environment(),
        "network" => network(),
        "time" => time(),
        "randomness" => format!("{:x}", RandomState::new().hash_one("seed")),
        "print" => print(),
        "print-flood" => loop {
            println!("noise");
        },
        "print-bulk" => loop {
            print!("{}", "x".repeat(1000));
        },
        "exit" => process::exit(3),
        _ => return None,
    })
}

/// One part of the text for each try, so that a test sees which of them got something.
fn told<T: Debug, E>(what: &str, result: Result<T, E>) -> String {
    match result {
        Ok(got) => format!("{what}: got {got:?}"),
        Err(_) => format!("{what}: refused"),
    }
}

fn files() -> String {
    let mut input = String::new();
    [
        told("read", fs::read_to_string("/etc/passwd")),
        told("write", fs::write("/tmp/mine", "x")),
        told("list", fs::read_dir("/").map(Iterator::count)),
        told("list here", fs::read_dir(".").map(Iterator::count)),
        told("remove", fs::remove_file("k8shawk.toml")),
        match io::stdin().read_line(&mut input) {
            Ok(0) | Err(_) => "input: refused".to_owned(),
            Ok(_) => format!("input: got {input:?}"),
        },
    ]
    .join("; ")
}

fn environment() -> String {
    format!(
        "{} variables, {} arguments, {:?}",
        env::vars().count(),
        env::args().count(),
        env::var("PATH").ok()
    )
}

fn network() -> String {
    [
        told("connect", TcpStream::connect("127.0.0.1:6443").map(drop)),
        told("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
        told("datagram", UdpSocket::bind("127.0.0.1:0").map(drop)),
        told(
            "resolve",
            "localhost:80".to_socket_addrs().map(Iterator::count),
        ),
    ]
    .join("; ")
}

/// Sleeping an hour must take no time, and still be an hour.
fn time() -> String {
    let begun = Instant::now();
    thread::sleep(Duration::from_secs(3600));
    let slept = begun.elapsed().as_secs();
    let wall = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("slept {slept} s, it is {wall:?}")
}

fn print() -> String {
    println!("one line");
    print!("two ");
    println!("parts");
    eprintln!("a complaint");
    print!("no end");
    drop(io::Write::flush(&mut io::stdout()));
    "printed".to_owned()
}
