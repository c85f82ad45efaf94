// Package irc speaks IRC (RFC 1459, RFC 2812, and of IRCv3 what a server offers): channels through an account of ours that
// is an operator there.
//
// Joining and leaving a channel is presence, not membership: a netsplit or a closed lid is no farewell. So member.joined
// carries Scene "presence" and member.left Reason "presence"; whoever keeps memberships takes a first arrival as joining
// and only a KICK as leaving. The leaf tells at once and remembers nothing about it.
//
// A member's id is the nick in the server's case, as it was when first seen: who takes another nick keeps the id while we
// see both. IRC numbers nothing, so keys of events count lines from the moment a session was made.
//
// Nothing is acknowledged either. After an action's lines comes a PING: a server answers in order, so when its PONG is
// here and no refusal was, the action was done. A mute is MODE +q where the server has it, else +b, which keeps a member
// who is in the channel from speaking on every server we know, but also from coming back while it lasts.
package irc
