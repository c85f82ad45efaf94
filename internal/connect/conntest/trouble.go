package conntest

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"qunluo/internal/connect"
)

// hostileName is a name as people make them: thousands of characters, and one that turns the writing round.
var hostileName = "\u202e" + strings.Repeat("名", 5000)

// troubled looks that what happens to our own account is said in both languages, with what to do, without a secret, and that
// the session lives on.
func troubled(t *testing.T, rig Rig) {
	names := slices.Sorted(maps.Keys(rig.Start(t).Trouble))
	for _, name := range names {
		l := start(t, rig)
		before := len(l.host.Healths())
		l.Trouble[name]()
		l.host.Until(t, name+" is said", func() bool {
			all := l.host.Healths()
			return slices.ContainsFunc(all[min(before, len(all)):], func(h connect.Health) bool { return inBoth(h.Say) })
		})
		for _, h := range l.host.Healths()[before:] {
			for _, secret := range rig.Secrets {
				if strings.Contains(h.Say[0]+h.Say[1], secret) {
					t.Errorf("%s: what is said holds a secret", name)
				}
			}
			if !inBoth(h.Say) {
				continue
			}
			for _, said := range h.Say {
				if strings.ContainsAny(said, "\u202e\u202d\r\n") {
					t.Errorf("%s: what is said turns the writing round or breaks the line: %q", name, said)
				}
			}
		}
		select {
		case err := <-l.over:
			t.Errorf("%s ended the session: %v", name, err)
			l.over <- err
		default:
		}
		l.stop()
		l.ended(t)
	}
}

// hostile looks that a message of somebody with such a name, holding a kind of part that nobody knows, is taken.
func hostile(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Hostile == nil {
		return
	}
	before := len(l.host.Of(l.sample()))
	l.Hostile(hostileName)
	l.host.Until(t, "the message is taken", func() bool { return len(l.host.Of(l.sample())) > before })
	in := l.host.Of(l.sample())[before]
	if !utf8.ValidString(in.Body.Text) || !utf8.ValidString(in.Actor.Name) || in.Actor.ID == "" {
		t.Errorf("taken as %+v", in)
	}
	l.Provoke[l.sample()]()
	l.host.Until(t, "the next one comes too", func() bool { return len(l.host.Of(l.sample())) > before+1 })
}
