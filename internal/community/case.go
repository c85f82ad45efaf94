package community

// Want is what ought to come of a message, as a person said.
type Want string

// What people want of a message: that a rule hits it, or that none does.
const (
	WantHit  Want = "hit"
	WantNone Want = "none"
)

// Case (标注案例) is a message about which a person said what ought to come of it. The words stay in the event; a case keeps
// its number and byte offsets.
type Case struct {
	ID       ID
	Group    GroupKey
	Event    int64 // number of the message
	Wide     bool  // it holds for every group of the organisation, not only for its own
	Want     Want
	Rule     string // which hit it wrongly, or ought to hit it; "" = no rule in particular
	Spans    []Span // what was found then
	Decision ID     // zero = nothing was decided
	User     string
	At       int64
	Why      string
}

// CaseRow is a case with its message.
type CaseRow struct {
	Case
	GroupID   ID
	GroupName string
	Message   MessageRow
}

// CaseFilter asks for cases.
type CaseFilter struct {
	Group GroupKey // those said in the group; with For those that hold for it, the organisation's too
	For   bool
	Want  Want
	Rule  string
	Page  Page
}
