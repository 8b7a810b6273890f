//! A real export becomes a scenario that recommend runs.

use crate::text_of;
use poolwise::import::pg_stat_statements;
use poolwise::plan;
use poolwise::units::Span;

#[test]
fn a_real_export_becomes_a_scenario_with_its_load() {
    let text = text_of("tests/golden/pg_stat_statements.csv");
    let imported = pg_stat_statements::read(&text, Span::parse("45s").unwrap()).unwrap();
    // Eight statements; begin and commit hold no connection by themselves.
    assert_eq!(imported.scenario.query.len(), 8);
    let model = imported.scenario.check().unwrap();
    // The load by hand: total_exec_time of those eight over 45 s.
    let by_hand = [6736.076184, 4241.205605, 285.236273, 93.962885, 79.363486, 41.915751, 26.78131, 12.809817];
    let load = by_hand.iter().sum::<f64>() / 1e3 / 45.0;
    assert!((model.offered_load() / load - 1.0).abs() < 1e-3, "{} for {load}", model.offered_load());
    let notes = imported.notes.join("\n");
    for said in [
        "8 statements",
        "left out: 2 rows",
        "A transaction holds its connection",
        "percentiles",
        "58 % of all execution time",
    ] {
        assert!(notes.contains(said), "{said}:\n{notes}");
    }
    let answer = plan::recommend(&model, &Default::default()).unwrap();
    assert!(answer.recommended.is_some(), "{}", answer.sentence);
}

#[test]
fn quotes_line_ends_and_semicolons_are_read() {
    let text = "query;calls;mean_exec_time;stddev_exec_time\r\n\"select 1;\r\nselect \"\"x\"\"\";10;0.5;0.1\r\n";
    let imported = pg_stat_statements::read(text, Span::parse("1s").unwrap()).unwrap();
    assert_eq!(imported.scenario.query[0].name.as_ref().unwrap().to_string(), "select 1; select \"x\"");
}

#[test]
fn statements_of_the_same_text_stay_apart() {
    let text = "query,calls,mean_exec_time,stddev_exec_time\nselect 1,10,0.5,0.1\nselect 1,20,0.7,0\n";
    let imported = pg_stat_statements::read(text, Span::parse("1s").unwrap()).unwrap();
    assert_eq!(imported.scenario.query[1].name.as_ref().unwrap().to_string(), "select 1 #2");
    assert!(imported.scenario.check().is_ok());
}
