// Package satori is Satori v1 spoken as a gateway: bots attach to groups of ours.
//
// A bot opens a WebSocket at /v1/events (opcodes EVENT, PING, PONG, IDENTIFY, READY) and calls POST /v1/<method>. EventOf prints an event; it is pure, as
// is connect/satori/element, which reads and prints what messages hold.
//
// A guild and its one channel have the same id. sn is the number of the event in our log, so a client that identifies with
// the last one it saw gets what it missed, unless that is more than 10,000 numbers ago: then it begins with now. What a
// person must do or release answers 202 instead of 200. Durations are milliseconds.
package satori
