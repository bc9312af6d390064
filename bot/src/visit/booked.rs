//! "I booked": which talon, what becomes of the watch, the file for the calendar.

use super::{VisitPress, button, ics, pause, reminders, resume};
use crate::answers;
use crate::context::{Context, Talk};
use crate::files;
use crate::press::Press;
use crate::texts::text;
use crate::texts::visit::{self, Fate};
use chrono::{SubsecRound as _, TimeDelta, Utc};
use shared::ids::{BookingId, PersonId};
use shared::store::{Booking, NewBooking, StoreError, WatchCard};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// Talons of one page.
const PAGE: usize = 8;

/// A second press within this is the same press: the file is not sent again.
const ECHO: TimeDelta = TimeDelta::seconds(10);

/// Asks which of the alert's talons was booked.
pub(super) async fn ask(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    message: Option<MessageId>,
    alert: i32,
    page: usize,
) -> Result<(), StoreError> {
    let now = Utc::now();
    let told = ctx.store.told_visits(person, alert, now).await?;
    if told.is_empty() {
        other(ctx, talk, message, alert).await;
        return Ok(());
    }
    let n_pages = told.len().div_ceil(PAGE);
    let page = page.min(n_pages - 1);
    let is_one_doctor = told
        .iter()
        .all(|one| one.visit.target.doctor_ref() == told[0].visit.target.doctor_ref());
    let mut rows: Vec<Vec<InlineKeyboardButton>> = told
        .iter()
        .skip(page * PAGE)
        .take(PAGE)
        .map(|one| {
            let label = visit::choice(talk.lang, &one.visit, !is_one_doctor, now);
            let press = Press::Visit(VisitPress::Took(alert, one.number));
            vec![InlineKeyboardButton::callback(label, press.to_string())]
        })
        .collect();
    let mut turns = Vec::new();
    if page > 0 {
        turns.push(button(talk, "btn-prev", VisitPress::Page(alert, page - 1)));
    }
    if page + 1 < n_pages {
        turns.push(button(talk, "btn-next", VisitPress::Page(alert, page + 1)));
    }
    if !turns.is_empty() {
        rows.push(turns);
    }
    rows.push(vec![
        button(talk, "btn-visit-other", VisitPress::Other(alert)),
        button(talk, "btn-cancel", VisitPress::Keep),
    ]);
    put(ctx, talk, message, &text(talk.lang, "visit-which"), rows).await;
    Ok(())
}

/// A visit the alert did not tell of: nothing to keep, only the watch's fate to ask.
pub(super) async fn other(ctx: &Context, talk: &Talk, message: Option<MessageId>, alert: i32) {
    let rows = vec![
        vec![button(talk, "btn-visit-stop", VisitPress::StopAll(alert))],
        vec![button(talk, "btn-visit-keep", VisitPress::Keep)],
    ];
    let html = text(talk.lang, "visit-other");
    put(ctx, talk, message, &html, rows).await;
}

async fn put(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    html: &str,
    rows: Vec<Vec<InlineKeyboardButton>>,
) -> bool {
    let keyboard = Some(InlineKeyboardMarkup::new(rows));
    let shown = match message {
        Some(message) => answers::edit(ctx, talk, message, html, keyboard).await,
        None => answers::send(ctx, talk, html, keyboard).await,
    };
    shown.is_some()
}

/// Keeps the booking, shows it in place of the question, and sends the file.
pub(super) async fn took(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    message: MessageId,
    alert: i32,
    number: u32,
) -> Result<bool, StoreError> {
    // As fine as the store keeps it, so that a new booking is told from an old one.
    let now = Utc::now().trunc_subsecs(3);
    let told = ctx.store.told_visits(person, alert, now).await?;
    let Some(told) = told.into_iter().find(|one| one.number == number) else {
        return Ok(false);
    };
    let new = NewBooking {
        person,
        watch: told.watch,
        reminders: reminders::times(told.visit.start, now),
        visit: told.visit,
    };
    let (id, first_at) = ctx.store.book(new, now).await?;
    let Some(booking) = ctx.store.booking(person, id).await? else {
        return Ok(false);
    };
    show(ctx, talk, message, &booking, true).await?;
    // The same booking made moments ago: the second of two quick presses.
    let is_echo = first_at < now && now - first_at < ECHO;
    if !is_echo {
        let target = &booking.visit.target;
        let lpu = booking.visit.place.lpu.as_ref();
        let link = ctx.link(target, lpu.map(|lpu| &lpu.district));
        let (name, bytes) = ics::file(talk.lang, &booking, &link);
        let caption = text(talk.lang, "visit-file");
        files::document(ctx, talk, name, bytes, caption).await;
    }
    Ok(true)
}

/// A button under a booking; `false` when the booking is no more or is someone else's.
pub(super) async fn press(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    message: MessageId,
    booking: BookingId,
    press: VisitPress,
) -> Result<bool, StoreError> {
    let Some(booking) = ctx.store.booking(person, booking).await? else {
        return Ok(false);
    };
    let watch = watch(ctx, &booking).await?.map(|card| card.id);
    match press {
        VisitPress::Stop(_) => pause(ctx, talk, person, watch.as_slice(), None).await?,
        VisitPress::Resume(_) => resume(ctx, person, watch.as_slice()).await?,
        VisitPress::Sooner(_) => return sooner(ctx, talk, message, &booking).await,
        VisitPress::Quiet(_) => ctx.store.cancel_reminders(booking.id).await?,
        _ => {}
    }
    match ctx.store.booking(person, booking.id).await? {
        Some(booking) => show(ctx, talk, message, &booking, false)
            .await
            .map(|()| true),
        None => Ok(false),
    }
}

/// The booking's watch; `None` when it is deleted.
async fn watch(ctx: &Context, booking: &Booking) -> Result<Option<WatchCard>, StoreError> {
    let Some(watch) = booking.watch else {
        return Ok(None);
    };
    let card = ctx.store.watch(booking.person, watch, Utc::now()).await?;
    Ok(card.filter(|card| card.deleted_at.is_none()))
}

/// From here on only what begins before the booked visit is told. What of that is free now is said in the message,
/// which counts as telling.
async fn sooner(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    booking: &Booking,
) -> Result<bool, StoreError> {
    let Some(card) = watch(ctx, booking).await? else {
        show(ctx, talk, message, booking, false).await?;
        return Ok(true);
    };
    let mut wish = card.wish.clone();
    wish.sooner_than = Some(booking.visit.start);
    let now = Utc::now();
    let person = booking.person;
    // As with the wish's card: alerts wait for what is on its way to be seen.
    let hold = ctx.cards.hold(person);
    let listing = {
        let _silence = ctx.silence.begin(talk.chat).await;
        ctx.store.set_wish(person, card.id, wish, now).await?
    };
    let Some(listing) = listing else {
        return Ok(false);
    };
    let fate = Fate::Sooner(&listing.card);
    let html = visit::booked(talk.lang, booking, fate, now);
    let rows = rows(talk, booking, fate);
    if put(ctx, talk, Some(message), &html, rows).await {
        ctx.store.listed(listing, Utc::now()).await?;
    }
    drop(hold);
    ctx.poke(person);
    Ok(true)
}

/// Shows a booking and what its watch does now; with the question of its fate while that is open.
async fn show(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    booking: &Booking,
    is_open: bool,
) -> Result<(), StoreError> {
    let now = Utc::now();
    let card = watch(ctx, booking).await?;
    let fate = match &card {
        None => Fate::None,
        Some(card) if card.is_paused(now) => Fate::Stopped,
        Some(card) if card.wish.sooner_than == Some(booking.visit.start) => Fate::Sooner(card),
        Some(_) if is_open => Fate::Open,
        Some(_) => Fate::GoesOn,
    };
    let html = visit::booked(talk.lang, booking, fate, now);
    put(ctx, talk, Some(message), &html, rows(talk, booking, fate)).await;
    Ok(())
}

fn rows(talk: &Talk, booking: &Booking, fate: Fate<'_>) -> Vec<Vec<InlineKeyboardButton>> {
    let one = |key, press: fn(BookingId) -> VisitPress| vec![button(talk, key, press(booking.id))];
    let stop = || one("btn-visit-stop", VisitPress::Stop);
    let sooner = || one("btn-visit-sooner", VisitPress::Sooner);
    let mut rows = match fate {
        Fate::None => Vec::new(),
        Fate::Open => vec![stop(), sooner(), one("btn-visit-keep", VisitPress::GoOn)],
        Fate::Stopped => vec![one("btn-visit-again", VisitPress::Resume)],
        Fate::Sooner(_) => vec![stop()],
        Fate::GoesOn => vec![stop(), sooner()],
    };
    if booking.pending(Utc::now()).next().is_some() {
        rows.push(one("btn-visit-quiet", VisitPress::Quiet));
    }
    rows
}
