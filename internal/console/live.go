package console

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
)

// How often an event stream says that it lives, and how long it stays before the browser must come again (and its
// rights are looked at anew).
const (
	beat     = 25 * time.Second
	liveLife = 10 * time.Minute
)

// live streams what changed as server-sent events named after the kind; pages then read their parts again.
func (c *Console) live(k *call) error {
	if c.deps.Live == nil {
		return community.Errorf(community.CodeNotFound, "nothing is live")
	}
	if err := httpd.Unhurried(k.W); err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "text/event-stream")
	k.W.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(k.W)
	say := func(format string, args ...any) bool {
		if _, err := fmt.Fprintf(k.W, format, args...); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !say("retry: 3000\n\n") {
		return nil
	}
	changes := c.deps.Live.Subscribe(k.ctx())
	tick := time.NewTicker(beat)
	defer tick.Stop()
	end := time.NewTimer(liveLife)
	defer end.Stop()
	for {
		select {
		case <-end.C:
			return nil
		case <-tick.C:
			if u, err := c.deps.People.UserByID(k.ctx(), k.User.ID); err != nil || !u.Enabled || standing(u) != standing(k.User) {
				return nil // the browser comes again, with the rights of now
			}
			if !say(": alive\n\n") {
				return nil
			}
		case ch, open := <-changes:
			if !open {
				return nil
			}
			if ch.Org != 0 && ch.Org != k.User.Org || ch.Group != 0 && k.groups != nil && !slices.Contains(k.groups, ch.Group) {
				continue
			}
			if !say("event: %s\ndata: %d\n\n", ch.Kind, ch.Group) {
				return nil
			}
		}
	}
}
