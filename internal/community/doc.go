// Package community holds the words of Qunluo: the things operators of group chats talk about.
//
// A community is made of groups (群). A Group lives on one platform and is reached through one or more of our
// accounts (Account). People are known as members (Member: one identity on one platform); each time a member is in a
// group is a Stay. Everything that happens is an Event in the group's log; what is to be done about it is a Decision
// with reasons; what is really done is an Action with a life of its own (State).
//
// The package imports nothing of ours and decides nothing. Times are UTC milliseconds, durations of sanctions are
// seconds, sizes are bytes. Inner keys (GroupKey, MemberKey, AccountKey) number rows inside one installation; an ID is
// what the outside sees.
package community
