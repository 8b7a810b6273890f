//! The programs of PostgreSQL and PgBouncer, wherever this machine has them, and starting them as somebody who is not root.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the server must not be: PostgreSQL refuses to run as root. This is `nobody` everywhere.
pub const NOBODY: u32 = 65534;

pub fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// What runs here, and what it starts, goes before everything else on the machine, where that is allowed: what others compute
/// meanwhile then changes little. Whether it does. To be called before there is another thread.
pub fn go_first() -> bool {
    let mut command = Command::new("chrt");
    command.args(["--rr", "--pid", "1", &std::process::id().to_string()]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|done| done.success())
}

/// A program and the folder of the libraries that it lacks.
pub struct Program {
    pub path: PathBuf,
    libraries: Option<PathBuf>,
}

/// Where `scripts/setup.sh` unpacks what the machine lacks; by its one true name, since PATH may have it by another.
fn tools() -> PathBuf {
    true_name(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools"))
}

fn true_name(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The folders `*/bin` below a folder, the highest version first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut list: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    list.sort_by_key(|path| std::cmp::Reverse(number(path)));
    list.into_iter().map(|path| path.join("bin")).collect()
}

impl Program {
    /// On PATH, where Debian puts it, or unpacked.
    pub fn find(name: &str) -> io::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut own: Vec<PathBuf> =
            std::env::split_paths(&path).filter(|folder| !true_name(folder).starts_with(tools())).collect();
        own.extend(versions(Path::new("/usr/lib/postgresql")));
        own.push("/usr/sbin".into());
        let at = |folders: Vec<PathBuf>| folders.into_iter().map(|f| f.join(name)).find(|file| file.is_file());
        if let Some(found) = at(own) {
            // A link into the version's folder: the program looks for its other files beside what it really is.
            return Ok(Self { path: found.canonicalize()?, libraries: None });
        }
        let tools = tools();
        let mut unpacked = versions(&tools.join("postgresql/usr/lib/postgresql"));
        unpacked.push(tools.join("bin"));
        match at(unpacked) {
            Some(path) => Ok(Self { path, libraries: Some(tools) }),
            None => Err(io::Error::other(format!("{name} is missing: run scripts/setup.sh reality"))),
        }
    }

    /// What was unpacked may lie where only root can read: then a copy in a folder that everyone can.
    pub fn within_reach(self, home: &Path) -> io::Result<Self> {
        let Some(tools) = self.libraries.as_ref().filter(|_| is_root()) else { return Ok(self) };
        let copy = home.join("tools");
        std::fs::create_dir_all(&copy)?;
        for part in ["postgresql", "bin/pgbouncer", "lib"].map(|part| tools.join(part)) {
            let target = copy.join(part.strip_prefix(tools).unwrap_or(&part));
            if part.exists() && !target.exists() {
                std::fs::create_dir_all(target.parent().unwrap_or(&copy))?;
                let copied = Command::new("cp").arg("-r").args([&part, &target]).status()?;
                if !copied.success() {
                    return Err(io::Error::other(format!("{} could not be copied", part.display())));
                }
            }
        }
        let path = copy.join(self.path.strip_prefix(tools).unwrap_or(&self.path));
        Ok(Self { path, libraries: Some(copy) })
    }

    /// As nobody where this is root; it gets `signal` when this program ends, however that ends. What it says goes to a file.
    pub fn command(&self, home: &Path, log: &str, signal: &str) -> io::Result<Command> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", signal]);
        if is_root() {
            let id = NOBODY.to_string();
            command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
        }
        command.arg("--").arg(&self.path);
        self.lend_libraries(&mut command)?;
        let log = std::fs::File::options().create(true).append(true).open(home.join(log))?;
        // A group of its own: Ctrl-C is for this program, which ends the others in order.
        command.process_group(0).current_dir(home).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    fn lend_libraries(&self, command: &mut Command) -> io::Result<()> {
        if let Some(tools) = &self.libraries {
            let gnu = format!("{}-linux-gnu", std::env::consts::ARCH);
            let folders = [tools.join("lib"), tools.join("postgresql/usr/lib").join(gnu)];
            command.env("LD_LIBRARY_PATH", std::env::join_paths(folders).map_err(io::Error::other)?);
        }
        Ok(())
    }

    /// A line for the shell, which finds this program and those beside it before all others.
    pub fn shell(&self, line: &str) -> io::Result<Command> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = self.path.parent().map(Path::to_owned).into_iter().collect();
        folders.extend(std::env::split_paths(&path));
        let mut command = Command::new("bash");
        command.args(["-c", line]).env("PATH", std::env::join_paths(folders).map_err(io::Error::other)?);
        self.lend_libraries(&mut command)?;
        Ok(command)
    }

    /// What it says of its version.
    pub fn version(&self, home: &Path) -> io::Result<String> {
        let file = home.join("version");
        std::fs::write(&file, "")?;
        self.command(home, "version", "KILL")?.arg("--version").status()?;
        Ok(std::fs::read_to_string(file)?.lines().next().unwrap_or_default().trim().to_owned())
    }
}
