// Package morning keeps how a group's morning report (早报) comes about: the feeds it draws on and when each is read again, what of
// their entries, of the group's open questions and of yesterday's talk is offered to a person, which of it says the same, what is
// picked where nobody picks, and what became of it: openings and replies.
//
// Nothing here sends: a report that a person has picked becomes an item of the content calendar, where a second person approves it.
// Everything is a function of its arguments. Times are UTC milliseconds.
package morning
