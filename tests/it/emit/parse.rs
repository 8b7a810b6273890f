//! Reads each text with a parser of its own kind. Times that carry a unit come out in seconds.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use syn::visit::{Visit, visit_expr_method_call};
use yaml_rust2::{Yaml, YamlLoader};

pub type Values = BTreeMap<String, String>;

/// Keys and values; where a language has its own reader at hand, that has read it too.
pub fn parsed(name: &str, text: &str) -> Values {
    match name {
        "node-postgres" => assert_eq!(javascript(text), without_tools(name, text)),
        "sqlalchemy" | "psycopg_pool" | "django" => python_compiles(text),
        _ => {}
    }
    without_tools(name, text)
}

/// The same without starting another program.
pub fn without_tools(name: &str, text: &str) -> Values {
    match name {
        "hikaricp" => yaml(text, &["spring", "datasource", "hikari"]),
        "rails" => yaml(text, &["production"]),
        "tomcat" => properties(text),
        "pgbouncer" => ini(text),
        "sqlalchemy" | "psycopg_pool" => python(text, '='),
        "django" => python(text, ':'),
        "node-postgres" => object(text),
        "pgxpool" => url(&variable(text, "DATABASE_URL", '\'')),
        "npgsql" => pairs(&variable(text, "ConnectionStrings__Default", '"'), ";", 4),
        "database-sql" => go(text),
        "sqlx" | "deadpool" | "bb8" | "r2d2" => rust(text),
        other => panic!("say how {other} is read"),
    }
}

fn number(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |n| n.to_string())
}

fn yaml(text: &str, path: &[&str]) -> Values {
    let all = YamlLoader::load_from_str(text).unwrap_or_else(|e| panic!("{e}:\n{text}"));
    let [document] = all.as_slice() else { panic!("one document:\n{text}") };
    let table = path.iter().fold(document, |table, key| {
        assert_eq!(table.as_hash().unwrap().len(), 1, "{key}:\n{text}");
        &table[*key]
    });
    let value = |value: &Yaml| match value {
        Yaml::Integer(n) => n.to_string(),
        Yaml::Real(n) => number(n),
        other => panic!("{other:?}"),
    };
    table.as_hash().unwrap().iter().map(|(k, v)| (k.as_str().unwrap().to_owned(), value(v))).collect()
}

/// Lines without comments and empty ones.
fn lines<'a>(text: &'a str, comment: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(move |line| !line.trim().is_empty() && !line.starts_with(comment))
}

fn insert(values: &mut Values, key: &str, value: &str) {
    assert!(values.insert(key.to_owned(), number(value)).is_none(), "{key} twice");
}

fn properties(text: &str) -> Values {
    let mut values = Values::new();
    for line in lines(text, "#") {
        let (key, value) = line.split_once('=').unwrap();
        if key != "spring.datasource.type" {
            insert(&mut values, key.strip_prefix("spring.datasource.tomcat.").unwrap(), value);
        }
    }
    values
}

fn ini(text: &str) -> Values {
    let mut values = Values::new();
    let mut all = lines(text, ";");
    assert_eq!(all.next(), Some("[pgbouncer]"));
    for line in all {
        let (key, value) = line.split_once(" = ").unwrap();
        insert(&mut values, key, value);
    }
    values
}

/// Each `key=value,` on a line of its own, or `"key": value,` of a table, with what stands around a table as keys without value.
fn python(text: &str, between: char) -> Values {
    let mut values = Values::new();
    for line in lines(text, "#").filter(|line| line.starts_with("    ") && !line.contains("os.environ")) {
        let line = line.trim().trim_end_matches(',');
        match line.split_once(between) {
            Some((key, "{" | " {")) => insert(&mut values, key.trim_matches('"'), "table"),
            Some((key, value)) => insert(&mut values, key.trim_matches('"'), value.trim()),
            None => assert!(["}", ")"].contains(&line), "{line}"),
        }
    }
    for key in ["CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "OPTIONS"] {
        if between == ':' {
            assert!(text.contains(&format!("\"{key}\"")), "{text}");
            insert(&mut values, key, "set");
        }
    }
    values
}

/// By Python itself, where there is one. Says so where there is none: the test above reads the text all the same.
fn python_compiles(text: &str) {
    let child = Command::new("python3")
        .args(["-c", "import ast, sys; ast.parse(sys.stdin.read())"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("python3 is not there: the syntax was not tried with it");
        return;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
}

fn object(text: &str) -> Values {
    let mut values = Values::new();
    let mut all = lines(text, "//");
    assert_eq!(all.next(), Some("const poolSettings = {"));
    for line in all.by_ref().take_while(|line| *line != "};") {
        let (key, value) = line.trim().trim_end_matches(',').split_once(": ").unwrap();
        insert(&mut values, key, value);
    }
    assert_eq!(all.next(), None, "{text}");
    values
}

/// By Node, which the planner needs anyway.
fn javascript(text: &str) -> Values {
    let show = "for (const [key, value] of Object.entries(poolSettings)) console.log(`${key} ${value}`);";
    let output = Command::new("node").args(["-e", &format!("'use strict';\n{text}\n{show}")]).output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| line.split_once(' ').unwrap()).map(|(k, v)| (k.to_owned(), number(v))).collect()
}

/// The value of the only variable, as a shell reads it: nothing in it has a meaning between these quotes.
fn variable(text: &str, name: &str, quote: char) -> String {
    let all: Vec<&str> = lines(text, "#").collect();
    let [line] = all.as_slice() else { panic!("one line:\n{text}") };
    let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).unwrap();
    let inner = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap();
    assert!(!inner.contains([quote, '$', '`', '\\']), "{inner}");
    inner.to_owned()
}

/// The pairs after the first few, which say where the database is.
fn pairs(text: &str, between: &str, skip: usize) -> Values {
    let mut values = Values::new();
    for pair in text.split(between).skip(skip) {
        let (key, value) = pair.split_once('=').unwrap();
        insert(&mut values, key, value);
    }
    values
}

fn url(text: &str) -> Values {
    let (place, query) = text.split_once('?').unwrap();
    assert!(place.starts_with("postgres://") && !query.contains([' ', '#', '%', '+']), "{text}");
    let mut values = pairs(query, "&", 0);
    for (key, value) in values.iter_mut().filter(|(key, _)| key.starts_with("pool_") && !key.ends_with("conns")) {
        let (count, unit) =
            value.split_at(value.find(|c: char| c.is_alphabetic()).unwrap_or_else(|| panic!("{key} has no unit")));
        let unit = match unit {
            "s" => 1.0,
            "ms" => 1e-3,
            other => panic!("Go knows no {other}"),
        };
        *value = (count.parse::<u64>().unwrap() as f64 * unit).to_string();
    }
    values
}

fn go(text: &str) -> Values {
    let mut values = Values::new();
    for line in lines(text, "//") {
        let (call, argument) = line.strip_prefix("db.").and_then(|rest| rest.split_once('(')).unwrap();
        let argument = argument.strip_suffix(')').unwrap();
        let value = match argument.split_once(" * time.") {
            None => argument.parse::<u32>().unwrap().to_string(),
            Some((count, unit)) => {
                let units = [("Millisecond", 1e-3), ("Second", 1.0), ("Minute", 60.0)];
                let (_, unit) = units.iter().find(|(name, _)| *name == unit).unwrap();
                (count.parse::<u64>().unwrap() as f64 * unit).to_string()
            }
        };
        insert(&mut values, call, &value);
    }
    values
}

/// The calls between `builder()` or `new()` and `build` or `connect`, read as Rust.
fn rust(text: &str) -> Values {
    struct Calls(Values);
    impl<'ast> Visit<'ast> for Calls {
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            let name = call.method.to_string();
            if !["build", "connect"].contains(&name.as_str()) {
                assert_eq!(call.args.len(), 1, "{name}");
                insert(&mut self.0, &name, &value(&call.args[0]));
            }
            visit_expr_method_call(self, call);
        }
    }
    let function = format!("async fn settings() {{\n{text}\n}}");
    let file = syn::parse_file(&function).unwrap_or_else(|e| panic!("{e}:\n{text}"));
    let mut calls = Calls(Values::new());
    calls.visit_file(&file);
    calls.0
}

/// `5`, `true`, `Some(5)`, `Duration::from_millis(5)`, or a path.
fn value(expression: &syn::Expr) -> String {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) => n.base10_digits().to_owned(),
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(b), .. }) => b.value.to_string(),
        syn::Expr::Call(call) => {
            let syn::Expr::Path(path) = &*call.func else { panic!("a call of a name") };
            let inner = value(&call.args[0]);
            match path.path.segments.last().unwrap().ident.to_string().as_str() {
                "Some" => inner,
                "from_millis" => (inner.parse::<u64>().unwrap() as f64 / 1000.0).to_string(),
                other => panic!("{other}"),
            }
        }
        syn::Expr::Path(path) => path.path.segments.last().unwrap().ident.to_string(),
        _ => panic!("an unexpected argument"),
    }
}
