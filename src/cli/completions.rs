//! `poolwise completions` and `poolwise man`: what shells and `man` read, made of the command line itself.

use super::{Cli, help, print, say};
use clap::Args;
use clap_complete::Shell;
use poolwise::problem::Problems;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

#[derive(Args)]
pub struct Man {
    /// Where to write the pages of all commands, instead of one on standard output
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Completions {
    /// Print the script of a shell.
    pub fn run(&self) -> Result<ExitCode, Problems> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut help::command::<Cli>(), "poolwise", &mut script);
        print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Man {
    /// Print the page, or write all of them.
    pub fn run(&self) -> Result<ExitCode, Problems> {
        let command = help::command::<Cli>();
        match &self.folder {
            None => {
                let mut page = Vec::new();
                let wrong = |e: std::io::Error| Problems::one("", e.to_string());
                clap_mangen::Man::new(command).render(&mut page).map_err(wrong)?;
                print(&String::from_utf8_lossy(&page))?;
            }
            Some(folder) => {
                let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
                written.map_err(|e| Problems::one(folder.display().to_string(), format!("can not be written: {e}")))?;
                say(&format!("wrote poolwise.1 and a page for each command to {}", folder.display()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
