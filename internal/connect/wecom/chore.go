package wecom

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// chore is a line of the table of what an app can do besides the verbs.
type chore struct {
	connect.Chore
	do func(s *Session, ctx context.Context, args connect.Values) (connect.Outcome, error)
}

// table lists every chore; one function per subject.
func table() []chore {
	var all []chore
	for _, part := range [][]chore{welcomeChores(), joinChores(), contactChores(), transferChores(), momentChores(), reportChores()} {
		all = append(all, part...)
	}
	return all
}

// Chores lists what there is to do.
func (s *Session) Chores() []connect.Chore {
	all := table()
	out := make([]connect.Chore, len(all))
	for i := range all {
		out[i] = all[i].Chore
	}
	return out
}

// DoChore does one.
func (s *Session) DoChore(ctx context.Context, name string, args connect.Values) (connect.Outcome, error) {
	for _, c := range table() {
		if c.Name == name {
			return c.do(s, ctx, args)
		}
	}
	return connect.Outcome{}, community.Errorf(community.CodeNotFound, "no chore %q", wxapi.Clip(name, 40))
}

// field is a text field of a chore.
func field(name, zh, en string, required bool) connect.Field {
	return connect.Field{Name: name, Kind: connect.KindText, Title: [2]string{zh, en}, Required: required}
}

// helped gives a field its help.
func helped(f connect.Field, zh, en string) connect.Field {
	f.Help = [2]string{zh, en}
	return f
}

// ids cuts a list written with commas, blanks or lines; CodeBadInput beyond most.
func ids(text string, most int) ([]string, error) {
	list := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，;；、 \t\r\n", r) })
	if len(list) > most {
		return nil, community.Errorf(community.CodeBadInput, "%d entries, at most %d at a time", len(list), most)
	}
	for _, id := range list {
		if len(id) > maxID {
			return nil, community.Errorf(community.CodeBadInput, "an entry of %d bytes", len(id))
		}
	}
	return list, nil
}
