package satori

import (
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	lessonLives = 6 * time.Hour    // how long a verb found missing is not tried again
	denialLives = 10 * time.Minute // how long a refusal for our rank is believed
	rankLives   = 30 * time.Minute
)

// lesson is something learned from a call, and when.
type lesson struct {
	at time.Time
}

// denial is a verb that our rank did not suffice for in a group.
type denial struct {
	group string
	verb  community.Verb
}

// rank is our own in a group, as the gateway's list of members said.
type rank struct {
	role community.Role
	at   time.Time
}

// methods are what a login's features must list for a verb.
var methods = map[community.Verb]string{
	community.Send: "message.create", community.RecallMsg: "message.delete", community.Mute: "guild.member.mute",
	community.Unmute: "guild.member.mute", community.Remove: "guild.member.kick", community.Approve: "guild.member.approve",
	community.ListMember: "guild.member.list",
}

// ranked are the verbs that take an admin.
var ranked = []community.Verb{community.RecallMsg, community.Mute, community.Unmute, community.Remove, community.Approve}

// byHand are the verbs that the protocol has no method for, and platforms' own apps do.
var byHand = []community.Verb{community.SetCard, community.MuteAll, community.Announce, community.Rename, community.Essence, community.Invite}

// declared is what the protocol offers before anything is known; what it has no method for is left to people.
func declared(rate int) map[community.Verb]community.Ability {
	verbs := make(map[community.Verb]community.Ability, len(methods)+len(byHand))
	for _, v := range byHand {
		verbs[v] = community.Ability{Level: community.Human, Evidence: "declared"}
	}
	for v := range methods {
		verbs[v] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	verbs[community.Send] = community.Ability{Level: community.Native, Evidence: "declared", Rate: rate}
	return verbs
}

// Abilities is what the account can do in a group: what its login's features list, less what was found missing, less what
// our rank there does not suffice for. What a gateway cannot do, people do in the app.
func (s *Session) Abilities(group string) connect.Abilities {
	verbs := declared(s.rate)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, method := range methods {
		if s.features == nil {
			break
		}
		a := verbs[v]
		if a.Evidence = "probed"; !s.features[method] {
			a = community.Ability{Level: community.Human, Evidence: "probed", Note: "not implemented there"}
		}
		verbs[v] = a
	}
	if s.features != nil && !s.features[methods[community.ListMember]] {
		verbs[community.ListMember] = community.Ability{Level: community.None, Evidence: "probed", Note: "not implemented there"}
	}
	if r := s.ranks[group]; r.role == community.RoleMember && now.Sub(r.at) < rankLives {
		for _, v := range ranked {
			lower(verbs, v, "bot is not an admin", "probed", r.at)
		}
	}
	for d, l := range s.denied {
		if d.group == group && now.Sub(l.at) < denialLives {
			lower(verbs, d.verb, "bot is not an admin", "learned", l.at)
		}
	}
	for v, l := range s.learned {
		if now.Sub(l.at) < lessonLives {
			verbs[v] = community.Ability{Level: community.None, Evidence: "learned", Note: "not implemented there", Checked: l.at.UnixMilli()}
		}
	}
	if s.away {
		for v := range verbs {
			lower(verbs, v, "not online at its platform", "learned", now)
		}
	}
	return connect.Abilities{Verbs: verbs, ReadsAll: true, Media: sendable()}
}

// lower makes people do what was native.
func lower(verbs map[community.Verb]community.Ability, v community.Verb, note, evidence string, at time.Time) {
	if verbs[v].Level == community.Native {
		verbs[v] = community.Ability{Level: community.Human, Evidence: evidence, Note: note, Checked: at.UnixMilli()}
	}
}

// judge learns from how an action ended.
func (s *Session) judge(a community.Action, err error) error {
	code := community.CodeOf(err)
	s.mu.Lock()
	switch code {
	case community.CodeNone:
		delete(s.learned, a.Verb)
		delete(s.denied, denial{a.To.Group, a.Verb})
	case community.CodeUnsupported:
		s.learned[a.Verb] = lesson{time.Now()}
	case codeNoRank:
		s.denied[denial{a.To.Group, a.Verb}] = lesson{time.Now()}
	}
	s.mu.Unlock()
	switch code {
	case codeNoRank:
		return community.Errorf(community.CodeRefused, "%w", err)
	case community.CodeForbidden:
		s.report("online", badToken())
		return community.Errorf(community.CodeUnreachable, "%s", badToken())
	}
	return err
}
