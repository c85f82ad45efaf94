package connect

import "context"

// Chore is something an account can do besides the verbs: what belongs to no group, such as handing contacts over, tags,
// posts on the account's own page. Its form is described by fields as a connector's settings are; every door reads them.
type Chore struct {
	Name    string    // "contact.drift"
	Title   [2]string // Chinese, English
	Help    [2]string
	Fields  []Field
	Changes bool // it changes something at the platform: it leaves an audit row and asks first
}

// Outcome is what came of a chore: a sentence, and rows where there is something to list.
type Outcome struct {
	Say     [2]string   // Chinese, English
	Columns [][2]string // Chinese, English
	Rows    [][]string
	Acts    [][]Act // what may be done about each row; nil = nothing about any
}

// Act is another chore of the same account that may follow from a row.
type Act struct {
	Chore string            `json:"chore"`
	Title [2]string         `json:"-"` // Chinese, English
	Args  map[string]string `json:"args"`
}

// Chorer is a session that does chores.
type Chorer interface {
	// Chores lists what there is to do, in the order doors show it.
	Chores() []Chore
	// DoChore does one; args were checked against its fields. CodeNotFound: there is no such chore.
	DoChore(ctx context.Context, name string, args Values) (Outcome, error)
}
