//! Stub.
#![allow(missing_docs)]
#[derive(Clone, Copy, Debug)]
pub struct Setting { pub key: &'static str, pub value: &'static str, pub source: &'static str }
#[derive(Clone, Copy, Debug)]
pub struct Preset { pub name: &'static str, pub settings: &'static [Setting] }
pub const PRESETS: &[Preset] = &[];
pub fn preset(name: &str) -> Option<&'static Preset> { PRESETS.iter().find(|p| p.name == name) }
