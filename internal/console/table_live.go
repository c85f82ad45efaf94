package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/table"
)

// How often a stream of edits looks at the store although nobody told it to, how long it rests between two looks, and how many edits it reads at once.
const (
	tableLook  = 5 * time.Second
	tableRest  = 50 * time.Millisecond
	tableBatch = 500
)

// toldEdit is an edit as screens are told of it.
type toldEdit struct {
	No     int64             `json:"no"`
	Verb   string            `json:"verb"`
	Row    int64             `json:"row"`
	Column string            `json:"col,omitempty"`
	Value  string            `json:"value"`
	Values map[string]string `json:"values,omitempty"`
}

// tableLive streams the edits of a table that were kept, from a number on: each event has the edit's number for its id, so that a browser that comes again gets
// what it missed, each once and in order.
func (c *Console) tableLive(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, err := k.tables().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	after := t.Head
	for _, text := range []string{k.query("after"), k.R.Header.Get("Last-Event-ID")} { // the latter is newer
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
			after = n
		}
	}
	if err := httpd.Unhurried(k.W); err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "text/event-stream")
	k.W.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(k.W)
	if _, err := fmt.Fprint(k.W, "retry: 1000\n\n"); err != nil || out.Flush() != nil {
		return nil //nolint:nilerr // the browser left
	}
	news := k.tables().News(k.ctx(), t)
	look, check, end := time.NewTicker(tableLook), time.NewTicker(beat), time.NewTimer(liveLife)
	defer look.Stop()
	defer check.Stop()
	defer end.Stop()
	for {
		n, err := k.tellEdits(t, &after)
		if err != nil || out.Flush() != nil {
			return nil //nolint:nilerr // the browser left, or comes again and is told from where it stands
		}
		if n == tableBatch {
			continue
		}
		select {
		case <-k.ctx().Done():
			return nil
		case <-end.C:
			return nil
		case <-check.C:
			if u, err := c.deps.People.UserByID(k.ctx(), k.User.ID); err != nil || !u.Enabled || standing(u) != standing(k.User) {
				return nil // the browser comes again, with the rights of now
			}
			if _, err := fmt.Fprint(k.W, ": alive\n\n"); err != nil {
				return nil
			}
		case <-look.C:
		case <-news:
			time.Sleep(tableRest) // many edits come as one
		}
	}
}

// tellEdits sends what was kept after a number.
func (k *call) tellEdits(t table.Table, after *int64) (int, error) {
	list, err := k.tables().Edits(k.ctx(), t, *after, tableBatch)
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		raw, err := json.Marshal(toldEdit{e.No, e.Verb, e.Row, e.Column, e.Value, e.Values})
		if err != nil {
			return 0, err
		}
		if _, err := fmt.Fprintf(k.W, "id: %d\nevent: edit\ndata: %s\n\n", e.No, raw); err != nil {
			return 0, err
		}
		*after = e.No
	}
	return len(list), nil
}

// toldRow is a row as screens begin with it.
type toldRow struct {
	No    int64                 `json:"no"`
	Rev   int64                 `json:"rev"`
	Gone  bool                  `json:"gone,omitempty"`
	Cells map[string]table.Cell `json:"cells"`
}

// tableRowsJSON gives all rows of a table and the number from which on the stream goes on.
func (c *Console) tableRowsJSON(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	t, rows, err := k.tables().Rows(k.ctx(), id)
	if err != nil {
		return err
	}
	out := struct {
		After   int64          `json:"after"`
		Columns []table.Column `json:"columns"`
		Rows    []toldRow      `json:"rows"`
	}{t.Head, t.Shown(), make([]toldRow, 0, len(rows))}
	for _, r := range rows {
		out.Rows = append(out.Rows, toldRow{r.No, r.Rev, r.Gone, r.Cells})
	}
	return k.json(http.StatusOK, out)
}

func (k *call) json(status int, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "application/json")
	k.W.WriteHeader(status)
	k.W.Write(raw) //nolint:errcheck // the browser left
	return nil
}

// toldOutcome says what became of an edit.
type toldOutcome struct {
	State  string `json:"state"` // kept, same, conflict, gone; "" = it could not be decided: see Fault
	No     int64  `json:"no,omitempty"`
	Row    int64  `json:"row,omitempty"`
	Value  string `json:"value"` // of the cell, as it stands now
	Rev    int64  `json:"rev"`   // of the cell
	RowRev int64  `json:"row_rev"`
	Theirs string `json:"theirs,omitempty"` // who wrote it, in words
	Fault  string `json:"fault,omitempty"`
}

// tableEdit takes one edit from a script: fields key, verb, row, col, seen, value; of an added row v_COLUMN.
func (c *Console) tableEdit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	e := table.Edit{Key: k.form("key"), Verb: k.form("verb"), Column: k.form("col"), Value: k.typed("value")}
	e.Row, _ = strconv.ParseInt(k.form("row"), 10, 64)
	e.Seen, _ = strconv.ParseInt(k.form("seen"), 10, 64)
	switch e.Verb {
	case table.Set, table.Remove, table.Restore:
	case table.Add:
		e.Row, e.Column, e.Value, e.Values = 0, "", "", map[string]string{}
		for name := range k.R.PostForm {
			if column, ok := strings.CutPrefix(name, "v_"); ok {
				e.Values[column] = k.typed(name)
			}
		}
	default:
		return k.json(http.StatusUnprocessableEntity, toldOutcome{Fault: k.T("error.bad_input.title")})
	}
	list, now, err := k.tables().Edit(k.ctx(), k.who(), id, []table.Edit{e})
	if err != nil {
		code := community.CodeOf(err)
		said := k.sayOf(err)
		if status := statusOf(code); status >= 500 && said == "" {
			return err
		} else if said == "" {
			return k.json(status, toldOutcome{Fault: k.T("error." + string(code) + ".title")})
		}
		return k.json(statusOf(code), toldOutcome{Fault: said})
	}
	done, row := list[0], now[0]
	out := toldOutcome{State: done.State, No: done.No, Row: done.Row, Value: row.Cells[e.Column].Value, Rev: row.Cells[e.Column].Rev, RowRev: row.Rev}
	status := http.StatusOK
	if done.State == table.Conflict || done.State == table.Gone {
		status = http.StatusConflict
		who, err := k.lastWriters(id, row.No)
		if err != nil {
			return err
		}
		out.Theirs = who[e.Column]
	}
	return k.json(status, out)
}
