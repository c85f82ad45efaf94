package identity

import (
	"slices"

	"qunluo/internal/community"
)

// Kind says what a fact of the link log did.
type Kind string

// Kinds of facts.
const (
	Merged Kind = "merge"
	Parted Kind = "split"
	Undone Kind = "undo"
)

// PersonKey numbers a person inside one installation. 0 = a member who is a person of their own.
type PersonKey int64

// MaxAccounts bounds the accounts of one person.
const MaxAccounts = 50

// Move is a member who belongs to another person after a fact than before.
type Move struct {
	Member   community.MemberKey
	From, To PersonKey
}

// Fact is a line of the link log. It is never changed once written.
type Fact struct {
	Number   int64
	ID       community.ID
	Org      community.OrgKey
	Kind     Kind
	At       int64  // UTC ms
	User     string // who said so
	Reason   string
	Evidence Evidence // a merge: what suggested it; "" = a person's own knowledge
	Undoes   int64    // an undo: the number of the fact taken back
	Moves    []Move
}

// Book says to which person each member belongs; those of their own are not in it.
type Book map[community.MemberKey]PersonKey

// Take applies moves.
func (b Book) Take(moves []Move) {
	for _, m := range moves {
		if m.To == 0 {
			delete(b, m.Member)
			continue
		}
		b[m.Member] = m.To
	}
}

// Fold adds facts up, in the order of their numbers.
func Fold(facts []Fact) Book {
	b := Book{}
	for _, f := range facts {
		b.Take(f.Moves)
	}
	return b
}

// Members lists the accounts of a person, the one known longest first.
func (b Book) Members(p PersonKey) []community.MemberKey {
	var out []community.MemberKey
	for m, of := range b {
		if of == p && p != 0 {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}

// Merge says how two members become one person. fresh is the key of a new person, should one be needed. CodeConflict: they
// are one already; CodeTooLarge: the person would have more than MaxAccounts accounts.
func Merge(b Book, one, two community.MemberKey, fresh PersonKey) ([]Move, error) {
	p, q := b[one], b[two]
	switch {
	case one == two || p != 0 && p == q:
		return nil, community.Errorf(community.CodeConflict, "members %d and %d: one person already", one, two)
	case p == 0 && q == 0:
		return inOrder([]Move{{one, 0, fresh}, {two, 0, fresh}}), nil
	case p == 0:
		p, q, two = q, p, one
	}
	joining := []community.MemberKey{two}
	if q != 0 {
		joining = b.Members(q)
	}
	if n := len(b.Members(p)) + len(joining); n > MaxAccounts {
		return nil, community.Errorf(community.CodeTooLarge, "person %d: would have %d accounts, at most %d", p, n, MaxAccounts)
	}
	moves := make([]Move, len(joining))
	for i, m := range joining {
		moves[i] = Move{m, q, p}
	}
	return moves, nil
}

// Split says how a member becomes a person of their own; of two accounts both do. CodeConflict: they are one already.
func Split(b Book, one community.MemberKey) ([]Move, error) {
	p := b[one]
	if p == 0 {
		return nil, community.Errorf(community.CodeConflict, "member %d: a person of their own already", one)
	}
	moves := []Move{{one, p, 0}}
	if rest := slices.DeleteFunc(b.Members(p), func(m community.MemberKey) bool { return m == one }); len(rest) == 1 {
		moves = append(moves, Move{rest[0], p, 0})
	}
	return inOrder(moves), nil
}

// Undo says how a fact is taken back. CodeConflict: it is itself an undo, or the persons it concerns are not as it left
// them, since something later changed them: that is to be taken back first.
func Undo(b Book, f Fact) ([]Move, error) {
	if f.Kind == Undone {
		return nil, community.Errorf(community.CodeConflict, "fact %d: an undo; merge or split again instead", f.Number)
	}
	moves := make([]Move, len(f.Moves))
	for i, m := range f.Moves {
		if b[m.Member] != m.To {
			return nil, community.Errorf(community.CodeConflict, "fact %d: member %d belongs to another person since", f.Number, m.Member)
		}
		moves[i] = Move{m.Member, m.To, m.From}
	}
	after := Book{}
	for m, p := range b {
		after[m] = p
	}
	after.Take(moves)
	for _, m := range moves {
		for _, p := range []PersonKey{m.From, m.To} {
			if len(after.Members(p)) == 1 {
				return nil, community.Errorf(community.CodeConflict, "fact %d: person %d changed since", f.Number, p)
			}
		}
	}
	return inOrder(moves), nil
}

func inOrder(moves []Move) []Move {
	slices.SortFunc(moves, func(a, b Move) int { return int(max(-1, min(1, a.Member-b.Member))) })
	return moves
}
