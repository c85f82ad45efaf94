package connect

import (
	"context"
	"errors"
)

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
}

// Chorer is a session that does chores.
type Chorer interface {
	// Chores lists what there is to do, in the order doors show it.
	Chores() []Chore
	// DoChore does one; args were checked against its fields. CodeNotFound: there is no such chore.
	DoChore(ctx context.Context, name string, args Values) (Outcome, error)
}

// SayOf is what a person is told about an error, in Chinese and English, where the connection has words of its own for
// it; empty otherwise.
func SayOf(err error) [2]string {
	var said interface{ Say() [2]string }
	if errors.As(err, &said) {
		return said.Say()
	}
	return [2]string{}
}
