//! What the book's pages tell people to ask of a server or a pooler: every block of SQL and every command of `psql`, `pgbench`, `curl`
//! and the machine's own tools runs against those of ours. Whoever is asked for metrics answers with a scrape that was kept.

use crate::programs::Program;
use crate::server::Servers;
use std::io::{BufRead, BufReader, Error, Result, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a page calls a thing, and what stands for it here; long measurements are short.
const STANDS_FOR: [(&str, &str); 10] = [
    ("db.example", "localhost"),
    ("dbname=app", "dbname=shop"),
    ("-T 60", "-T 1"),
    ("-T 30", "-T 1"),
    ("-s 100", "-s 1"),
    ("--rate 800", "--rate 100"),
    ("1 2 4 8 16 24 32 48 64 96", "1 2"),
    ("seq 60", "seq 1"),
    ("sleep 1;", "sleep 0;"),
    ("sleep 60", "sleep 0"),
];

/// Tools that are run where the machine has them.
const TOOLS: [&str; 9] = ["psql", "pgbench", "curl", "time", "getent", "ss", "cat", "ls", "for"];

struct Shell<'a> {
    psql: Program,
    folder: &'a Path,
    server: u16,
    pooler: u16,
    metrics: u16,
}

/// Run them all; an error names every one that failed.
pub fn run(servers: &mut Servers) -> Result<()> {
    let folder = servers.folder_for_clients()?;
    let psql = Program::find("psql")?;
    let (server, pooler) = (servers.troubled.port, servers.pooler_port);
    let shell = Shell { psql, folder: &folder, server, pooler, metrics: metrics()? };
    shell.sql(
        "alter system set shared_preload_libraries = pg_stat_statements; create database shop; create database bench",
        false,
    )?;
    servers.stop_troubled();
    servers.start_troubled()?;
    shell.sql("create extension pg_stat_statements;\n\\c shop\ncreate extension pg_stat_statements", false)?;
    let (mut ran, mut wrong) = (0, Vec::new());
    for page in pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src"))? {
        let text = std::fs::read_to_string(&page)?;
        let name = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (language, block) in blocks(&text) {
            let done: Vec<Result<()>> = match language {
                "sql" => vec![shell.sql(block, block.trim_start().starts_with("SHOW"))],
                "sh" if ["psql", "curl", "scrape()"].iter().any(|first| block.starts_with(first)) => {
                    vec![shell.line(block)]
                }
                "sh" | "console" => commands(block).iter().map(|line| shell.line(line)).collect(),
                _ => continue,
            };
            ran += done.len();
            wrong.extend(done.into_iter().filter_map(Result::err).map(|why| format!("{name}: {why}")));
        }
    }
    eprintln!("{ran} commands and queries of the book's pages ran against the server and the pooler");
    match wrong.as_slice() {
        [] if ran > 12 => Ok(()),
        [] => Err(Error::other(format!("{ran} are too few: are the pages where they were?"))),
        list => Err(Error::other(format!("these did not:\n{}", list.join("\n")))),
    }
}

/// Answers every request with a scrape, on the port that is returned, until this program ends.
fn metrics() -> Result<u16> {
    let scrape = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/hikaricp.prom");
    let text = std::fs::read_to_string(scrape)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let asked = stream.try_clone().map(BufReader::new).map(|all| all.lines().map_while(Result::ok));
            asked.into_iter().flatten().take_while(|line| !line.is_empty()).for_each(drop);
            let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
            let _ = stream.write_all((head + &text).as_bytes());
        }
    });
    Ok(port)
}

/// Every page below a folder, but for what is generated.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut list = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("generated") {
            list.extend(pages(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            list.push(path);
        }
    }
    list.sort();
    Ok(list)
}

/// The fenced blocks of a page: their language and what is in them.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let fenced = text.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n'))
}

/// The commands of a block that speak to a server, a pooler or the machine.
fn commands(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.strip_prefix("$ ").unwrap_or(line).trim());
    let ours = |line: &&str| {
        let first = line.split(' ').next().unwrap_or_default();
        TOOLS.contains(&first) && !line.contains("poolwise")
    };
    lines.filter(ours).map(str::to_owned).collect()
}

impl Shell<'_> {
    /// Statements for the server, or for the pooler's console.
    fn sql(&self, text: &str, console: bool) -> Result<()> {
        let known = "psql -v ON_ERROR_STOP=1 -q -f -";
        let mut child = self.command(&if console { format!("{known} -p 6432 pgbouncer") } else { known.into() })?;
        let mut child = child.stdin(Stdio::piped()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes())?;
        }
        told(text, &child.wait_with_output()?)
    }

    fn line(&self, line: &str) -> Result<()> {
        let first = line.split(' ').next().unwrap_or_default();
        // A tool that this machine lacks says nothing about the page.
        let first = first.trim_end_matches("()");
        if first != "scrape" && !self.command(&format!("command -v {first}"))?.output()?.status.success() {
            return Ok(());
        }
        told(line, &self.command(line)?.stdin(Stdio::null()).output()?)
    }

    fn command(&self, line: &str) -> Result<Command> {
        let ports = [
            ("-p 6432", format!("-p {}", self.pooler)),
            ("port=5432", format!("port={}", self.server)),
            ("app:8080", format!("127.0.0.1:{}", self.metrics)),
            ("prometheus:9090", format!("127.0.0.1:{}", self.metrics)),
        ];
        let short = STANDS_FOR.iter().fold(line.to_owned(), |line, (page, here)| line.replace(page, here));
        let here = ports.iter().fold(short, |line, (page, here)| line.replace(page, here));
        let mut command = self.psql.shell(&here)?;
        let known =
            [("PGHOST", "127.0.0.1"), ("PGUSER", "postgres"), ("PGDATABASE", "postgres"), ("PGSSLMODE", "disable")];
        command.envs(known).env("PGPORT", self.server.to_string()).env("PID", std::process::id().to_string());
        command.current_dir(self.folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }
}

fn told(what: &str, output: &std::process::Output) -> Result<()> {
    match output.status.success() {
        true => Ok(()),
        false => Err(Error::other(format!("{}: {}", what.trim(), String::from_utf8_lossy(&output.stderr).trim()))),
    }
}
