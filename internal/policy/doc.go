// Package policy keeps the rulebook (群规) of a group and says what follows from an event under it: strikes, actions,
// greetings and answers, each with its reasons.
//
// A [Book] is data: JSON that people edit and publish. [Parse] checks all of it and makes an immutable [Rulebook].
// [Step] is the decision: a function of rulebook, state and event, and of nothing else, so that last year can be
// replayed. A [Keeper] folds a group's events and always knows the book in force.
//
// What a rule looks for is its kind. Kinds stand in one table ([Kinds]); a kind is one file and one line of it.
//
// How one event is judged: allow list and immunity first; all live rules are looked at; there is at most one strike
// and one consequence (remove > mute > recall > warn), the rest are recorded as hits. Rules in dry run keep a ladder of
// their own and never touch anything else.
package policy
