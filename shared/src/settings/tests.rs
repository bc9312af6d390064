//! What operators meet: precedence, empty values, and the exact line for each mistake.

use super::*;
use clap::Parser;
use secrecy::ExposeSecret;
use std::{ffi::OsString, net::SocketAddr, path::Path, time::Duration};

#[derive(Debug, Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    portal: PortalSettings,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    log: LogSettings,
    #[arg(long, default_value = "60s", value_parser = parse_duration)]
    poll_period: Duration,
    #[arg(long, default_value = "20", value_parser = whole_number(1..=1000))]
    max_watches: u32,
    #[arg(long, value_delimiter = ',', value_parser = parse_integer)]
    admin_chats: Vec<i64>,
    #[arg(long, value_parser = parse_address)]
    metrics_addr: Option<SocketAddr>,
    #[arg(long, value_enum, default_value_t = crate::link::LinkDepth::Doctor)]
    link_depth: crate::link::LinkDepth,
}

/// The one with a required setting.
#[derive(Debug, Parser)]
struct Strict {
    #[arg(long)]
    city: String,
}

const TOKEN: &str = "123456789:AAF-invented_for_this_test_0123456789";

fn read(file: &str, environment: &[(&str, &str)], args: &[&str]) -> Result<Config, SettingError> {
    let environment = environment
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    Variables::layered(file, environment)?
        .with_args(args.iter().copied())
        .parse()
}

#[track_caller]
fn refused(result: Result<Config, SettingError>) -> String {
    let line = result.expect_err("this is no good setting").to_string();
    assert_eq!(line.lines().count(), 1, "one line: {line}");
    line
}

#[test]
fn without_anything_the_defaults_hold() {
    let config = from_pairs::<Config>(&[]).unwrap();
    assert_eq!(
        config.portal.gorzdrav_api_url.as_str(),
        "https://gorzdrav.spb.ru/_api/api/v2"
    );
    assert_eq!(config.portal.gorzdrav_proxy, None);
    assert_eq!(config.portal.gorzdrav_ca_file, None);
    assert_eq!(config.portal.requests_per_second, 2.0);
    assert_eq!(config.portal.request_timeout, Duration::from_secs(15));
    assert_eq!(config.database.database_path, Path::new("data/talon.db"));
    assert_eq!(config.log.rust_log, "info");
    assert_eq!(config.metrics_addr, None);
    assert_eq!(config.admin_chats, Vec::<i64>::new());
}

#[test]
fn every_kind_of_value_is_read() {
    let config = from_pairs::<Config>(&[
        ("POLL_PERIOD", "1m 30s"),
        ("REQUESTS_PER_SECOND", "0.5"),
        ("GORZDRAV_PROXY", "socks5h://home:pass@proxy.example:1080"),
        ("GORZDRAV_API_URL", "http://127.0.0.1:8080/prefix"),
        ("ADMIN_CHATS", "-1001,22"),
        ("METRICS_ADDR", "[::1]:9100"),
        ("LINK_DEPTH", "speciality"),
        ("DATABASE_PATH", "-odd name.db"),
    ]);
    let config = config.unwrap();
    assert_eq!(config.poll_period, Duration::from_secs(90));
    assert_eq!(config.portal.requests_per_second, 0.5);
    assert_eq!(
        config.portal.gorzdrav_proxy.unwrap().0.password(),
        Some("pass")
    );
    assert_eq!(config.admin_chats, [-1001, 22]);
    assert_eq!(config.metrics_addr.unwrap().port(), 9100);
    assert_eq!(config.link_depth, crate::link::LinkDepth::Specialty);
    assert_eq!(config.database.database_path, Path::new("-odd name.db"));
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let period = |file, environment: &[_], args: &[_]| {
        let config = read(file, environment, args).unwrap();
        config.poll_period.as_secs()
    };
    let (file, environment) = ("POLL_PERIOD=2s\n", [("POLL_PERIOD", "3s")]);
    assert_eq!(period("", &[], &[]), 60);
    assert_eq!(period(file, &[], &[]), 2);
    assert_eq!(period(file, &environment, &[]), 3);
    assert_eq!(period(file, &environment, &["--poll-period", "4s"]), 4);
    assert_eq!(period(file, &environment, &["--poll-period=4s"]), 4);
}

#[test]
fn empty_counts_as_not_set() {
    let empty = [
        ("POLL_PERIOD", ""),
        ("GORZDRAV_PROXY", ""),
        ("METRICS_ADDR", ""),
    ];
    let config = read("GORZDRAV_CA_FILE=\nADMIN_CHATS=''\n", &empty, &[]).unwrap();
    assert_eq!(config.poll_period, Duration::from_secs(60));
    assert_eq!(config.portal.gorzdrav_proxy, None);
    assert_eq!(config.metrics_addr, None);
    assert_eq!(config.admin_chats, Vec::<i64>::new());
    // In the environment it does not hide the file; as a flag it goes back to the default.
    let file = "METRICS_ADDR=127.0.0.1:1\n";
    assert!(read(file, &empty, &[]).unwrap().metrics_addr.is_some());
    assert!(
        read(file, &[], &["--metrics-addr="])
            .unwrap()
            .metrics_addr
            .is_none()
    );
    assert!(
        read(file, &[], &["--metrics-addr", ""])
            .unwrap()
            .metrics_addr
            .is_none()
    );
}

#[test]
fn a_wrong_value_is_one_line_that_names_the_variable() {
    let table = [
        (
            "POLL_PERIOD",
            "abc",
            r#"expected a duration such as 60s, found "abc""#,
        ),
        (
            "POLL_PERIOD",
            "60",
            r#"expected a duration such as 60s, found "60": write 60s"#,
        ),
        (
            "POLL_PERIOD",
            "a\nb",
            r#"expected a duration such as 60s, found "a\nb""#,
        ),
        (
            "REQUEST_TIMEOUT",
            "0s",
            r#"expected a duration from 1ms to 24h, found "0s""#,
        ),
        (
            "REQUEST_TIMEOUT",
            "3years",
            r#"expected a duration from 1ms to 24h, found "3years""#,
        ),
        (
            "REQUESTS_PER_SECOND",
            "2,5",
            r#"expected a number from 0.01 to 1000, such as 2 or 0.5, found "2,5""#,
        ),
        (
            "REQUESTS_PER_SECOND",
            "0",
            r#"expected a number from 0.01 to 1000, such as 2 or 0.5, found "0""#,
        ),
        (
            "REQUESTS_PER_SECOND",
            "-1",
            r#"expected a number from 0.01 to 1000, such as 2 or 0.5, found "-1""#,
        ),
        (
            "REQUESTS_PER_SECOND",
            "inf",
            r#"expected a number from 0.01 to 1000, such as 2 or 0.5, found "inf""#,
        ),
        (
            "REQUESTS_PER_SECOND",
            "NaN",
            r#"expected a number from 0.01 to 1000, such as 2 or 0.5, found "NaN""#,
        ),
        (
            "MAX_WATCHES",
            "0",
            r#"expected a whole number from 1 to 1000, found "0""#,
        ),
        (
            "ADMIN_CHATS",
            "1,@me",
            r#"expected a whole number, found something of 3 characters"#,
        ),
        (
            "METRICS_ADDR",
            "9100",
            "expected an address to listen on, such as 127.0.0.1:9100",
        ),
        ("LINK_DEPTH", "lpu", "expected one of: speciality, doctor"),
        (
            "RUST_LOG",
            "bot=loud",
            r#"expected a log filter such as info or "info,pinger=debug", found "bot=loud""#,
        ),
        (
            "GORZDRAV_API_URL",
            "gorzdrav.spb.ru",
            "expected an http:// or https:// address: relative URL without a base",
        ),
        (
            "GORZDRAV_API_URL",
            "ftp://a",
            "expected an http:// or https:// address: it begins with neither",
        ),
        (
            "GORZDRAV_API_URL",
            "http://u:p@a",
            "expected an http:// or https:// address: user and password cannot be in it",
        ),
        (
            "GORZDRAV_API_URL",
            "http://a/#b",
            "expected an http:// or https:// address: it cannot have a part after ? or #",
        ),
        (
            "GORZDRAV_PROXY",
            "user:pass@host:1",
            "expected a proxy such as socks5h://host:1080 (http, https, socks5 or socks5h)",
        ),
        (
            "GORZDRAV_PROXY",
            "socks4://host:1",
            "expected a proxy such as socks5h://host:1080 (http, https, socks5 or socks5h)",
        ),
        (
            "GORZDRAV_CA_FILE",
            "no/such.pem",
            "cannot read that file: No such file or directory (os error 2)",
        ),
        (
            "GORZDRAV_CA_FILE",
            "/",
            "expected a file, found something else at that path",
        ),
    ];
    for (name, value, problem) in table {
        let want = format!("{name}: {problem}");
        assert_eq!(refused(read("", &[(name, value)], &[])), want, "{value:?}");
        let flag = format!("--{}={value}", name.to_lowercase().replace('_', "-"));
        assert_eq!(refused(read("", &[], &[&flag])), want, "{flag}");
    }
}

#[test]
fn a_wrong_command_line_is_one_line_without_values() {
    let table: [(&[&str], &str); 8] = [
        (
            &["--poll-perod=9s"],
            "--poll-perod: no such flag; did you mean --poll-period?",
        ),
        (
            &["--frobnicate", TOKEN],
            "--frobnicate: no such flag; see --help",
        ),
        (&["--poll-period"], "POLL_PERIOD: its flag needs a value"),
        (
            &["--poll-period=1s", "--poll-period=2s"],
            "POLL_PERIOD: its flag is given twice",
        ),
        (
            &[TOKEN],
            "command line: an argument that is no flag; see --help",
        ),
        (
            &["-x"],
            "command line: an argument that is no flag; see --help",
        ),
        (
            &["--teloxide-token", TOKEN],
            "TELOXIDE_TOKEN: it has no flag, so that no process list shows it; put it into the environment or into .env",
        ),
        (
            &["--teloxide-token=secret"],
            "TELOXIDE_TOKEN: it has no flag, so that no process list shows it; put it into the environment or into .env",
        ),
    ];
    for (args, want) in table {
        assert_eq!(refused(read("", &[], args)), want, "{args:?}");
    }
}

#[test]
fn a_missing_setting_is_named() {
    let error = from_pairs::<Strict>(&[("CITY", "")]).unwrap_err();
    assert_eq!(error.to_string(), "CITY: it is not set");
    assert_eq!(
        from_pairs::<Strict>(&[("CITY", "SPb")]).unwrap().city,
        "SPb"
    );
}

#[test]
fn a_value_that_is_not_text_is_refused_only_where_it_is_read() {
    use std::os::unix::ffi::OsStringExt;
    let value = || OsString::from_vec(vec![0xff]);
    let other = Variables::from_pairs([("ANOTHER_PROGRAMS", value())]);
    assert!(other.parse::<Config>().is_ok());
    let ours = Variables::from_pairs([("POLL_PERIOD", value())]);
    let line = refused(ours.parse());
    assert_eq!(line, "POLL_PERIOD: its value is not UTF-8");
}

#[test]
fn the_file_may_have_comments_quotes_and_notepads_marks() {
    let file = "\u{feff}# settings\r\n\r\nexport POLL_PERIOD = 5s # five\r\nDATABASE_PATH='a b.db'\r\nADMIN_CHATS=1 ";
    let config = read(file, &[], &[]).unwrap();
    assert_eq!(config.poll_period, Duration::from_secs(5));
    assert_eq!(config.database.database_path, Path::new("a b.db"));
    assert_eq!(config.admin_chats, [1]);
}

#[test]
fn a_broken_line_of_the_file_is_named_and_not_shown() {
    let said = "expected NAME=value, with quotes around a value that has spaces";
    let table = [
        (format!("{TOKEN}\n"), ".env, line 1"),
        (format!("A=1\nTELOXIDE_TOKEN {TOKEN}\n"), ".env, line 2"),
        (format!("A=1\nA={TOKEN} {TOKEN}"), ".env, line 2"),
        (format!("A=1\n\nFOO # no value\nB={TOKEN}"), ".env, line 3"),
        (
            format!("FOO=1\nFOO\nTELOXIDE_TOKEN={TOKEN}"),
            ".env, line 2",
        ),
        (
            format!("A=1\nTELOXIDE_TOKEN=\"{TOKEN}\nB=2\nC=3\n"),
            ".env, line 2",
        ),
    ];
    for (file, place) in table {
        let line = refused(read(&file, &[], &[]));
        assert_eq!(line, format!("{place}: {said}"), "{file}");
    }
}

#[test]
fn the_secret_is_read_apart_and_never_shown() {
    let variables = Variables::from_pairs([("TELOXIDE_TOKEN", format!(" {TOKEN}\n"))]);
    let token = variables.secret("TELOXIDE_TOKEN").unwrap();
    assert_eq!(token.expose_secret(), TOKEN);
    assert_eq!(format!("{variables:?}"), r#"{"TELOXIDE_TOKEN"}"#);
    assert!(!format!("{token:?}").contains(TOKEN));
    for missing in [None, Some(""), Some(" ")] {
        let pairs = missing.map(|value| ("TELOXIDE_TOKEN", value));
        let error = Variables::from_pairs(pairs)
            .secret("TELOXIDE_TOKEN")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "TELOXIDE_TOKEN: it is not set; put it into the environment or into .env"
        );
    }
}

#[test]
fn a_token_in_the_wrong_place_is_never_repeated() {
    let names = [
        "POLL_PERIOD",
        "REQUESTS_PER_SECOND",
        "MAX_WATCHES",
        "ADMIN_CHATS",
        "METRICS_ADDR",
        "LINK_DEPTH",
        "GORZDRAV_API_URL",
        "GORZDRAV_PROXY",
        "GORZDRAV_CA_FILE",
    ];
    for name in names {
        let error = from_pairs::<Config>(&[(name, TOKEN)]).unwrap_err();
        let all = format!("{error} {error:?}");
        assert!(!error.to_string().contains("invented"), "{error}");
        assert!(all.starts_with(name));
    }
}

#[test]
fn a_proxy_password_is_in_no_debug_output() {
    let proxy = [("GORZDRAV_PROXY", "http://keeper:hunter2@proxy.example:3128")];
    let config = format!("{:?}", from_pairs::<Config>(&proxy).unwrap());
    assert!(
        config.contains("ProxyUrl(http://proxy.example:3128)"),
        "{config}"
    );
    assert!(
        !config.contains("hunter2") && !config.contains("keeper"),
        "{config}"
    );
}

#[test]
fn help_and_version_are_answers() {
    for flag in ["--help", "--version"] {
        let answer = read("", &[("POLL_PERIOD", "5s")], &[flag]).unwrap_err();
        assert!(matches!(answer, SettingError::Asked(_)), "{flag}");
        assert!(!answer.to_string().contains("--teloxide-token"));
        let tells_of_variables = answer.to_string().contains("DATABASE_PATH");
        assert_eq!(tells_of_variables, flag == "--help");
    }
}
