//! `app-template DIR`: the HubSpot project app for these settings, ready for `hs project upload`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::terminal::Failure;
use super::{Exit, Place, Terminal};
use crate::app_template::{File, Lack, Plan, files, write};
use crate::hubspot::scopes;

/// For whom and where to.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The project's folder; made if it is missing
    dir: PathBuf,
    /// For which connection, when the settings have several
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, place: &Place<'_>, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let settings = crate::config::draft(place.file.as_deref(), place.env).map_err(Failure::Settings)?;
    let plan = Plan::of(&settings, args.connection.as_deref()).map_err(|lack| explained(&lack))?;
    let files = files(&plan).map_err(|error| Failure::Ended(error.into()))?;
    let there: Vec<&str> =
        files.iter().map(|file| file.path.as_str()).filter(|path| args.dir.join(path).exists()).collect();
    if !there.is_empty() && !args.force {
        let message = format!("{} holds already: {}", args.dir.display(), there.join(", "));
        let fix = "give another folder, or --force to write over them".to_owned();
        return Err(Failure::Refused { message, fix });
    }
    write(&args.dir, &files).map_err(|error| Failure::Unreachable {
        message: format!("the files cannot be written to {} ({})", args.dir.display(), error.kind()),
        fix: "check the path and its permissions".to_owned(),
    })?;
    terminal.out.write_all(report(&args.dir, &plan, &files).as_bytes())?;
    Ok(Exit::Fine)
}

fn explained(lack: &Lack) -> Failure {
    let (message, fix) = match lack {
        Lack::Choice(names) => (
            format!("the settings have several connections: {}", names.join(", ")),
            "name one with --connection; each has an app of its own".to_owned(),
        ),
        Lack::Unknown(name) => {
            (format!("the settings have no connection {name:?}"), "`config print` shows those there are".to_owned())
        }
    };
    Failure::Refused { message, fix }
}

/// What was written, and what is to be done next.
fn report(dir: &Path, plan: &Plan, files: &[File]) -> String {
    let mut text = format!("wrote to {}:\n", dir.display());
    for file in files {
        let _ = writeln!(text, "  {}", file.path);
    }
    text.push_str("\nscopes, and what each is needed for:\n");
    for scope in scopes::needed(plan.panel_has_a_token) {
        let _ = writeln!(text, "  {:<28} {}", scope.name, scope.needed_for);
    }
    text.push_str("\nnext:\n");
    let mut steps = Vec::new();
    if plan.is_example {
        steps.push(format!(
            "Replace {} by the address HubSpot is to call, in webhooks-hsmeta.json and the workflow actions; or set \
             `server.public_url` and run this again with --config FILE --force.",
            plan.public_url
        ));
    } else if !plan.public_url.starts_with("https://") {
        steps.push(format!(
            "{} is no https address, so HubSpot cannot call it: set `server.public_url` to one that leads here from the \
             internet, and run this again with --force.",
            plan.public_url
        ));
    }
    if plan.syncs_all && !plan.ticket_properties.is_empty() {
        steps.push(
            "Ticket properties are subscribed to one by one: add those of your own that the agent should know to \
             webhooks-hsmeta.json, or name them in `ticketing.sync_properties` and run this again."
                .to_owned(),
        );
    }
    let name = &plan.connection;
    steps.push("npm install -g @hubspot/cli && hs account auth".to_owned());
    steps.push(format!("cd {} && hs project upload", dir.display()));
    steps.push("Install the app in your account, from its page under Development → Projects.".to_owned());
    steps.push(format!(
        "From the app's Auth tab copy the access token (pat-…) to `connections.{name}.access_token_file` and the client \
         secret to `connections.{name}.client_secret_file`. The token calls HubSpot, the secret checks its webhooks: \
         do not mix them up."
    ));
    steps.push("hubspot-bridge config check, then hubspot-bridge serve. HubSpot may take five minutes to use a changed address or subscription.".to_owned());
    for (number, step) in (1..).zip(steps) {
        let _ = writeln!(text, "  {number}. {step}");
    }
    text
}
