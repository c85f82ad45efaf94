package community

// Reveal (还原身份) is a wish to know who stands behind a pseudonym, and what a second person said to it.
type Reveal struct {
	ID        ID
	Org       OrgKey
	Member    MemberKey
	MemberID  ID
	AskedBy   string // a user's id
	Reason    string
	At        int64  // UTC ms
	State     string // RevealAsked, RevealAgreed, RevealRefused
	DecidedBy string // a user's id; "" = nobody yet
	DecidedAt int64  // UTC ms
	Why       string // what the second person said
	Until     int64  // the name is open to whoever asked until then, UTC ms; 0 = it is not
	Seen      int64  // when they first looked, UTC ms; 0 = not yet
}

// States of a wish.
const (
	RevealAsked   = "asked"
	RevealAgreed  = "agreed"
	RevealRefused = "refused"
)
