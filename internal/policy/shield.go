package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// A shield (防骚扰模式) lays rules on top of a group's book for a while. The book itself is not touched: what the group decides by
// when the shield ends is what it decided by before. Its rules act where the book only observes, because a person switched them on;
// they give no strikes, so nothing of them outlasts the shield but a mute that was given.

// shielded is the shield of a group while it is on.
type shielded struct {
	ID    community.ID `json:"id"`
	Until int64        `json:"until,omitempty"`
}

// shieldRule begins the ids of a shield's rules. People's books may not use it while a shield is on.
const shieldRule = "shield-"

// IsShieldRule reports whether a rule belongs to a shield.
func IsShieldRule(id string) bool { return strings.HasPrefix(id, shieldRule) }

// ShieldRules are the rules that a shield lays on top of a book.
func ShieldRules() []Rule {
	soft := []Rung{{Actions: []string{ActRecall, ActWarn}}}
	still := []Rung{{Actions: []string{ActRecall, ActMute, ActWarn}, MuteSeconds: 600}}
	rule := func(id, name, kind, reason string, ladder []Rung, p any) Rule {
		return Rule{ID: shieldRule + id, Name: name, Kind: kind, Mode: RuleLive, Remind: ladder != nil, Ladder: ladder, Reason: reason, Params: params(p)}
	}
	return []Rule{
		rule("locks", "防骚扰：链接、二维码、名片", "lock", "防骚扰期间不能发链接、二维码、名片和转发", soft, map[string]any{"locks": []string{"link", "qr", "card", "app", "forward"}}),
		rule("at-all", "防骚扰：@所有人", "lock", "防骚扰期间只有管理员可以@所有人", soft, map[string]any{"locks": []string{lockAtAll, lockAtMany}}),
		rule("flood", "防骚扰：刷屏", "flood", "防骚扰期间请少发几条", still, map[string]any{"windows": []floodWindow{{Seconds: 10, Messages: 5}, {Seconds: 60, Messages: 10, Same: 2}}}),
		rule("new", "防骚扰：新人", "probation", "防骚扰期间新成员暂时不能发这类内容", soft, probation{Hours: 72, NoLinks: true, NoMedia: true, NoContact: true}),
		rule("invites", "防骚扰：拉人", "invite", "", nil, inviteLimit{Hours: 1, Most: 3}),
	}
}

// under is the book with a shield's rules on top.
func (l *Library) under(base *Rulebook) (*Rulebook, error) {
	book := base.book
	book.Rules = append(slices.Clone(book.Rules), ShieldRules()...)
	raw, err := json.Marshal(book)
	if err != nil {
		return nil, err
	}
	over, err := l.Parse(raw)
	if err != nil {
		return nil, err
	}
	return over.relive(func(r *rule) bool { return r.dry && !IsShieldRule(r.ID) }), nil
}

// inForce is the book that decides now: the group's own, with the shield's rules on top while one is on.
func (k *Keeper) inForce() *Rulebook {
	if k.over != nil {
		return k.over
	}
	return k.rb
}

// shield switches a shield on or off, as a person wants it.
func (k *Keeper) shield(ev *community.Event) []community.Decision {
	d := decide(k.inForce(), k.state, ev, 0)
	var data community.ShieldData
	err := json.Unmarshal(ev.Body.Data, &data)
	k.state.begin()
	now := k.state.now.Shield
	switch {
	case err != nil || data.ID.IsZero():
		d.Verdict, d.Why = community.Faulted, "shield.set: no shield"
		return []community.Decision{d}
	case data.On && now != nil, !data.On && (now == nil || now.ID != data.ID):
		d.Verdict, d.Why = community.Faulted, "shield.set: it stands otherwise"
		return []community.Decision{d}
	case data.On && data.Until != 0 && data.Until <= ev.At:
		d.Verdict, d.Why = community.Faulted, "shield.set: it would be over"
		return []community.Decision{d}
	}
	d.Verdict, d.User = community.Judged, data.User
	if !data.On {
		d.Why = "shield off"
		k.drop()
		return []community.Decision{d}
	}
	over, err := k.lib.under(k.rb)
	if err != nil {
		d.Verdict, d.Why = community.Faulted, err.Error()
		return []community.Decision{d}
	}
	Adopt(k.state, k.rb, over)
	k.over, k.state.now.Shield = over, &shielded{data.ID, data.Until}
	d.Why = "shield on"
	if data.Until != 0 {
		d.Wakes = append(d.Wakes, community.Wake{Key: community.WakeShield + data.ID.String(), At: data.Until})
	}
	return []community.Decision{d}
}

// drop takes the shield away: the group's own book decides again, as before.
func (k *Keeper) drop() {
	if k.over != nil {
		Adopt(k.state, k.over, k.rb)
	}
	k.state.now.Invites = slices.DeleteFunc(slices.Clone(k.state.now.Invites), func(x invited) bool { return IsShieldRule(x.Rule) })
	if len(k.state.now.Invites) == 0 {
		k.state.now.Invites = nil
	}
	k.over, k.state.now.Shield = nil, nil
}

// shieldOver ends a shield whose time has come.
func (k *Keeper) shieldOver(ev *community.Event) []community.Decision {
	now := k.state.now.Shield
	if now == nil || community.WakeShield+now.ID.String() != ev.Body.Message {
		return nil // it was ended before
	}
	k.state.begin()
	d := decide(k.inForce(), k.state, ev, 0)
	d.Verdict, d.Why = community.Served, "shield over"
	k.drop()
	return []community.Decision{d}
}
