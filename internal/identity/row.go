package identity

import "qunluo/internal/community"

// FactRow is a line of the link log as doors show it.
type FactRow struct {
	Fact
	Undone   bool               // taken back later
	Accounts []community.Member // whom its moves concern, as far as the reader may see them
}

// Pair is a suggestion as doors show it.
type Pair struct {
	Match
	A, B             community.Member
	GroupsA, GroupsB []string // names of some groups that they are or were in
}

// Account is one account of a person, with its rows: one per group they are or were in.
type Account struct {
	community.Member
	Tags   []string
	Places []community.MemberRow
}
