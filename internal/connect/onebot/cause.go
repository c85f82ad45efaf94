package onebot

import (
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	causeLives = time.Minute
	maxCauses  = 512
)

// causes remembers what we have just done, so that the events it brings about can be told to be ours.
type causes []struct {
	key string
	id  community.ID
	at  time.Time
}

// expectEcho notes that an event with this key, if it comes within a minute, comes from the action.
func (s *Session) expectEcho(key string, id community.ID) {
	if id.IsZero() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.causes) >= maxCauses {
		s.causes = append(causes{}, s.causes[maxCauses/2:]...)
	}
	s.causes = append(s.causes, struct {
		key string
		id  community.ID
		at  time.Time
	}{key, id, time.Now()})
}

// caused names the action of ours behind an event, where it is known.
func (s *Session) caused(in connect.Inbound) connect.Inbound {
	keys := echoKeys(in)
	if len(keys) == 0 {
		return in
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		for _, c := range s.causes {
			if c.key == key && time.Since(c.at) < causeLives {
				in.Body.Caused = c.id
				s.forgetCause(c.id)
				return in
			}
		}
	}
	return in
}

func (s *Session) forgetCause(id community.ID) {
	kept := s.causes[:0]
	for _, c := range s.causes {
		if c.id != id {
			kept = append(kept, c)
		}
	}
	s.causes = kept
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
