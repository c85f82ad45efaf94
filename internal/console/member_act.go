package console

import (
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// What a person does to a member by hand. Each goes over the belt like a rule's action and can be undone there.

func (c *Console) memberWarn(k *call) error {
	text := strings.TrimSpace(k.R.PostFormValue("text"))
	return memberDo(k, "warn", func(a *community.Action) bool {
		a.Verb, a.Text, a.Mention = community.Send, text, true
		return text != "" && len([]rune(text)) <= maxSend
	})
}

func (c *Console) memberMute(k *call) error {
	seconds, err := strconv.ParseInt(k.form("seconds"), 10, 64)
	return memberDo(k, "mute", func(a *community.Action) bool {
		a.Verb, a.Seconds = community.Mute, seconds
		return err == nil && slices.Contains(muteChoices, seconds)
	})
}

func (c *Console) memberUnmute(k *call) error {
	return memberDo(k, "unmute", func(a *community.Action) bool { a.Verb = community.Unmute; return true })
}

func (c *Console) memberRemove(k *call) error {
	return memberDo(k, "remove", func(a *community.Action) bool {
		a.Verb, a.Block = community.Remove, k.form("block") == "1"
		return true
	})
}

// memberDo asks the belt for one action against the member of the path in the group that the form names. fill says
// whether the form was good.
func memberDo(k *call, act string, fill func(*community.Action) bool) error {
	m, places, err := memberHere(k)
	if err != nil {
		return err
	}
	to := k.back("/members/" + m.ID.String())
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 || !slices.ContainsFunc(places, func(r community.MemberRow) bool { return r.Group == g.Key && r.LeftAt == 0 }) {
		return k.done(to, "danger", k.T("act.not_there"), community.ID{})
	}
	reason := k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	a := community.Action{Group: g.Key, Target: m.Key}
	if !fill(&a) {
		return k.done(to, "danger", k.T("error.bad_input.title")+" "+k.T("error.bad_input.text"), community.ID{})
	}
	ids, err := k.Hands.Act(k.ctx(), k.who(), []community.Action{a}, reason)
	if err != nil {
		return k.refused(to, err)
	}
	return k.done(to, "ok", actSaid(k, act, named(m.Name, m.External), g, a.Verb), first(ids))
}

// actSaid says what was done and by which means it goes on.
func actSaid(k *call, act, name string, g community.GroupRow, v community.Verb) string {
	return k.T("act."+act+"_done", "name", name, "group", g.Name) + k.T("act.level_"+string(k.ability(g, v).Level))
}
