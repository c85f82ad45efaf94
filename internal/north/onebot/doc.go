// Package onebot is OneBot v11 spoken as an implementation: bots written for QQ attach to groups of ours.
//
// A bot dials us (WebSocket at "", "api" or "event", or HTTP calls), we dial it (reverse WebSocket), or we post events to
// it (HTTP, signed). Frame prints an event and ReadCall reads a call; both are pure.
//
// What differs from QQ: message_id is the number of an event; a call whose action a person must do or release answers
// status async with retcode 1; pictures and files are taken by web address only; private chats, friends and files of the
// group are not offered (retcode 1404). Events have no "raw CQ" form: message is a list of segments, raw_message its text.
package onebot
