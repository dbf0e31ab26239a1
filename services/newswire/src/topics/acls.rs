//! `newswire topics acls`: the rights that each service needs on Kafka, from what the services say of themselves.

use crate::{
    answer::Answer,
    dead_letter,
    output::{Out, OutputArgs},
    replay,
};
use proto::topic::{Names, Topic};
use serde_json::json;
use std::{fmt, io::Write};
use stream::{Access, LogArgs, LogConfig, LogKind, kafka};

/// Flags of `acls`.
#[derive(Debug, clap::Args)]
pub struct Flags {
    /// The user that a service authenticates as: poller, normaliser, enricher, gateway, run (all of them in one process) or
    /// operator (the commands). Repeatable. Without it, each but run as `User:newswire-SERVICE`.
    #[arg(long, value_name = "SERVICE=TYPE:NAME")]
    principal: Vec<Principal>,
    /// File with the settings of an administrator's client, for the commands.
    #[arg(long, value_name = "FILE")]
    command_config: Option<String>,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A service and who it authenticates as.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Principal {
    service: Service,
    /// As Kafka has it: `User:newswire-poller`, `User:CN=poller,O=Example`.
    name: String,
}

impl std::str::FromStr for Principal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (service, name) = text.split_once('=').ok_or("the form is SERVICE=TYPE:NAME")?;
        let service = Service::ALL
            .into_iter()
            .find(|one| one.name() == service)
            .ok_or_else(|| format!("{service:?} is not one of {}", Service::ALL.map(Service::name).join(", ")))?;
        match name.split_once(':') {
            Some((kind, rest)) if !kind.is_empty() && !rest.is_empty() => {
                Ok(Principal { service, name: name.to_owned() })
            }
            _ => Err(format!("{name:?} is not of the form TYPE:NAME, such as User:newswire-poller")),
        }
    }
}

/// What authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Poller,
    Normaliser,
    Enricher,
    Gateway,
    Run,
    Operator,
}

impl Service {
    const ALL: [Service; 6] =
        [Service::Poller, Service::Normaliser, Service::Enricher, Service::Gateway, Service::Run, Service::Operator];

    fn name(self) -> &'static str {
        match self {
            Service::Poller => "poller",
            Service::Normaliser => "normaliser",
            Service::Enricher => "enricher",
            Service::Gateway => "gateway",
            Service::Run => "run",
            Service::Operator => "operator",
        }
    }

    /// What it does on the log.
    fn accesses(self) -> Vec<Access> {
        /// Writes the list of feeds, and withdraws an article of the sample.
        const RUN: Access = Access {
            service: "run",
            stages: &[],
            reads: &[Topic::Feeds],
            appends: &[Topic::Feeds, Topic::Raw],
            watches: &[],
        };
        let all = vec![poller::ACCESS, normaliser::ACCESS, enricher::ACCESS, gateway::ACCESS];
        match self {
            Service::Poller => vec![poller::ACCESS],
            Service::Normaliser => vec![normaliser::ACCESS],
            Service::Enricher => vec![enricher::ACCESS],
            Service::Gateway => vec![gateway::ACCESS],
            Service::Run => [all, vec![RUN]].concat(),
            Service::Operator => all,
        }
    }
}

/// What a right is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Topic,
    Group,
    TransactionalId,
}

/// Operations on resources.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Right {
    kind: Kind,
    names: Vec<String>,
    /// True if the names are beginnings of names.
    is_prefix: bool,
    operations: &'static [&'static str],
}

impl Right {
    fn new(kind: Kind, names: Vec<String>, operations: &'static [&'static str]) -> Self {
        Right { kind, names, is_prefix: kind == Kind::TransactionalId, operations }
    }
}

/// The rights of a service, and no others.
fn rights(service: Service, names: &Names) -> Vec<Right> {
    let (accesses, is_operator) = (service.accesses(), service == Service::Operator);
    let topics = |all: &dyn Fn(&Access) -> Vec<Topic>| -> Vec<String> {
        Topic::created()
            .filter(|topic| is_operator || accesses.iter().any(|access| all(access).contains(topic)))
            .map(|topic| names.of(topic))
            .collect()
    };
    let mut stages: Vec<&str> = accesses.iter().flat_map(|access| access.stages).map(|stage| stage.name).collect();
    if is_operator {
        stages.extend([replay::STAGE, dead_letter::STAGE]);
    }
    let groups: Vec<String> = stages.iter().map(|stage| names.group(stage)).collect();
    let watched = accesses.iter().flat_map(|access| access.watches).map(|stage| names.group(stage));
    let watched = watched.chain([kafka::READER.to_owned()]).filter(|group| !groups.contains(group)).collect();
    // A replica's id is the group's name, a dot and the replica.
    let mut writers: Vec<String> = groups.iter().map(|group| format!("{group}.")).collect();
    if is_operator || accesses.iter().any(|access| !access.appends.is_empty()) {
        writers.push(kafka::APPENDERS.to_owned());
    }
    let all: &'static [&'static str] = if is_operator {
        &["Describe", "DescribeConfigs", "Create", "Alter", "AlterConfigs"]
    } else {
        &["Describe", "DescribeConfigs"]
    };
    let rights = [
        // Each process compares the settings of all topics with the declared ones at its start.
        Right::new(Kind::Topic, Topic::created().map(|topic| names.of(topic)).collect(), all),
        Right::new(Kind::Topic, topics(&Access::read), &["Read"]),
        Right::new(Kind::Topic, topics(&Access::written), &["Write"]),
        Right::new(Kind::Group, groups, &["Read"]),
        Right::new(Kind::Group, watched, &["Describe"]),
        Right::new(Kind::TransactionalId, writers, &["Write"]),
    ];
    rights.into_iter().filter(|right| !right.names.is_empty()).collect()
}

/// A command of kafka-acls.sh.
struct Command<'a> {
    bootstrap: &'a str,
    config: Option<&'a str>,
    principal: &'a str,
    right: &'a Right,
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kafka-acls.sh --bootstrap-server {}", quoted(self.bootstrap))?;
        if let Some(file) = self.config {
            write!(f, " --command-config {}", quoted(file))?;
        }
        write!(f, " --add --allow-principal {}", quoted(self.principal))?;
        for operation in self.right.operations {
            write!(f, " --operation {operation}")?;
        }
        let flag = match self.right.kind {
            Kind::Topic => "--topic",
            Kind::Group => "--group",
            Kind::TransactionalId => "--transactional-id",
        };
        for name in &self.right.names {
            write!(f, " {flag} {}", quoted(name))?;
        }
        if self.right.is_prefix {
            write!(f, " --resource-pattern-type prefixed")?;
        }
        Ok(())
    }
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/' | ',');
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

impl Flags {
    /// Checks the flags.
    ///
    /// # Errors
    /// One sentence for each wrong flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (config, output, command_config) = (self.log.check()?, self.output, self.command_config.clone());
        let mut principals = self.principal.clone();
        if principals.is_empty() {
            let usual = Service::ALL.into_iter().filter(|service| *service != Service::Run);
            principals =
                usual.map(|service| Principal { service, name: format!("User:newswire-{}", service.name()) }).collect();
        }
        Ok(Box::new(move |out| print(out, &config, &principals, command_config.as_deref(), output)))
    }
}

fn print(
    out: &mut Out,
    config: &LogConfig,
    principals: &[Principal],
    command_config: Option<&str>,
    output: OutputArgs,
) -> anyhow::Result<()> {
    let bootstrap = match &config.kind {
        LogKind::Kafka(kafka) => kafka.bootstrap.as_str(),
        LogKind::Embedded(_) => "HOST:PORT",
    };
    for Principal { service, name } in principals {
        if !output.json {
            writeln!(out, "# {}", service.name())?;
        }
        for right in rights(*service, &config.names) {
            let command = Command { bootstrap, config: command_config, principal: name, right: &right };
            let value = json!({
                "service": service.name(),
                "principal": name,
                "resource": match right.kind {
                    Kind::Topic => "topic",
                    Kind::Group => "group",
                    Kind::TransactionalId => "transactional-id",
                },
                "names": right.names,
                "pattern": if right.is_prefix { "prefixed" } else { "literal" },
                "operations": right.operations,
            });
            out.either(output, &command.to_string(), &value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a service may do something with.
    fn allowed(service: Service, kind: Kind, operation: &str) -> Vec<String> {
        let names = Names::new("news.");
        let rights = rights(service, &names);
        let of = rights.iter().filter(|right| right.kind == kind && right.operations.contains(&operation));
        of.flat_map(|right| right.names.clone()).collect()
    }

    #[test]
    fn a_service_reads_and_writes_its_own_topics_only() {
        assert_eq!(allowed(Service::Enricher, Kind::Topic, "Read"), ["news.articles.v1"]);
        assert_eq!(allowed(Service::Enricher, Kind::Topic, "Write"), ["news.enriched.v1", "news.dead-letter.v1"]);
        assert_eq!(allowed(Service::Enricher, Kind::Group, "Read"), ["news.enricher"]);
        assert_eq!(allowed(Service::Enricher, Kind::TransactionalId, "Write"), ["news.enricher."]);
        assert_eq!(allowed(Service::Gateway, Kind::Topic, "Write"), ["news.trends.v1"]);
        assert_eq!(allowed(Service::Gateway, Kind::TransactionalId, "Write"), ["newswire.append."]);
        assert!(allowed(Service::Gateway, Kind::Group, "Read").is_empty());
    }

    #[test]
    fn only_the_operator_may_create_and_change_topics() {
        for service in Service::ALL {
            let may =
                ["Create", "Alter", "AlterConfigs"].map(|operation| allowed(service, Kind::Topic, operation).len());
            let expected = if service == Service::Operator { Topic::created().count() } else { 0 };
            assert_eq!(may, [expected; 3], "{service:?}");
        }
    }

    /// A topic of the table that no service reads, or none writes, would be of no use.
    #[test]
    fn each_topic_is_written_by_a_service() {
        let written = allowed(Service::Run, Kind::Topic, "Write");
        let names = Names::new("news.");
        for topic in Topic::created().filter(|topic| *topic != Topic::Feeds) {
            assert!(written.contains(&names.of(topic)), "{topic:?}");
        }
    }

    #[test]
    fn a_principal_may_hold_equals_signs_and_spaces() {
        let principal: Principal = "poller=User:CN=poller,O=An Example".parse().unwrap();
        assert_eq!(principal, Principal { service: Service::Poller, name: "User:CN=poller,O=An Example".into() });
        for wrong in ["poller", "poller=alice", "writer=User:alice", "poller=User:"] {
            assert!(wrong.parse::<Principal>().is_err(), "{wrong}");
        }
        assert_eq!(quoted("User:CN=it's"), r"'User:CN=it'\''s'");
    }
}
