//! A wrong setting is one line naming the variable, and exit code 2.

use std::process::{Command, Output};

const TOKEN: &str = "123456:not-a-real-token";

fn bot(folder: &std::path::Path, settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bot"))
        .current_dir(folder)
        .env_clear()
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn a_wrong_setting_names_itself_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let token = ("TELOXIDE_TOKEN", TOKEN);
    for (settings, name) in [
        (vec![], "TELOXIDE_TOKEN"),
        (
            vec![token, ("ALERTS_PER_SECOND", "fast")],
            "ALERTS_PER_SECOND",
        ),
        (
            vec![token, ("TELOXIDE_API_URL", "telegram")],
            "TELOXIDE_API_URL",
        ),
        (vec![token, ("LINK_DEPTH", "roof")], "LINK_DEPTH"),
        (vec![token, ("MAX_WATCHES", "0")], "MAX_WATCHES"),
        (vec![token, ("ADMIN_CHATS", "1,me")], "ADMIN_CHATS"),
        (
            vec![token, ("GORZDRAV_CA_FILE", "none.pem")],
            "GORZDRAV_CA_FILE",
        ),
        (
            vec![token, ("BOT_METRICS_ADDR", "9100")],
            "BOT_METRICS_ADDR",
        ),
    ] {
        let output = bot(folder.path(), &settings);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
        assert!(said.contains(name), "{name}: {said}");
        assert!(!said.contains(TOKEN), "{said}");
    }
}

#[test]
fn a_database_that_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "groceries").unwrap();
    let settings = [
        ("TELOXIDE_TOKEN", TOKEN),
        ("DATABASE_PATH", "notes.txt"),
        ("TELOXIDE_API_URL", "http://127.0.0.1:9"),
    ];
    let output = bot(folder.path(), &settings);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("left untouched"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "groceries");
}
