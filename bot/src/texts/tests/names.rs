//! Names as clinics write them, and foreign text made fit.

use super::super::names::{short, surname};
use super::super::*;
use super::world::*;

#[test]
fn a_person_is_a_surname_with_initials_and_anything_else_stays() {
    for (name, want) in [
        ("Иванова Анна Петровна", "Иванова А. П."),
        (
            " Иванова  Анна Петровна (Врач-терапевт участковый)",
            "Иванова А. П.",
        ),
        ("ИВАНОВА АННА ПЕТРОВНА( КЛЮКВЕННЫЙ 37)", "Иванова А. П."),
        ("Иванова-Петрова А.П.", "Иванова-Петрова А. П."),
        ("ИВАНОВА-ПЕТРОВА А.П.  310каб.", "Иванова-Петрова А. П."),
        (
            "Иванова  А . П.,24 уч. День здорового ребёнка",
            "Иванова А. П.",
        ),
        ("Иванова А. П.4уч. с 01.04", "Иванова А. П."),
        ("Иванова АП (ГИН)", "Иванова А. П."),
        ("Иванова АП", "Иванова А. П."),
        ("Иванова АП 13+15 уч.", "Иванова А. П."),
        ("ПРИЕМ НА ЯГОДНОЙ 41", "ПРИЕМ НА ЯГОДНОЙ 41"),
        ("Иванова А.", "Иванова А."),
        ("Мамедов Ахмед Шукюр Кызы", "Мамедов А. Ш."),
        ("Дежурный врач (104 к)", "Дежурный врач (104 к)"),
        ("КАБИНЕТ ДИСПАНСЕРИЗАЦИИ", "КАБИНЕТ ДИСПАНСЕРИЗАЦИИ"),
        ("Врач УЗИ", "Врач УЗИ"),
        ("Иванова", "Иванова"),
        (
            "Кабинет профилактики (углубленная диспансеризация)",
            "Кабинет профилактики (углубленн…",
        ),
    ] {
        assert_eq!(short(name).as_deref(), Some(want), "{name}");
    }
    assert_eq!(surname("ИВАНОВА АННА ПЕТРОВНА").as_deref(), Some("Иванова"));
    assert_eq!(surname("Дежурный врач").as_deref(), Some("Дежурный врач"));
    assert_eq!(short(" \u{200f} "), None);
}

#[test]
fn titles_name_specialty_doctor_and_clinic() {
    let one = card_of(vec![quiet(&gp27(), Some("Иванова Анна Петровна"))]);
    assert_eq!(card_title(Lang::Ru, &one), "Терапевт · Иванова · ГП №27");
    let state = &one.targets[0];
    let full = target_title(Lang::Ru, &state.target, &state.place);
    assert_eq!(full, "Терапевт · Иванова Анна Петровна · ГП №27");

    let three = card_of(vec![quiet(&gp27(), None); 3]);
    assert_eq!(
        card_title(Lang::Ru, &three),
        "Терапевт · любой врач · ГП №27 (+2)"
    );
    assert_eq!(
        card_title(Lang::En, &three),
        "Терапевт · any doctor · ГП №27 (+2)"
    );

    let unknown = target_title(Lang::Ru, &target(1055, Some("1")), &Default::default());
    assert_eq!(unknown, "врач без имени · поликлиника (код 1055)");
}

#[test]
fn foreign_text_is_one_clean_line() {
    for (text, want) in [
        ("  ГП  №27 ", "ГП №27"),
        ("ГП\n№27\t\r\nфилиал\u{a0}2", "ГП №27 фи…"),
        ("\u{202e}ГП\u{200b} №\u{200f}27\u{0}", "ГП №27"),
        ("", "—"),
        (" \u{feff}\u{3164}\u{2800} ", "—"),
        ("1234567890", "1234567890"),
        ("12345678901", "123456789…"),
        ("12345678 01", "12345678…"),
        ("😀😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀…"),
    ] {
        assert_eq!(plain(text, 10), want, "{text:?}");
    }
    assert_eq!(escape("<b>A & B</b>"), "&lt;b&gt;A &amp; B&lt;/b&gt;");
    assert_eq!(plain("<b>A & B</b>", 20), "<b>A & B</b>");
    assert_eq!(escape(&"я".repeat(3426)).chars().count(), 200);
}
