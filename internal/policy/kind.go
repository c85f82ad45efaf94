package policy

import (
	"encoding/json"

	"qunluo/internal/community"
)

// Schema describes a kind of rule for people and for the editor's form.
type Schema struct {
	Name     string    `json:"name"`
	Title    [2]string `json:"title"`
	Summary  [2]string `json:"summary"`
	Reason   [2]string `json:"reason"`   // what a warning says when the rule gives no words of its own
	Sanction bool      `json:"sanction"` // a hit is a breach: strikes, ladder, dry run's shadow ladder
	Fields   []Field   `json:"fields"`   // of params
}

// kind is a row of the table: what a rule of it looks like and how it is made ready.
type kind struct {
	schema Schema
	// build reads params that were found correct; what it still objects to, it says through b.
	build func(b *builder, path string, r *rule, params json.RawMessage)
}

// kinds is the table. Adding a kind adds a file and a line.
func kinds() []kind {
	return []kind{keywordKind(), linkKind(), contactKind(), patternKind(), floodKind(), copiesKind(), acrossKind(), learnedKind(), probationKind(), confirmKind(), typeLockKind(), raidKind(), opinionKind(),
		welcomeKind(), replyKind(), mirrorKind(), reportKind(), inviteKind()}
}

// Kinds lists the kinds of rules in the order in which pages offer them.
func Kinds() []Schema {
	var out []Schema
	for _, k := range kinds() {
		out = append(out, k.schema)
	}
	return out
}

// judge is a kind that looks at messages. It writes into the look alone.
type judge interface {
	judge(l *look, r *rule)
}

// noter is a judge with a memory: note is called once for every counted message after all rules have judged.
type noter interface {
	note(s *State, l *look, r *rule)
}

// greeter is a kind that answers a join.
type greeter interface {
	greet(j *arriving, r *rule) bool
}

// rule is a rule made ready.
type rule struct {
	Rule
	index    int // in the book
	sanction bool
	dry      bool // by its own mode or the book's
	ladder   []Rung
	reason   string
	article  int // that it enforces, as a published book numbers it; 0 = none
	does     any // the kind's own form: judge, noter, greeter, replier
	slot     int // flood: where members keep its window
}

// finding is a rule's view of a message.
type finding struct {
	last    int // where the last place ends, also of those not recorded
	rule    *rule
	why     string
	rung    int // at least this one
	spans   []community.Span
	near    []int64 // numbers of the events that it resembles
	words   []community.HitWord
	spared  bool
	suspect bool // weak evidence: a person is asked, nothing is done
}

// words is a text in two languages: Chinese, English.
func words(zh, en string) [2]string { return [2]string{zh, en} }
