package app

import (
	"context"

	"qunluo/internal/community"
)

// onlineMarks remembers which accounts were noted as online in an hour: once an hour is enough.
type onlineMarks struct {
	hour int64
	done map[community.AccountKey]bool
}

// noteOnline notes which connections are online now, so that a day on which nothing was heard is known to be silent.
func (w *wires) noteOnline(ctx context.Context) error {
	now := w.app.millis()
	if hour := now / 3_600_000; hour != w.marks.hour || w.marks.done == nil {
		w.marks = onlineMarks{hour, map[community.AccountKey]bool{}}
	}
	var fresh []community.AccountKey
	for key := range w.running() {
		if !w.marks.done[key] && w.app.intake.Health(key).State == "online" {
			fresh = append(fresh, key)
		}
	}
	if err := w.app.store.MarkOnline(ctx, now, fresh...); err != nil {
		return err
	}
	for _, key := range fresh {
		w.marks.done[key] = true
	}
	return nil
}
