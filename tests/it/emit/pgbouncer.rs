//! PgBouncer itself reads what is written for it, and says what it has understood.

use super::{parse, scenarios};
use crate::repository;
use poolwise::emit::{emit, target};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running PgBouncer; it ends with this.
struct Pooler {
    child: Child,
    folder: PathBuf,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PgBouncer refuses to run as root, and then runs as nobody, who must be able to read its settings.
fn start(folder: &Path, settings: &str, port: u16) -> Child {
    let place = "[databases]\napp = host=127.0.0.1 port=1 dbname=app user=app\n\n";
    let more = format!("listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n");
    std::fs::create_dir_all(folder).unwrap();
    let file = folder.join("pgbouncer.ini");
    std::fs::write(&file, format!("{place}{settings}{more}")).unwrap();
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let own = repository(".tools/bin/pgbouncer");
    let tool = if own.exists() { own } else { PathBuf::from("pgbouncer") };
    let mut command = Command::new(tool);
    let user = Command::new("id").arg("-u").output().unwrap();
    if user.stdout.trim_ascii() == b"0" {
        command.args(["-u", "nobody"]);
    }
    command.arg(&file).env("LD_LIBRARY_PATH", repository(".tools/lib"));
    let run = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
    run.unwrap_or_else(|e| panic!("pgbouncer can not be run ({e}): scripts/setup.sh test fetches it"))
}

/// Start it on a free port, and connect. Somebody else may take the port meanwhile: then on another.
fn connected(name: &str, settings: &str) -> (Pooler, TcpStream) {
    let mut said = String::new();
    for attempt in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("poolwise-pgbouncer-{name}-{attempt}-{}", std::process::id()));
        let mut pooler = Pooler { child: start(&folder, settings, port), folder };
        // Half a minute at most: then it hangs.
        for _ in 0..3000 {
            if pooler.child.try_wait().unwrap().is_some() {
                break;
            }
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                return (pooler, stream);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        said = log(&pooler);
    }
    panic!("pgbouncer does not listen: {said}\n{settings}");
}

fn log(pooler: &Pooler) -> String {
    std::fs::read_to_string(pooler.folder.join("log")).unwrap()
}

/// One message of PostgreSQL's protocol: its kind and what follows.
fn message(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).unwrap();
    (head[0], body)
}

fn until_ready(stream: &mut TcpStream) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    loop {
        let (kind, body) = message(stream);
        assert_ne!(kind, b'E', "{}", String::from_utf8_lossy(&body));
        if kind == b'Z' {
            return all;
        }
        all.push((kind, body));
    }
}

/// The columns of a row; an absent value is empty.
fn columns(body: &[u8]) -> Vec<String> {
    let mut rest = &body[2..];
    let mut all = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = i32::from_be_bytes(*length).max(0) as usize;
        all.push(String::from_utf8_lossy(&after[..length]).into_owned());
        rest = &after[length..];
    }
    all
}

/// What it has understood of each key.
fn show_config(stream: &mut TcpStream) -> BTreeMap<String, String> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut start = 196_608u32.to_be_bytes().to_vec();
    start.extend(b"user\0pgbouncer\0database\0pgbouncer\0\0");
    stream.write_all(&(start.len() as u32 + 4).to_be_bytes()).unwrap();
    stream.write_all(&start).unwrap();
    until_ready(stream);
    let query = b"SHOW CONFIG;\0";
    stream.write_all(b"Q").unwrap();
    stream.write_all(&(query.len() as u32 + 4).to_be_bytes()).unwrap();
    stream.write_all(query).unwrap();
    let rows = until_ready(stream).into_iter().filter(|(kind, _)| *kind == b'D').map(|(_, body)| columns(&body));
    rows.map(|row| (row[0].clone(), row[1].clone())).collect()
}

#[test]
fn pgbouncer_understands_every_key_as_it_is_meant() {
    for (n, settings) in scenarios().iter().enumerate() {
        let text = emit(target("pgbouncer").unwrap(), settings);
        let (pooler, mut stream) = connected(&n.to_string(), &text);
        let understood = show_config(&mut stream);
        for (key, written) in parse::parsed("pgbouncer", &text) {
            let found = understood.get(&key).unwrap_or_else(|| panic!("{key} is unknown to it"));
            match (written.parse::<f64>(), found.parse::<f64>()) {
                (Ok(written), Ok(found)) => {
                    assert!((written - found).abs() <= 1e-5 * written, "{key}: {written} {found}")
                }
                _ => assert_eq!(&written, found, "{key}"),
            }
        }
        let said = log(&pooler);
        let bad = |line: &&str| ["WARN", "ERROR", "FATAL", "NOISE"].iter().any(|word| line.contains(word));
        // It says that few files may be open for so many clients, which the machine of the test decides.
        let bad: Vec<&str> = said.lines().filter(bad).filter(|line| !line.contains("file")).collect();
        assert!(said.contains("process up") && bad.is_empty(), "{said}");
    }
}

/// What it does not know, it refuses: so the test above would notice.
#[test]
fn pgbouncer_refuses_what_it_does_not_know() {
    let folder = std::env::temp_dir().join(format!("poolwise-pgbouncer-refused-{}", std::process::id()));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut pooler = Pooler { child: start(&folder, "[pgbouncer]\npool_sise = 4\n", port), folder };
    let status = pooler.child.wait().unwrap();
    let said = log(&pooler);
    assert!(!status.success() && said.contains("pool_sise"), "{said}");
}
