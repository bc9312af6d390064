-- Silence is impossible. ---------------------------------------------------------------------------------

-- Instants are UTC milliseconds since 1970. Both written by the bot.

-- Operators' chats that were told that nobody checks and not yet that somebody does again: once each, whatever restarts.
create table silence_notices (
    chat_id   integer primary key,
    silent_at integer not null,            -- since when, as they were told
    told_at   integer not null
) strict;

-- Telegram asked to leave the chat alone for minutes or longer: what is pending for it is not stuck.
alter table people add column held_until integer;
