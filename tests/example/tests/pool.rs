#[test]
fn the_pool_survives_the_sale() {
    poolwise::gate::assert_holds(include_str!("../scenarios/sale.toml"));
}

/// The scenario has the size that the service really uses.
#[test]
fn the_scenario_is_the_services() {
    let scenario = poolwise::scenario::parse(include_str!("../scenarios/sale.toml")).unwrap();
    assert_eq!(scenario["pool"]["max_size"], shop::POOL_SIZE);
}

/// What a pool that is too small is told.
#[test]
#[should_panic(expected = "✗ sale  the sale is fast too")]
fn half_of_it_would_not() {
    let scenario = include_str!("../scenarios/sale.toml").replace("max_size = 12", "max_size = 5");
    poolwise::gate::assert_holds(&scenario);
}
