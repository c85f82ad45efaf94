package onebot

import (
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// caused names the action of ours behind an event, where it is known.
func (s *Session) caused(in connect.Inbound) connect.Inbound {
	if keys := echoKeys(in); len(keys) > 0 {
		in.Body.Caused = s.echoes.TakeOf(keys...)
	}
	return in
}

// echoKeys are the keys under which an event's cause may be noted; none where the doer was not our account.
func echoKeys(in connect.Inbound) []string {
	doer := in.By
	if in.Type == community.MessageCreated || in.Type == community.MessageDeleted {
		doer = in.Actor
	}
	if doer.Role != community.RoleSelf {
		return nil
	}
	group, member := in.Group.ID, in.Actor.ID
	switch in.Type {
	case community.MessageCreated:
		return []string{"message:" + in.Body.Message, "text:" + group + ":" + in.Body.Text}
	case community.MessageDeleted:
		return []string{"recall:" + in.Body.Message}
	case community.MemberMuted:
		return []string{"mute:" + group + ":" + member + ":" + strconv.FormatBool(in.Body.Seconds > 0)}
	case community.MemberLeft:
		return []string{"remove:" + group + ":" + member}
	case community.MemberUpdated:
		return []string{"card:" + group + ":" + member}
	case community.GroupUpdated:
		return []string{"mute_all:" + group + ":" + string(in.Body.Data)}
	}
	return nil
}

func echoOfSend(a community.Action) string { return "text:" + a.To.Group + ":" + a.Text }

func echoOfRecall(a community.Action) string { return "recall:" + a.To.Message }

func echoOfMute(a community.Action) string {
	return "mute:" + a.To.Group + ":" + a.To.Member + ":" + strconv.FormatBool(a.Verb == community.Mute)
}

func echoOfRemove(a community.Action) string { return "remove:" + a.To.Group + ":" + a.To.Member }

func echoOfCard(a community.Action) string { return "card:" + a.To.Group + ":" + a.To.Member }

func echoOfMuteAll(a community.Action) string {
	return "mute_all:" + a.To.Group + `:{"mute_all":` + strconv.FormatBool(!a.Refuse) + "}"
}
