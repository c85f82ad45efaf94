// Package plan decides about what is sent by plan: mass sends (群发) and the steps of a group's SOP. It says which slots are
// due, whether a send may go now and when it might, what became of it, and what is wrong with the links in it.
//
// Everything is a function of its arguments; times are UTC milliseconds, days and quiet hours are cut in a group's zone.
package plan
