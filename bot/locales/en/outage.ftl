## A clinic or the whole portal is silent; and answers again.

outage-clinic =
    🔇 <b>{ $clinic }</b>
    The clinic has not answered { $since }; I keep checking. When it answers again, I will tell you.
outage-clinic-why =
    🔇 <b>{ $clinic }</b>
    The clinic has not answered { $since }; I keep checking. Reason: { $why }. When it answers again, I will tell you.
outage-clinic-back =
    🔊 <b>{ $clinic }</b>
    The clinic answers again. I keep watching as before.
outage-portal =
    🔇 <b>The booking portal has not answered { $since }</b>
    Nobody can say what is free now. I keep checking; when it answers again, I will tell you.
outage-held =
    🔇 <b>The portal has asked us to check less often { $since }</b>
    Nobody can say what is free now. As soon as it lets me, I will go on and tell you.
outage-portal-back =
    🔊 <b>The booking portal answers again</b>
    I keep watching as before.
outage-portal-but =
    🔊 <b>The booking portal answers again</b>
    But not every clinic does yet:
outage-status = ⚠️ The booking portal has not answered { $since }; I keep checking.
