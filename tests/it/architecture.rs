//! The direction of imports: a module may use what stands before it, nothing behind it.

use crate::repository;
use std::path::Path;

/// The layers, lowest first; modules of one layer do not know each other.
const LAYERS: &[&[&str]] = &[
    &["math", "order"],
    &["problem"],
    &["units"],
    &["random", "catalogue"],
    &["workload", "pool", "slo", "client"],
    &["pooler", "database", "fleet", "alert"],
    &["timeline"],
    &["scenario"],
    &["engine", "theory", "schema"],
    &["record"],
    &["report"],
    &["experiment", "fit", "diagnose", "emit"],
    &["plan", "compare", "replay", "alerting"],
    &["advise"],
    &["gate"],
    &["import"],
    &["budget", "sweep"],
    &["wasm", "wasm_import"],
];

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|layer| layer.contains(&module));
    found.unwrap_or_else(|| panic!("module {module} has no layer: say in tests/it/architecture.rs where it belongs"))
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    each_source(&repository("src"), &mut |path, text| {
        let inside = path.strip_prefix(repository("src")).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if ["lib", "main"].contains(&module) {
            return;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let braces = used.strip_prefix('{').map(|list| list.split(", ").collect::<Vec<_>>());
                for name in braces.unwrap_or_else(|| vec![used]) {
                    let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                    if name != module && !name.is_empty() && layer(name) >= layer(module) {
                        wrong.push(format!("{}: {module} must not use {name}: {}", inside.display(), line.trim()));
                    }
                }
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Theory is a witness: it shares nothing with the engine.
#[test]
fn theory_never_uses_the_engine() {
    each_source(&repository("src/theory"), &mut |path, text| {
        assert!(!text.contains("crate::engine"), "{}", path.display());
    });
}

/// rand_distr draws through `libm` only while nothing turns on `num-traits/std`; then native and Wasm would differ.
#[test]
fn nothing_turns_on_the_platforms_maths() {
    for edges in ["features,normal", "features,normal,dev"] {
        let tree = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--locked", "-e", edges, "-i", "num-traits"])
            .current_dir(repository(""))
            .output()
            .unwrap();
        let text = String::from_utf8(tree.stdout).unwrap();
        assert!(text.contains("num-traits"), "{}", String::from_utf8_lossy(&tree.stderr));
        assert!(!text.contains("num-traits feature \"std\""), "with edges {edges}:\n{text}");
    }
}

/// Whoever uses the library alone gets neither the command line's crates nor the browser's.
#[test]
fn the_library_alone_is_light() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-e", "normal", "--no-default-features", "--prefix", "none"])
        .current_dir(repository(""))
        .output()
        .unwrap();
    let text = String::from_utf8(tree.stdout).unwrap();
    assert!(text.contains("rand_distr"), "{}", String::from_utf8_lossy(&tree.stderr));
    for heavy in ["annotate-snippets", "clap", "terminal_size", "toml", "rayon", "csv", "indicatif", "wasm-bindgen"] {
        assert!(
            !text.lines().any(|line| line.starts_with(&format!("{heavy} "))),
            "{heavy} reaches the library:\n{text}"
        );
    }
}

fn each_source(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, visit);
        } else if path.extension().is_some_and(|e| e == "rs") {
            visit(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
