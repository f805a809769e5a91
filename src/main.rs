//! Starts Stonechat: reads the command line and does what it says.

use std::{env, io, process::ExitCode};

use stonechat::{
    export,
    options::{self, Request},
    startup,
    ui::{self, Profile},
};

fn main() -> ExitCode {
    startup::prepare();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    // At `trace`, tokio-xmpp writes whole stanzas, passwords' proofs and messages among them.
    log::set_max_level(log::max_level().min(log::LevelFilter::Debug));
    let request = match options::parse(env::args_os().skip(1), options::read_password) {
        Ok(request) => request,
        Err(error) => {
            eprintln!("stonechat: {error}");
            return ExitCode::from(2);
        }
    };
    match request {
        Request::Help => print!("{}", options::HELP),
        Request::Version => println!("{} {}", stonechat::config::APP_NAME, stonechat::config::VERSION),
        Request::Export { profile, what } => {
            let exported = export::run(Profile::new(profile).dir(), what, io::stdout().lock());
            // Whoever reads may have had enough.
            if let Err(error) = exported.or_else(export::ExportError::ignore_closed_pipe) {
                eprintln!("stonechat: {error}");
                return ExitCode::FAILURE;
            }
        }
        Request::Run(run) => return ui::run(run),
    }
    ExitCode::SUCCESS
}
