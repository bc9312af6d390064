//! Cards read out of a person's words.

use super::super::*;
use super::html::check_html;
use super::world::{both, dgp5, gp27, now, place, target};
use insta::assert_snapshot;
use shared::store::Place;
use shared::wish::{Hours, Wish};

fn said(wish: &Wish) -> Said<'_> {
    Said {
        whom: None,
        doctor: None,
        wish,
        not_understood: &[],
        is_shared: false,
    }
}

fn evenings() -> Wish {
    Wish {
        hours: Hours::new(17 * 60, 24 * 60).unwrap(),
        not_after: "2026-11-27".parse().ok(),
        ..Wish::default()
    }
}

fn card(targets: &[(shared::ids::Target, Place)], said: &Said<'_>) -> String {
    both(|lang| {
        let html = to_confirm(lang, targets, &[], said, now());
        check_html(&html);
        html
    })
}

#[test]
fn cards_to_confirm() {
    let any = (target(27, None), place(&gp27(), "Офтальмолог", None));
    let name = "Иванова Анна Петровна";
    let doctor = (target(5, Some("7")), place(&dgp5(), "ЛОР", Some(name)));
    let evenings = evenings();
    let unknown = ["срочно".to_owned(), "<b>&".to_owned()];
    let cards = [
        card(std::slice::from_ref(&any), &said(&Wish::default())),
        card(
            std::slice::from_ref(&any),
            &Said {
                not_understood: &unknown,
                ..said(&evenings)
            },
        ),
        card(
            std::slice::from_ref(&doctor),
            &Said {
                is_shared: true,
                ..said(&evenings)
            },
        ),
        card(&[any.clone(), doctor.clone()], &said(&evenings)),
        card(
            std::slice::from_ref(&any),
            &said(&Wish {
                not_after: "2026-11-19".parse().ok(),
                ..Wish::default()
            }),
        ),
        both(|lang| {
            let said = Said {
                whom: Some("окулист"),
                doctor: Some("дроздова"),
                not_understood: &unknown,
                ..said(&evenings)
            };
            understood(lang, &said, now()).join("\n\n")
        }),
        both(|lang| again(lang, &doctor.0, &doctor.1)),
    ];
    assert_snapshot!(cards.join("\n\n\n"));
}

#[test]
fn nothing_said_is_nothing_understood() {
    for lang in Lang::ALL {
        let nothing = Wish::default();
        assert!(understood(lang, &said(&nothing), now()).is_empty());
    }
}

#[test]
fn a_card_is_never_too_long() {
    let long = "Ж<&>".repeat(4000);
    let mut clinic = gp27();
    clinic.short_name.clone_from(&long);
    let targets: Vec<_> = (0..30)
        .map(|n| {
            let id = n.to_string();
            (target(n, Some(&id)), place(&clinic, &long, Some(&long)))
        })
        .collect();
    let pieces = vec![long.clone(); 300];
    for lang in Lang::ALL {
        let wish = evenings();
        let said = Said {
            whom: Some(&long),
            doctor: Some(&long),
            not_understood: &pieces,
            ..said(&wish)
        };
        for n in [1, 2, 30] {
            let html = to_confirm(lang, &targets[..n], &[], &said, now());
            check_html(&html);
            assert!(units(&html) <= MAX_MESSAGE, "{}", units(&html));
        }
        let html = understood(lang, &said, now()).join("\n\n");
        check_html(&html);
        assert!(units(&html) <= 1_500, "{}", units(&html));
    }
}
