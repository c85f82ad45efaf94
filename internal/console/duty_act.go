package console

import (
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// undoable says what came of a change of the roster, with the way back.
func (k *call) undoable(text string, id community.ID) error {
	k.c.sessions.Put(k.ctx(), sessFlash, Flash{Kind: "ok", Text: text, Undo: "/duty/undo/" + id.String()})
	return k.redirect("/duty")
}

// shiftAdd keeps a shift, or one for each of several days.
func (c *Console) shiftAdd(k *call) error {
	s := duty.Shift{User: k.form("user")}
	var err error
	if s.Start, err = duty.ParseTime(k.form("start")); err == nil {
		s.End, err = duty.ParseTime(k.form("end"))
	}
	if err != nil {
		return k.ofDuty(err)
	}
	days := weekdays(k.form("weekday"))
	if len(days) == 0 {
		return k.ofDuty(community.Errorf(community.CodeBadInput, "weekday: none"))
	}
	for _, d := range days {
		s.ID, s.Weekday = community.ID{}, d
		made, err := k.Duty.AddShift(k.ctx(), k.who(), s, "")
		if err != nil {
			return k.ofDuty(err)
		}
		s.ID = made.ID
	}
	if len(days) > 1 {
		return k.ok("/duty", k.T("duty.added_many", "n", len(days)))
	}
	return k.undoable(k.T("duty.added"), s.ID)
}

// weekdays reads one day, or the name of several.
func weekdays(s string) []int {
	switch s {
	case "all":
		return []int{0, 1, 2, 3, 4, 5, 6}
	case "work":
		return []int{0, 1, 2, 3, 4}
	}
	if d, err := strconv.Atoi(s); err == nil {
		return []int{d}
	}
	return nil
}

// ofDuty says what is wrong with a form of the roster in the roster's own words, where there are some.
func (k *call) ofDuty(err error) error {
	if code := community.CodeOf(err); code == community.CodeBadInput || code == community.CodeConflict {
		field, _, _ := strings.Cut(err.Error(), ":")
		if key := "duty.fault." + strings.ReplaceAll(strings.Fields(field + " x")[0], "\"", ""); k.Words.Has(key) {
			return k.done("/duty", "danger", k.T(key), community.ID{})
		}
	}
	return k.refused("/duty", err)
}

func (c *Console) shiftRemove(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.Duty.RemoveShift(k.ctx(), k.who(), id, ""); err != nil {
		return k.ofDuty(err)
	}
	return k.undoable(k.T("duty.removed"), id)
}

// changeAdd keeps what is different on one date: somebody stands in for a stretch, or somebody is there besides.
func (c *Console) changeAdd(k *call) error {
	ch := duty.Change{User: k.form("user"), Note: k.form("note")}
	if shift, date, ok := strings.Cut(k.form("stretch"), "@"); ok {
		id, err := community.ParseID(shift)
		if err != nil {
			return k.ofDuty(community.Errorf(community.CodeBadInput, "stretch: %w", err))
		}
		ch.Shift, ch.Date = id, date
	} else {
		var err error
		ch.Date = k.form("date")
		if ch.Start, err = duty.ParseTime(k.form("start")); err == nil {
			ch.End, err = duty.ParseTime(k.form("end"))
		}
		if err != nil {
			return k.ofDuty(err)
		}
	}
	made, err := k.Duty.Change(k.ctx(), k.who(), ch, "")
	if err != nil {
		return k.ofDuty(err)
	}
	return k.undoable(k.T("duty.changed"), made.ID)
}

func (c *Console) changeRemove(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.Duty.Unchange(k.ctx(), k.who(), id, ""); err != nil {
		return k.ofDuty(err)
	}
	return k.undoable(k.T("duty.removed"), id)
}

func (c *Console) dutyUndo(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if err := k.Duty.Undo(k.ctx(), k.who(), id); err != nil {
		return k.ofDuty(err)
	}
	return k.ok("/duty", k.T("shell.undone"))
}

func (c *Console) noteAdd(k *call) error {
	if _, err := k.Duty.AddNote(k.ctx(), k.who(), strings.TrimSpace(k.R.PostFormValue("text"))); err != nil {
		return k.ofDuty(err)
	}
	return k.ok(k.back("/duty"), k.T("duty.noted"))
}

func (c *Console) dutySet(k *call) error {
	n, err := strconv.ParseInt(k.form("minutes"), 10, 64)
	if err != nil || n < 0 || n > duty.MaxAck {
		n = 0
	}
	if err := k.Duty.Set(k.ctx(), k.who(), duty.Settings{Zone: k.form("zone"), Ack: n * 60_000}, ""); err != nil {
		return k.ofDuty(err)
	}
	return k.ok("/duty", k.T("duty.set"))
}
