//! `csms driver`: drivers who charge before they pay, and prepaid balances.

use super::{
    out,
    registry::{NODE, PAGE, confirm, shown, unusable},
    settings::{Flags, Settings},
    trouble::Trouble,
};
use csms::{
    app::App,
    clock::Clock,
    model::Presented,
    pay::{
        PayError,
        counter::{self, Taken},
        later::{self, NewDriver, OnFile, PaysBy},
        wallet,
    },
    store::contracts::ContractRow,
};
use payments::Amount;
use rust_decimal::Decimal;
use serde_json::json;
use tariffs::Currency;

/// Who did it, in stories and mandates.
const BY: &str = "command line";
/// Movements of a balance that are shown.
const MOVEMENTS: i64 = 50;

/// `csms driver`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms token add 04A1B2C3D4E5F6 --holder Ada
  csms driver add --token 04A1B2C3D4E5F6 --email ada@example.org
  csms driver mandate 7210 --account st-main --customer cus_1 --instrument pm_1 --brand visa --last4 4242
  csms driver add --token 04A1B2C3D4E5F7 --pays-by balance --phone +49170000000
  csms driver top-up 7211 50 EUR              prints the link where it is paid")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add a driver who pays the sessions of an identifier
    Add(Add),
    /// Say how the sessions of an identifier are paid from now on
    Contract {
        driver: i64,
        /// The identifier
        token: String,
        #[arg(long, default_value = "later", value_parser = pays_by)]
        pays_by: PaysBy,
    },
    /// Keep a method that the driver has left with a provider, in place of the one before
    Mandate(Mandate),
    /// Have the method on file debited no more
    Revoke { driver: i64 },
    /// List drivers with a contract
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a driver: method, credit, balance, orders
    Show { driver: i64 },
    /// Let a driver begin no more sessions, or begin them again
    Block {
        driver: i64,
        #[arg(long)]
        undo: bool,
    },
    /// Make an order that pays into a driver's balance
    TopUp {
        driver: i64,
        amount: Decimal,
        currency: Currency,
        /// You have taken it already: at this account of the settings, pay.accounts (a station_terminal)
        #[arg(long, requires = "reference")]
        taken_at: Option<String>,
        /// Your own name for it, e.g. of the paper receipt: the same is paid in once
        #[arg(long, requires = "taken_at")]
        reference: Option<String>,
    },
    /// Give a part of a driver's balance back the way it came
    GiveBack {
        driver: i64,
        amount: Decimal,
        currency: Currency,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The identifier, e.g. a card's number; `csms token add` lets it charge
    #[arg(long)]
    token: String,
    #[arg(long, default_value = "later", value_parser = pays_by)]
    pays_by: PaysBy,
    /// Where the driver is told of open bills
    #[arg(long, default_value = "")]
    email: String,
    #[arg(long, default_value = "")]
    phone: String,
    #[arg(long, default_value = "en", value_parser = ["en", "zh"])]
    language: String,
}

#[derive(Debug, clap::Args)]
struct Mandate {
    driver: i64,
    /// Of the settings, pay.accounts
    #[arg(long)]
    account: String,
    /// The provider's name of the payer, e.g. cus_…
    #[arg(long)]
    customer: String,
    /// The provider's name of the method, e.g. pm_…
    #[arg(long)]
    instrument: String,
    #[arg(long, default_value = "")]
    brand: String,
    #[arg(long, default_value = "")]
    last4: String,
}

fn pays_by(word: &str) -> Result<PaysBy, String> {
    match word {
        "later" => Ok(PaysBy::Later),
        "balance" => Ok(PaysBy::Balance),
        _ => Err("later (by the method on file) or balance".to_owned()),
    }
}

fn key(token: &str) -> String {
    Presented { uid: token.to_owned(), kind: String::new() }.key()
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let mut config = Settings::load(flags, &[])?.config;
    config.database.node = NODE;
    let app = App::open(config, Clock::System).await.map_err(unusable)?;
    let done = command(&app, args.command).await;
    app.close().await;
    done
}

async fn command(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(add) => {
            let key = key(&add.token);
            let (email, phone, language) = (&*add.email, &*add.phone, &*add.language);
            let new = NewDriver { email, phone, language, contract: Some((&key, add.pays_by)) };
            let id = later::add(app, &new).await.map_err(trouble)?;
            out::print(&format!("Driver {id} pays the sessions of {key} ({}).\n", add.pays_by.word()))
        }
        Command::Contract { driver, token, pays_by } => {
            let key = key(&token);
            later::agree(app, driver, &key, pays_by).await.map_err(trouble)?;
            out::print(&format!("Driver {driver} pays the sessions of {key} ({}).\n", pays_by.word()))
        }
        Command::Mandate(new) => {
            let on_file = OnFile {
                account: &new.account,
                customer: &new.customer,
                instrument: &new.instrument,
                brand: &new.brand,
                last4: &new.last4,
            };
            let kept = later::mandate(app, new.driver, &on_file, BY).await.map_err(trouble)?;
            out::print(if kept { "The method is on file.\n" } else { "That method was on file already.\n" })
        }
        Command::Revoke { driver } => {
            let had = later::revoke(app, driver).await.map_err(trouble)?;
            out::print(if had { "It is not debited any more.\n" } else { "There was no method on file.\n" })
        }
        Command::List { json } => list(app, json).await,
        Command::Show { driver } => show(app, driver).await,
        Command::Block { driver, undo } => {
            later::block(app, driver, !undo).await.map_err(trouble)?;
            out::print(if undo {
                "The driver may charge again.\n"
            } else {
                "The driver begins no more sessions.\n"
            })
        }
        Command::TopUp { driver, amount, currency, taken_at: Some(account), reference } => {
            let amount = exact(amount, currency)?;
            let reference = reference.unwrap_or_default();
            let taken = Taken { amount, account: &account, reference: &reference, by: BY };
            let order = counter::paid_in(app, driver, &taken).await.map_err(trouble)?;
            out::print(&format!("{amount} is on the balance of driver {driver} (order {}).\n", order.number))
        }
        Command::TopUp { driver, amount, currency, .. } => {
            let amount = exact(amount, currency)?;
            let order = wallet::top_up(app, driver, amount, None).await.map_err(trouble)?;
            let base = app.config.web.public_url.trim_end_matches('/');
            out::print(&format!("{amount} is paid at {base}/o/{}\n", order.number))
        }
        Command::GiveBack { driver, amount, currency, yes } => {
            let amount = exact(amount, currency)?;
            if !confirm(yes, &format!("Give {amount} of driver {driver}'s balance back?"))? {
                return Ok(());
            }
            wallet::give_back(app, driver, amount, None, BY).await.map_err(trouble)?;
            out::print(&format!("{amount} is on its way back.\n"))
        }
    }
}

fn exact(amount: Decimal, currency: Currency) -> Result<Amount, Trouble> {
    Amount::exact(amount, currency).map_err(|error| Trouble::new(format!("{amount} {currency}: {error}.")))
}

fn trouble(error: PayError) -> Trouble {
    let text = Trouble::new(format!("It was not done: {error}."));
    match error {
        PayError::NoDriver => text.mend("csms driver list shows who there is"),
        _ => text,
    }
}

async fn list(app: &App, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<ContractRow> = Vec::new();
    loop {
        let after = found.last().map_or(0, |row| row.id);
        let page = later::list(app, after, PAGE).await.map_err(trouble)?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let rows = found.iter().map(|row| {
            json!({"id": row.id.to_string(), "token": row.token_uid, "pays_by": row.pays_by, "standing": row.standing,
                "band": row.band, "method_on_file": row.has_mandate, "email": row.email, "phone": row.phone})
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print("No driver charges first yet: csms driver add --token IDENTIFIER\n");
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|row| {
            let contact = row.contact().to_owned();
            let standing = if row.standing.is_empty() { "good".to_owned() } else { row.standing };
            let method = if row.has_mandate { "on file" } else { "-" }.to_owned();
            vec![row.id.to_string(), row.token_uid, row.pays_by, method, row.band, standing, contact]
        })
        .collect();
    out::print(&out::table(&["DRIVER", "TOKEN", "PAYS BY", "METHOD", "CREDIT", "STANDING", "CONTACT"], &rows))
}

async fn show(app: &App, id: i64) -> anyhow::Result<()> {
    let driver = later::show(app, id).await.map_err(trouble)?;
    let row = &driver.row;
    let standing = if row.standing.is_empty() { "good" } else { &row.standing };
    let mut text = format!(
        "Driver {id} · {} · pays the sessions of {} ({}) · standing {standing}\n",
        row.contact(),
        row.token_uid,
        row.pays_by
    );
    for mandate in &driver.mandates {
        text.push_str(&format!(
            "Method {} {} at {} · {} · {} since {}\n",
            mandate.brand,
            mandate.last4,
            mandate.account,
            mandate.state,
            mandate.made_by,
            shown(Some(mandate.created_at)),
        ));
    }
    for decision in driver.decisions.iter().take(5) {
        let at = shown(Some(decision.at));
        text.push_str(&format!(
            "Credit {} by {} at {at}: {}\n",
            decision.band, decision.scorer, decision.reason
        ));
    }
    for (_, line) in wallet::statement(app, id, None, MOVEMENTS).await.map_err(trouble)? {
        let at = shown(Some(line.at));
        text.push_str(&format!(
            "Balance {at}  {:>10} {}  {} {}\n",
            line.amount, line.currency, line.kind, line.phase
        ));
    }
    for order in &driver.orders {
        let due = order.due_minor.unwrap_or(order.amount_minor);
        let amount =
            order.currency.parse().map_or_else(|_| String::new(), |code| Amount::new(due, code).to_string());
        text.push_str(&format!("Order {} · {} · {} · {amount}\n", order.number, order.purpose, order.state));
    }
    out::print(&text)
}
