package app

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// choreLimit bounds how long a chore may take: some read thousands of contacts.
const choreLimit = 5 * time.Minute

// able is an account's living session as one that can do more than all can. CodeUnreachable: it does not run;
// CodeUnsupported: it cannot, in the words of otherwise.
func able[T any](w *wires, key community.AccountKey, otherwise string) (T, error) {
	var none T
	s := w.session(key)
	if s == nil {
		return none, community.Errorf(community.CodeUnreachable, "the connection is not running")
	}
	can, ok := s.(T)
	if !ok {
		return none, community.Errorf(community.CodeUnsupported, "%s", otherwise)
	}
	return can, nil
}

// chorer is an account's living session as one that does chores; see able.
func (w *wires) chorer(key community.AccountKey) (connect.Chorer, error) {
	return able[connect.Chorer](w, key, "this connection does nothing beside acting in groups")
}

// Chores lists what an account can do besides acting in groups.
func (w *wires) Chores(_ context.Context, key community.AccountKey) ([]connect.Chore, error) {
	c, err := w.chorer(key)
	if err != nil {
		return nil, err
	}
	return c.Chores(), nil
}

// DoChore does one of an account's chores. What changes something at the platform leaves its audit row before it is tried:
// a try that fails half-way is on record too.
func (h *hands) DoChore(ctx context.Context, user string, key community.AccountKey, name string, args json.RawMessage, reason string) (connect.Outcome, error) {
	account, err := h.account(ctx, key)
	if err != nil {
		return connect.Outcome{}, err
	}
	c, err := h.app.wires.chorer(key)
	if err != nil {
		return connect.Outcome{}, err
	}
	list := c.Chores()
	i := slices.IndexFunc(list, func(one connect.Chore) bool { return one.Name == name })
	if i < 0 {
		return connect.Outcome{}, community.Errorf(community.CodeNotFound, "chore %q: there is none", name)
	}
	values, err := connect.ReadSettings(list[i].Fields, args)
	if err != nil {
		return connect.Outcome{}, err
	}
	if list[i].Changes {
		audit := h.audit(user, "chore."+name, "account:"+account.ID.String(), reason)
		audit.After = connect.MaskSettings(list[i].Fields, args)
		if err := h.app.store.AddAudit(ctx, audit); err != nil {
			return connect.Outcome{}, err
		}
	}
	ctx, stop := context.WithTimeout(ctx, choreLimit)
	defer stop()
	return c.DoChore(ctx, name, values)
}
