//! Two servers and a pooler of our own, in a temporary folder, on free ports of the loopback: gone when this ends.

use crate::programs::{NOBODY, Program, is_root};
use r2d2_postgres::postgres::{Client, NoTls};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::Permissions;
use std::io::{self, Error};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// A folder that is removed with all that is in it.
struct Home(PathBuf);

const PREFIX: &str = "poolwise-live-";

/// Folders of those who were killed before they could remove them.
fn remove_orphans() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if owner.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Home {
    fn new() -> io::Result<Self> {
        remove_orphans();
        let path = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        std::fs::create_dir(&path)?;
        let home = Self(path);
        std::fs::set_permissions(&home.0, Permissions::from_mode(0o755))?;
        Ok(home)
    }

    /// A folder in it that belongs to whoever the servers run as.
    fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::create_dir(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(path)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that runs: ended by a signal, and killed when it does not heed it.
struct Running(Child, Signal);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.0.id() as i32) {
            let _ = kill_process(pid, self.1);
        }
        let patience = Instant::now() + Duration::from_secs(8);
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One PostgreSQL.
pub struct Server {
    folder: PathBuf,
    pub port: u16,
    running: Option<Running>,
}

/// All of it; what runs is ended before the folder is removed, in the order of the fields.
pub struct Servers {
    pub calm: Server,
    /// The one that goes down and comes up.
    pub troubled: Server,
    pooler: Option<Running>,
    pub pooler_port: u16,
    postgres: Program,
    pub versions: [String; 2],
    home: Home,
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Servers {
    pub fn start() -> io::Result<Self> {
        let home = Home::new()?;
        let [initdb, postgres, pgbouncer] = ["initdb", "postgres", "pgbouncer"].map(Program::find);
        let initdb = initdb?.within_reach(&home.0)?;
        let postgres = postgres?.within_reach(&home.0)?;
        let pgbouncer = pgbouncer?.within_reach(&home.0)?;
        let server = |name: &str| -> io::Result<Server> {
            let folder = home.folder(name)?;
            let mut command = initdb.command(&home.0, "initdb.log", "KILL")?;
            command.args(["-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "-D"]).arg(&folder);
            let done = command.status()?;
            if !done.success() {
                return Err(told(&home.0, "initdb.log"));
            }
            Ok(Server { folder, port: free_port()?, running: None })
        };
        let (calm, troubled) = (server("calm")?, server("troubled")?);
        let versions = [postgres.version(&home.0)?, pgbouncer.version(&home.0)?];
        let (pooler, pooler_port) = (None, free_port()?);
        let mut servers = Self { calm, troubled, pooler, pooler_port, postgres, versions, home };
        servers.calm.start(&servers.postgres, &servers.home.0)?;
        servers.troubled.start(&servers.postgres, &servers.home.0)?;
        servers.pooler = Some(servers.start_pooler(&pgbouncer)?);
        Ok(servers)
    }

    fn start_pooler(&self, pgbouncer: &Program) -> io::Result<Running> {
        let home = self.home.folder("pooler")?;
        let database =
            |name: &str, port: u16| format!("{name} = host=127.0.0.1 port={port} dbname=postgres user=postgres");
        let settings = format!(
            "[databases]\n{}\n{}\n\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
             auth_type = any\nadmin_users = postgres,pgbouncer\npool_mode = transaction\ndefault_pool_size = 6\nmax_client_conn = 3000\n",
            database("calm", self.calm.port),
            database("troubled", self.troubled.port),
            self.pooler_port,
        );
        let file = home.join("pgbouncer.ini");
        std::fs::write(&file, settings)?;
        std::fs::set_permissions(&file, Permissions::from_mode(0o644))?;
        let mut command = pgbouncer.command(&self.home.0, "pgbouncer.log", "KILL")?;
        let child = command.arg(&file).spawn()?;
        let mut running = Running(child, Signal::KILL);
        answers(&self.home.0, "pgbouncer.log", &mut running, self.pooler_port, "pgbouncer")?;
        Ok(running)
    }

    /// A folder for what programs of ours write.
    pub fn folder_for_clients(&self) -> io::Result<PathBuf> {
        let path = self.home.0.join("clients");
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// The server goes down as if it had crashed: connections end within what they do.
    pub fn stop_troubled(&mut self) {
        self.troubled.running = None;
    }

    /// It is there again when this returns.
    pub fn start_troubled(&mut self) -> io::Result<()> {
        self.troubled.start(&self.postgres, &self.home.0)
    }
}

impl Server {
    fn start(&mut self, postgres: &Program, home: &Path) -> io::Result<()> {
        let mut command = postgres.command(home, "postgres.log", "QUIT")?;
        command.arg("-D").arg(&self.folder).args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "max_wal_senders=0",
            "shared_buffers=16MB",
            "fsync=off",
            "autovacuum=off",
            "jit=off",
        ] {
            command.args(["-c", setting]);
        }
        let mut running = Running(command.spawn()?, Signal::QUIT);
        answers(home, "postgres.log", &mut running, self.port, "postgres")?;
        self.running = Some(running);
        Ok(())
    }
}

pub fn address(port: u16, user: &str, database: &str) -> String {
    format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable")
}

/// Wait until it lets somebody in.
fn answers(home: &Path, log: &str, running: &mut Running, port: u16, database: &str) -> io::Result<()> {
    let patience = Instant::now() + Duration::from_secs(20);
    let database = if database == "pgbouncer" { database } else { "postgres" };
    loop {
        if Client::connect(&address(port, "postgres", database), NoTls).is_ok() {
            return Ok(());
        }
        if !matches!(running.0.try_wait(), Ok(None)) || Instant::now() > patience {
            return Err(told(home, log));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a program had to say before it failed.
fn told(home: &Path, log: &str) -> Error {
    let text = std::fs::read_to_string(home.join(log)).unwrap_or_default();
    let last: Vec<&str> = text.lines().rev().take(5).collect();
    Error::other(format!("{log}: {}", last.into_iter().rev().collect::<Vec<_>>().join("; ")))
}
