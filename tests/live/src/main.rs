//! Real pools, driven on this machine: what they do is written to a folder.
//!
//! usage: live full|short FOLDER [luck=N] [NAME…]      (other seeds; only the runs whose names contain one of these)
//!        live commands                                (the queries and commands of the book's pages, once)
//!
//! The first thread owns the servers: whatever ends the others, a signal, a panic or the time, it is there to end the servers too.

mod commands;
mod load;
mod pools;
mod programs;
mod random;
mod runs;
mod server;
mod session;
mod trace;

use server::Servers;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// What the first thread is asked for.
pub enum Order {
    Stop(oneshot::Sender<()>),
    Start(oneshot::Sender<()>),
    /// End with this code.
    End(u8),
}

#[derive(Default)]
struct Asked {
    short: bool,
    folder: PathBuf,
    luck: u64,
    only: Vec<String>,
}

impl Asked {
    fn read() -> Option<Self> {
        let mut words = std::env::args().skip(1);
        let short = match words.next()?.as_str() {
            "full" => false,
            "short" => true,
            _ => return None,
        };
        let folder = std::path::absolute(words.next()?).ok()?;
        let (luck, only): (Vec<String>, Vec<String>) = words.partition(|word| word.starts_with("luck="));
        let luck = luck.last().map_or(Some(0), |word| word.strip_prefix("luck=")?.parse().ok())?;
        Some(Self { short, folder, luck, only })
    }

    /// How long it may take at most.
    fn patience(&self) -> Duration {
        Duration::from_secs(if self.short { 180 } else { 15 * 60 })
    }
}

fn main() -> ExitCode {
    let of_pages = std::env::args().skip(1).eq(["commands"]);
    let Some(asked) = Asked::read().or_else(|| of_pages.then(Asked::default)) else {
        eprintln!("usage: live full|short FOLDER [luck=N] [NAME…], or live commands");
        return ExitCode::from(2);
    };
    let first_in_line = programs::go_first();
    let (orders, inbox) = channel();
    // The signals first: from here on nothing ends without what stands below.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2_000)
        .enable_all()
        .build()
        .expect("threads");
    let _inside = runtime.enter();
    watch_signals(&orders);
    let patience = Instant::now() + asked.patience();
    let mut servers = match Servers::start() {
        Ok(servers) => servers,
        Err(why) => {
            eprintln!("live: {why}");
            return ExitCode::FAILURE;
        }
    };
    if of_pages {
        let done = commands::run(&mut servers);
        if let Err(why) = &done {
            eprintln!("live: {why}");
        }
        end(servers, done.is_err().into());
    }
    let session = session::Session::new(&servers, asked.folder, orders.clone(), first_in_line);
    let (short, luck, only) = (asked.short, asked.luck, asked.only);
    runtime.spawn(async move {
        let done = tokio::spawn(async move { session.all(short, luck, &only).await }).await;
        let code = match done {
            Ok(Ok(())) => 0,
            Ok(Err(why)) => {
                eprintln!("live: {why}");
                1
            }
            Err(_) => 1,
        };
        let _ = orders.send(Order::End(code));
    });
    loop {
        match inbox.recv_timeout(patience.saturating_duration_since(Instant::now())) {
            Ok(Order::Stop(reply)) => {
                servers.stop_troubled();
                let _ = reply.send(());
            }
            Ok(Order::Start(reply)) => match servers.start_troubled() {
                Ok(()) => drop(reply.send(())),
                Err(why) => {
                    eprintln!("live: {why}");
                    end(servers, 1);
                }
            },
            Ok(Order::End(code)) => end(servers, code),
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("live: it took more than {} min", asked_minutes(short));
                end(servers, 1);
            }
            Err(RecvTimeoutError::Disconnected) => end(servers, 1),
        }
    }
}

fn asked_minutes(short: bool) -> u32 {
    if short { 3 } else { 15 }
}

/// The servers end, and this with them, whatever other threads do.
fn end(servers: Servers, code: u8) -> ! {
    drop(servers);
    std::process::exit(code.into())
}

fn watch_signals(orders: &Sender<Order>) {
    for (kind, code) in [(SignalKind::interrupt(), 130), (SignalKind::terminate(), 143), (SignalKind::hangup(), 129)] {
        let orders = orders.clone();
        let mut signals = signal(kind).expect("signals can be waited for");
        tokio::spawn(async move {
            signals.recv().await;
            let _ = orders.send(Order::End(code));
        });
    }
}
