//! One run after another, some side by side, and what is written of them.

use crate::Order;
use crate::load::Drive;
use crate::pools::{NEVER, Pool};
use crate::runs::{self, Group, Product, Run};
use crate::server::{Servers, address};
use crate::trace::{Trace, machine_load};
use serde_json::{Value, json};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::oneshot;
use tokio_postgres::NoTls;

type Failure = Box<dyn Error + Send + Sync>;

/// How many connections are opened to see how long it takes.
const OPENINGS: usize = 40;

pub struct Session {
    calm: u16,
    troubled: u16,
    pooler: u16,
    versions: [String; 2],
    folder: PathBuf,
    orders: Sender<Order>,
    /// Whether all this goes before everything else on the machine.
    first_in_line: bool,
}

impl Session {
    pub fn new(servers: &Servers, folder: PathBuf, orders: Sender<Order>, first_in_line: bool) -> Self {
        Self {
            calm: servers.calm.port,
            troubled: servers.troubled.port,
            pooler: servers.pooler_port,
            versions: servers.versions.clone(),
            folder,
            orders,
            first_in_line,
        }
    }

    /// All runs that are asked for, and the manifest.
    pub async fn all(&self, short: bool, luck: u64, only: &[String]) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.folder)?;
        let wanted = |run: &Run| only.is_empty() || only.iter().any(|part| run.name.contains(part));
        let groups: Vec<Group> = if short { runs::short() } else { runs::full() }
            .into_iter()
            .map(|group| group.into_iter().filter(wanted).map(|run| run.with(luck)).collect::<Group>())
            .filter(|group| !group.is_empty())
            .collect();
        let count = groups.iter().map(Vec::len).sum::<usize>();
        eprintln!("{}, {}; {count} runs, machine load {:.1}", self.versions[0], self.versions[1], machine_load());
        let connect = self.connect_times().await?;
        let mut entries: Vec<Value> = Vec::new();
        for group in groups {
            for (run, mut trace) in self.group(group).await? {
                trace.write(&run, &self.folder)?;
                entries.push(trace.entry(&run));
                eprintln!("{:>3}/{count} {:<26} {}", entries.len(), run.name, trace.line());
            }
        }
        self.manifest(short, &connect, entries)
    }

    fn manifest(&self, short: bool, connect: &[u64], runs: Vec<Value>) -> Result<(), Failure> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let manifest = json!({
            "form": if short { "short" } else { "full" },
            "date": date(since / 86_400),
            "first_in_line": self.first_in_line,
            "cores": std::thread::available_parallelism().map_or(0, usize::from),
            "postgresql": self.versions[0],
            "pgbouncer": self.versions[1],
            "connect_us": connect,
            "runs": runs,
        });
        std::fs::write(self.folder.join("runs.json"), serde_json::to_string_pretty(&manifest)? + "\n")?;
        Ok(())
    }

    /// How long it takes to open a connection, one after another.
    async fn connect_times(&self) -> Result<Vec<u64>, Failure> {
        let mut times = Vec::new();
        for _ in 0..OPENINGS {
            let begin = Instant::now();
            let (client, connection) =
                tokio_postgres::connect(&address(self.calm, "postgres", "postgres"), NoTls).await?;
            times.push(begin.elapsed().as_micros() as u64);
            let ends = tokio::spawn(connection);
            drop(client);
            let _ = ends.await;
        }
        Ok(times)
    }

    /// Runs that go on side by side, from one moment.
    async fn group(&self, group: Group) -> Result<Vec<(Run, Trace)>, Failure> {
        let mut pools = Vec::new();
        for run in &group {
            pools.push(self.pool(run).await?);
        }
        let (zero, load) = (Instant::now() + Duration::from_millis(300), machine_load());
        let down = group.iter().find_map(|run| run.down);
        let trouble = down.map(|(stops, starts)| tokio::spawn(trouble(self.orders.clone(), zero, stops, starts)));
        let mut drives = Vec::new();
        for (run, pool) in group.into_iter().zip(pools) {
            let drive = Arc::new(Drive::new(run, pool, zero));
            let task = tokio::spawn({
                let drive = drive.clone();
                async move { drive.all().await }
            });
            drives.push((drive, task));
        }
        let mut down = None;
        if let Some(trouble) = trouble {
            down = Some(trouble.await??);
        }
        let mut list = Vec::new();
        for (drive, task) in drives {
            task.await?;
            let attempts = std::mem::take(&mut *drive.seen.lock().unwrap());
            let late = std::mem::take(&mut *drive.late.lock().unwrap());
            list.push((drive.run.clone(), Trace { attempts, late, down, load: [load, machine_load()] }));
            // A pool whose calls block may not end where tasks run.
            tokio::task::spawn_blocking(move || drop(drive)).await?;
        }
        Ok(list)
    }

    /// A pool that is open, as far as it may.
    async fn pool(&self, run: &Run) -> Result<Pool, Failure> {
        let server = if run.down.is_some() { self.troubled } else { self.calm };
        if let Some(limit) = run.limit {
            let (client, connection) = tokio_postgres::connect(&address(server, "postgres", "postgres"), NoTls).await?;
            tokio::spawn(connection);
            client.batch_execute(&format!("CREATE ROLE {} LOGIN CONNECTION LIMIT {limit}", run.name)).await?;
        }
        let port = if run.pool == Product::PgBouncer { self.pooler } else { server };
        let pool = Arc::new(Pool::new(run, port).await?);
        if run.limit.is_none() {
            open(&pool, run.size).await?;
        }
        Arc::into_inner(pool).ok_or_else(|| "a pool is still in use".into())
    }
}

/// Open all connections of a pool: so many hold one at the same time.
async fn open(pool: &Arc<Pool>, size: u32) -> Result<(), Failure> {
    let mut all = Vec::new();
    for _ in 0..size {
        let pool = pool.clone();
        all.push(tokio::spawn(async move {
            // On a machine that is busy an opening may take longer than the run's timeout.
            for _ in 0..20 {
                if open_one(&pool).await.is_ok() {
                    return Ok(());
                }
            }
            Err::<(), Failure>("a pool did not open".into())
        }));
    }
    for one in all {
        one.await??;
    }
    Ok(())
}

async fn open_one(pool: &Pool) -> Result<(), Failure> {
    match pool {
        Pool::PgBouncer(clients) => {
            let client = clients.client().await?;
            clients.sleep(client, 500, NEVER).await;
        }
        Pool::R2d2(blocking) => {
            let blocking = blocking.clone();
            tokio::task::spawn_blocking(move || blocking.get().map(drop)).await??;
        }
        _ => {
            let mut one = pool.connection().await.map_err(|_| "no connection")?;
            one.sleep(500).await?;
        }
    }
    Ok(())
}

/// The server goes down and comes up; when that really was, in seconds.
async fn trouble(orders: Sender<Order>, zero: Instant, stops: f64, starts: f64) -> Result<(f64, f64), Failure> {
    let until = |seconds: f64| tokio::time::sleep_until((zero + Duration::from_secs_f64(seconds)).into());
    until(stops).await;
    let down = zero.elapsed().as_secs_f64();
    let (reply, done) = oneshot::channel();
    orders.send(Order::Stop(reply))?;
    done.await?;
    until(starts).await;
    let (reply, done) = oneshot::channel();
    orders.send(Order::Start(reply))?;
    done.await?;
    Ok((down, zero.elapsed().as_secs_f64()))
}

/// The date of a day since 1970 (Hinnant: days to civil).
fn date(day: u64) -> String {
    let z = day + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    format!("{}-{month:02}-{day:02}", year_of_era + era * 400 + u64::from(month <= 2))
}
