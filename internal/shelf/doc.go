// Package shelf keeps what is worth using again: the library (素材库) of texts, files and pictures that people send, and cards of messages
// that were worth keeping (精华). It says what may be written, what of a text is filled in and by whom, until when something may be sent,
// when a message becomes a card by itself, and to whom something exclusive opens.
//
// Everything is a function of its arguments. Times are UTC milliseconds, dates "2006-01-02" in the organisation's zone.
package shelf
