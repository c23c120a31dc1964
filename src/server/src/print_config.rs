//! `serve --print-config`: the options in effect, and where each comes from.

use std::fmt::Write as _;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// The options whose values are secrets.
const SECRETS: [&str; 1] = ["client_secret"];

/// Returns a line for each option of `command` that has a value, in the order of the help:
/// `--listen 127.0.0.1:3000  (default)`. Secrets are left out.
pub(crate) fn text(command: &Command, matches: &ArgMatches) -> String {
    let mut text = String::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let Some(name) = argument.get_long().filter(|_| matches.try_contains_id(id).is_ok()) else {
            continue;
        };
        let Some(source) = matches.value_source(id) else { continue };
        let origin = match source {
            ValueSource::DefaultValue => "default",
            ValueSource::EnvVariable => {
                argument.get_env().and_then(|name| name.to_str()).unwrap_or("environment")
            }
            _ => "command line",
        };
        if !argument.get_action().takes_values() {
            if matches.get_flag(id) {
                let _ = writeln!(text, "--{name}  ({origin})");
            }
            continue;
        }
        let values: Vec<_> = matches
            .get_raw(id)
            .into_iter()
            .flatten()
            .map(|value| match id {
                "database" => store::shown(&value.to_string_lossy()).into(),
                _ if SECRETS.contains(&id) => "[secret]".into(),
                _ => value.to_string_lossy(),
            })
            .collect();
        let _ = writeln!(text, "--{name} {}  ({origin})", values.join(","));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::config::Arguments;

    #[test]
    fn the_options_in_effect_are_told_without_secrets() {
        let program = Arguments::command();
        let serve = program.find_subcommand("serve").unwrap();
        let arguments =
            ["serve", "--listen", "0.0.0.0:80", "--client-secret", "api=s3cret,web=pa55", "--strict"];
        let matches = serve.clone().get_matches_from(arguments);
        let text = text(serve, &matches);
        assert!(text.contains("--listen 0.0.0.0:80  (command line)\n"), "{text}");
        assert!(text.contains("--client-secret [secret],[secret]  (command line)\n"), "{text}");
        assert!(text.contains("--client-timeout 30  (default)\n"), "{text}");
        assert!(text.contains("--strict  (command line)\n"), "{text}");
        assert!(
            !text.contains("s3cret") && !text.contains("pa55") && !text.contains("no-rate-limit"),
            "{text}"
        );
    }
}
