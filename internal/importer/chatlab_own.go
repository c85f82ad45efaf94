package importer

import (
	"encoding/json"

	"qunluo/internal/community"
)

// labEvent is what an object of ours carries under x_qunluo: what ChatLab's own fields cannot say. A field that is
// absent is as the reader makes it from the format's fields.
type labEvent struct {
	Type    community.Type  `json:"type,omitempty"`
	Key     string          `json:"key,omitempty"`
	At      int64           `json:"at,omitempty"` // UTC ms, when not a whole second
	Actor   *community.Who  `json:"actor,omitempty"`
	Subject *community.Who  `json:"subject,omitempty"`
	By      *community.Who  `json:"by,omitempty"`
	Private bool            `json:"private,omitempty"`
	Said    bool            `json:"said,omitempty"` // the body's text is content
	Body    *community.Body `json:"body,omitempty"`
}

// over puts x_qunluo over what the reader made.
func (x *labEvent) over(ev *community.Inbound) {
	if x.Type != "" {
		ev.Type = x.Type
	}
	if x.Key != "" {
		ev.Key = x.Key
	}
	if x.At != 0 {
		ev.OccurredAt = x.At
	}
	for _, w := range []struct {
		from *community.Who
		to   *community.Who
	}{{x.Actor, &ev.Actor}, {x.Subject, &ev.Subject}, {x.By, &ev.By}} {
		if w.from != nil {
			*w.to = *w.from
		}
	}
	ev.Private = ev.Private || x.Private
	if x.Body == nil {
		return
	}
	said := ev.Body.Text
	ev.Body = *x.Body
	if x.Said {
		ev.Body.Text = said
	}
}

// restore reads an object of our own export.
func (r *labReader) restore(kind string, raw []byte) error {
	var x labEvent
	if err := json.Unmarshal(r.obj.Own, &x); err != nil {
		return r.bad(badObject(err), raw)
	}
	if len(x.Key) > 2*MaxName {
		return r.bad(badLong, raw)
	}
	if x.Type != "" && !Exportable(x.Type) {
		return r.bad(badType, raw)
	}
	at := epoch(r.obj.Time)
	if !r.obj.HasTime || x.At == 0 && !r.opt.plausible(at) || x.At != 0 && !r.opt.plausible(x.At) {
		return r.bad(badTime, raw)
	}
	r.counted()
	_, known := labKinds[r.obj.Type]
	ev := r.base(at, known)
	x.over(&ev)
	ev.Body.Text = tidy(ev.Body.Text, r.facts)
	if ev.Type == community.MessageCreated {
		r.facts.Messages++
	}
	r.row.Kind = kind
	r.row.Events = append(r.evs[:0], ev)
	return r.yield(&r.row)
}
