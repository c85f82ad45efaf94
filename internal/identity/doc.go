// Package identity keeps which accounts are one human.
//
// A member is one identity on one platform and stays so: events, stays, strikes and figures are told of members and are
// never rewritten. A person is a set of members. It is the sum of a log of facts, each of which moves members from one
// person to another: a merge (合并), a split (拆分), or the undoing of either. Nothing but a person's hand writes a fact;
// what the records suggest (Suggest) is shown and waits.
//
// No sanction crosses accounts. A strike belongs to the member and the group where it was given: a merge shows the strikes
// of all accounts side by side, with where each comes from, and no ladder counts them together. A rule that read persons
// would decide otherwise today than the replay of yesterday's events says, and a wrong merge would punish somebody.
package identity
