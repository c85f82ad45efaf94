// Package onebot speaks OneBot v11: QQ through NapCat, Lagrange or LLBot, and bridges of other platforms that offer the
// same protocol.
//
// We are the application: we dial the implementation (forward), or it dials us (reverse), or we call it by HTTP and it
// posts signed events to us (http). Parse turns one frame into one event and is pure; a group message takes a decoder
// written by hand, everything else encoding/json. Ids come as numbers or strings and are kept as text, never through a
// float.
//
// In events about a member (joined, left, updated, muted) Actor is that member, Subject as well where somebody else did
// it, and By is who did it. In message.deleted Actor recalled and Subject had written it. A join request's
// Body.Message is "add:<flag>" or "invite:<flag>", which Approve takes back.
package onebot
