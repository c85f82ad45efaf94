package community

// AppealWritten is what a member writes against a decision: Body.Text are the words, Body.State is the decision's id.
const AppealWritten Type = "appeal.written"

// AppealState says how far an appeal has come.
type AppealState string

// States of appeals.
const (
	AppealOpen       AppealState = "open"
	AppealUpheld     AppealState = "upheld"     // the decision stands
	AppealOverturned AppealState = "overturned" // the decision was undone
)

// Bounds of an appeal.
const (
	MaxAppeal     = 2000 // characters of one statement
	MaxStatements = 3    // of one appeal
)

// AppealRules are an organisation's rules for appeals.
type AppealRules struct {
	Off    bool `json:"off,omitempty"` // notices of penalties carry no link
	Days   int  `json:"days"`          // after the decision, to write
	Answer int  `json:"answer"`        // after the writing, in days, to decide
}

// Or gives the rules with their defaults: a week to write, three days to answer.
func (r AppealRules) Or() AppealRules {
	if r.Days == 0 {
		r.Days = 7
	}
	if r.Answer == 0 {
		r.Answer = 3
	}
	return r
}

// Appeal (申诉) is a member's word against a decision. The words stay in the group's log.
type Appeal struct {
	ID        ID
	Org       OrgKey
	Group     GroupKey
	Member    MemberKey
	Decision  ID
	State     AppealState
	Created   int64
	Due       int64
	Decided   int64
	DecidedBy string
	Answer    string // to the member
	Despite   string // why somebody decided who had acted; "" = nobody did
}

// AppealRow is an appeal with what it is about.
type AppealRow struct {
	Appeal
	About      DecisionRow
	Statements []Statement
}

// Statement is one of the member's writings.
type Statement struct {
	Event int64
	At    int64
	Text  string // "" = erased
}

// AppealFilter asks for appeals.
type AppealFilter struct {
	Group GroupKey
	State AppealState // "" = any
	Page  Page
}

// Acted lists who acted in the decision that an appeal is about: who gave the strike, and who judged or released it.
func (a AppealRow) Acted() []string {
	var out []string
	for _, who := range []string{a.About.User, a.About.ResolvedBy} {
		if who != "" {
			out = append(out, who)
		}
	}
	return out
}
