// Package telegram speaks the Bot API of Telegram (https://core.telegram.org/bots/api): groups and supergroups through a
// bot, by long poll or by webhook.
//
// Calls are made by go-telegram/bot. Its two loops are not used: they move the offset on, or answer the webhook, before
// anybody has the update, while here an update counts as received only when the host has it on disk. Its update types are
// not used either: one part that they do not know makes a whole update unreadable. Parse reads what we need and is pure.
//
// In events about a member (joined, left, updated, muted) Actor is that member, Subject as well where somebody else did
// it, and By is who did it. A join request's Body.Message is "<user>:<date>", which Approve takes back. A bot is never
// told of its own messages nor of deletions, so what it does itself becomes an event when the call has succeeded.
package telegram
