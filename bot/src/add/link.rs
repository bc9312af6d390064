//! Pasted links of the portal.

use super::finish::{Chosen, finish};
use super::state::{Menu, Step, load};
use super::view::{QUICK, could_not_look, is_current, show, show_loading};
use crate::answers;
use crate::context::{Context, Talk};
use crate::texts::text;
use shared::failure::FailureKind;
use shared::gorzdrav::menus::MenuError;
use shared::ids::{Department, Target};
use shared::link::PortalLink;
use shared::store::StoreError;
use shared::wish::Wish;
use teloxide::types::MessageId;

/// Where a link leads.
enum Led {
    /// To a doctor: there is nothing left to ask.
    To(Target),
    /// To a list.
    Into(Step),
    /// What it names is not there; the nearest list that is.
    Astray(Step),
    /// Nobody knows: the portal could not be read.
    Unread(FailureKind),
}

/// A pasted link of the portal: a doctor's is watched at once, a shorter one opens the menu where it ends. A menu that
/// waits for an answer is answered by it.
pub(crate) async fn paste(ctx: &Context, talk: &Talk, link: PortalLink) -> Result<(), StoreError> {
    let mut menu = Menu::new(Step::District, talk.now);
    let open = load(ctx, talk).await?.filter(|open| open.listens(talk.now));
    menu.message = open.map_or(0, |open| open.message);
    let mut leading = {
        let ctx = ctx.clone();
        Box::pin(async move { lead(&ctx, link).await })
    };
    if let Ok(led) = tokio::time::timeout(QUICK, &mut leading).await {
        return arrive(ctx, talk, menu, led?).await;
    }
    show_loading(ctx, talk, &mut menu).await?;
    // Names are asked of the portal, which may take long: nobody else of this chat waits behind it.
    let (late, talk) = (ctx.clone(), talk.clone());
    ctx.spawn(async move {
        let followed = async {
            let led = leading.await?;
            if is_current(&late, &talk, &menu).await? {
                arrive(&late, &talk, menu, led).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = followed.await {
            tracing::error!(%error, "could not follow a pasted link");
            answers::send(&late, &talk, &text(talk.lang, "went-wrong"), None).await;
        }
    });
    Ok(())
}

/// Goes where the link leads; in the menu's message when it has one.
async fn arrive(ctx: &Context, talk: &Talk, mut menu: Menu, led: Led) -> Result<(), StoreError> {
    let message = (menu.message != 0).then_some(MessageId(menu.message));
    match led {
        Led::To(target) => {
            let chosen = Chosen::of(vec![target]);
            finish(ctx, talk, message, chosen, Wish::default()).await
        }
        Led::Into(step) => {
            menu.go(step);
            show(ctx, talk, menu).await
        }
        Led::Astray(step) => {
            say(ctx, talk, message, &text(talk.lang, "add-link-unknown")).await;
            show(ctx, talk, Menu::new(step, talk.now)).await
        }
        Led::Unread(kind) => {
            say(ctx, talk, message, &could_not_look(talk, kind)).await;
            show(ctx, talk, Menu::new(Step::District, talk.now)).await
        }
    }
}

async fn say(ctx: &Context, talk: &Talk, message: Option<MessageId>, html: &str) {
    match message {
        Some(message) => answers::edit(ctx, talk, message, html, None).await,
        None => answers::send(ctx, talk, html, None).await,
    };
}

async fn lead(ctx: &Context, link: PortalLink) -> Result<Led, StoreError> {
    let Some(lpu) = link.lpu else {
        let district = link.district.map(|district| Step::Lpu { district });
        return Ok(Led::Into(district.unwrap_or(Step::District)));
    };
    let district = match ctx.menus.lpu(lpu).await {
        Ok(known) => known.value.district.clone(),
        Err(MenuError::Store(error)) => return Err(error),
        Err(MenuError::CouldNotLook(failure)) if failure.kind != FailureKind::Gone => {
            match link.district {
                Some(district) => district,
                None => return Ok(Led::Unread(failure.kind)),
            }
        }
        Err(_) => return Ok(Led::Astray(Step::District)),
    };
    let Some(specialty) = link.specialty else {
        return Ok(Led::Into(Step::Specialty { district, lpu }));
    };
    // The list names the specialty for the menu's title and for the watch's card.
    let is_known = match ctx.menus.specialties(lpu).await {
        Ok(list) => list.value.iter().any(|known| known.id == specialty),
        Err(_) => true,
    };
    if !is_known {
        return Ok(Led::Astray(Step::Specialty { district, lpu }));
    }
    let department = Department { lpu, specialty };
    let step = Step::Doctor {
        district,
        department: department.clone(),
    };
    let Some(doctor) = link.doctor else {
        return Ok(Led::Into(step));
    };
    Ok(match ctx.menus.doctors(&department).await {
        Ok(list) if list.value.iter().any(|known| known.id == doctor) => Led::To(Target {
            department,
            doctor: Some(doctor),
        }),
        Ok(_) | Err(MenuError::Nothing) => Led::Astray(step),
        Err(_) => Led::Into(step),
    })
}
