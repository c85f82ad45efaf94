package engine

import (
	"encoding/json"
	"unicode/utf8"

	"qunluo/internal/community"
)

// bound cuts names that people made thousands of characters long: the rest of such an event is as good as any other.
func bound(in *community.Inbound) {
	for _, who := range []*community.Who{&in.Actor, &in.Subject, &in.By} {
		boundWho(who)
	}
	clipName(&in.Group.Name)
	clipName(&in.Body.Name)
	clipName(&in.Body.Card)
	if in.Type == community.GroupUpdated {
		clipName(&in.Body.Text)
	}
	if in.Type == community.RosterRead {
		boundList(in)
	}
}

func boundWho(who *community.Who) bool {
	a, b := clipName(&who.Name), clipName(&who.Card)
	return a || b
}

func boundList(in *community.Inbound) {
	var list []community.Who
	if len(in.Body.Data) <= community.MaxName || json.Unmarshal(in.Body.Data, &list) != nil {
		return // one that cannot be read is refused
	}
	cut := false
	for i := range list {
		cut = boundWho(&list[i]) || cut
	}
	if cut {
		in.Body.Data, _ = json.Marshal(list) // plain values
	}
}

// clipName cuts a name at a rune.
func clipName(s *string) bool {
	if len(*s) <= community.MaxName {
		return false
	}
	n := community.MaxName
	for n > 0 && !utf8.RuneStart((*s)[n]) {
		n--
	}
	*s = (*s)[:n]
	return true
}
