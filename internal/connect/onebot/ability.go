package onebot

import (
	"context"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/onebot/wire"
)

const (
	rankLives    = 10 * time.Minute // how long our rank in a group is believed
	lessonLives  = 6 * time.Hour    // how long a verb found missing is not tried again
	memberRecall = 120              // seconds within which QQ lets a member recall (unverified)
)

// ranked is our rank in a group and when it was asked.
type ranked struct {
	role    community.Role
	at      time.Time
	pending bool // asked, not yet answered
}

// needsAdmin lists the verbs that only a group's owner or admin can do to others.
var needsAdmin = map[community.Verb]bool{
	community.RecallMsg: true, community.Mute: true, community.Unmute: true, community.Remove: true,
	community.Approve: true, community.SetCard: true, community.MuteAll: true, community.Announce: true,
	community.Rename: true, community.Essence: true,
}

// declared is what the protocol offers to an admin before anything is known.
func declared(rate int) map[community.Verb]community.Ability {
	verbs := make(map[community.Verb]community.Ability, len(recipes)+1)
	verbs[community.ListMember] = community.Ability{Level: community.Native, Evidence: "declared"}
	for v := range recipes {
		verbs[v] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	send := verbs[community.Send]
	send.Rate = rate
	verbs[community.Send] = send
	return verbs
}

// Abilities is what the account can do in a group: what the protocol offers, less what this implementation was found not
// to do, less what our rank in the group forbids. A rank not known or older than ten minutes is asked for in the
// background.
func (s *Session) Abilities(group string) connect.Abilities {
	verbs := declared(s.rate)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if group != "" {
		s.applyRank(verbs, group, now)
	}
	for verb, at := range s.learned {
		if now.Sub(at) < lessonLives {
			verbs[verb] = community.Ability{
				Level: community.None, Evidence: "learned", Note: "not implemented there", Checked: at.UnixMilli(),
			}
		}
	}
	if s.silenced[group] > now.UnixMilli() {
		verbs[community.Send] = community.Ability{Level: community.Human, Evidence: "learned", Note: "our account is muted"}
	}
	if why := s.stopped(); why != "" {
		for verb := range verbs {
			verbs[verb] = community.Ability{Level: community.Human, Evidence: "learned", Note: why}
		}
	}
	return connect.Abilities{Verbs: verbs, ReadsAll: true, Media: sendable()}
}

// applyRank lowers what only admins can do where we are none. The caller holds mu.
func (s *Session) applyRank(verbs map[community.Verb]community.Ability, group string, now time.Time) {
	r := s.ranks[group]
	if now.Sub(r.at) > rankLives {
		s.askRank(group)
	}
	if r.role == community.RoleNone {
		return
	}
	admin := r.role == community.RoleAdmin || r.role == community.RoleOwner
	for verb := range needsAdmin {
		a := community.Ability{Level: community.Native, Evidence: "probed", Checked: r.at.UnixMilli()}
		if !admin {
			a.Level, a.Note = community.Human, "bot is not an admin"
			if verb == community.RecallMsg {
				a.MaxAge = memberRecall
			}
		}
		verbs[verb] = a
	}
}

// askRank has our rank in a group asked, once at a time; when the queue is full, the next event or question asks again.
// The caller holds mu.
func (s *Session) askRank(group string) {
	r := s.ranks[group]
	if r.pending || s.link == nil {
		return
	}
	select {
	case s.urgent <- group:
		r.pending = true
		s.ranks[group] = r
	default:
	}
}

// probe answers what askRank asks.
func (s *Session) probe(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case group := <-s.urgent:
			role := s.ownRank(ctx, group)
			s.mu.Lock()
			r := s.ranks[group]
			r.pending = false
			if role != community.RoleNone {
				r.role, r.at = role, time.Now()
			}
			s.ranks[group] = r
			s.mu.Unlock()
		}
	}
}

func (s *Session) ownRank(ctx context.Context, group string) community.Role {
	s.mu.Lock()
	self := s.self
	s.mu.Unlock()
	l, err := s.linked()
	if err != nil || self == "" {
		return community.RoleNone
	}
	got, err := l.call(ctx, "get_group_member_info", map[string]any{
		"group_id": l.id(group), "user_id": l.id(self), "no_cache": true,
	}, false)
	if err != nil || got.status == "failed" {
		return community.RoleNone
	}
	var r wire.Reader
	return rank(r.Text(r.Object(wire.Fields{"data": got.data}, "data"), "role"))
}

// learnFrom notes what an event says about ourselves.
func (s *Session) learnFrom(f frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.self == "" {
		s.self = f.self
	}
	group := f.in.Group.ID
	if group == "" {
		return
	}
	if f.selfRole != community.RoleNone {
		s.ranks[group] = ranked{role: f.selfRole, at: time.Now()}
	}
	if f.in.Type == community.MemberMuted && f.in.Actor.ID == f.self {
		s.silenced[group] = f.in.OccurredAt + f.in.Body.Seconds*1000
	}
	if _, known := s.ranks[group]; !known {
		s.askRank(group)
	}
}

// learn notes that a verb is missing here, or that it works after all.
func (s *Session) learn(verb community.Verb, missing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if missing {
		s.learned[verb] = time.Now()
		return
	}
	delete(s.learned, verb)
}

// doubtRank forgets our rank where the platform said that it does not suffice.
func (s *Session) doubtRank(group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.ranks[group]
	r.at = time.Time{}
	s.ranks[group] = r
	s.askRank(group)
}

// throwOut notes that the account is not logged in any more.
func (s *Session) throwOut(why string) {
	s.mu.Lock()
	s.offline, s.why = "account is offline on the platform: "+why, shortened(why)
	s.mu.Unlock()
	s.report("online", nil) // which says failed now
}

// backOnline notes that a heartbeat found the account logged in again.
func (s *Session) backOnline(online bool) {
	s.mu.Lock()
	back := online && s.offline != ""
	if back {
		s.offline = ""
	}
	s.mu.Unlock()
	if back {
		s.report("online", nil)
	}
}

// restrict stops everything: the platform restricts the account.
func (s *Session) restrict(why string) {
	s.mu.Lock()
	s.restricted, s.why = "account is restricted by the platform: "+why, shortened(why)
	s.mu.Unlock()
	s.report("online", nil) // which says failed now
}

// mutedFor is how long a group is believed to be closed to us after an explicit refusal, which names no end.
const mutedFor = 10 * time.Minute

// silence notes that our account is muted in a group, and tells the house.
func (s *Session) silence(group, why string) {
	now := time.Now().UnixMilli()
	s.mu.Lock()
	known := s.silenced[group] > now
	s.silenced[group] = max(s.silenced[group], now+mutedFor.Milliseconds())
	self, name := s.self, s.name
	s.mu.Unlock()
	if known {
		return
	}
	s.report("online", silenced(group))
	s.announce(connect.Inbound{Type: community.AccountMuted, Group: community.Ref{ID: group}, Key: "muted:" + group + ":" + strconv.FormatInt(now, 10),
		OccurredAt: now, Actor: community.Who{ID: self, Name: name, Role: community.RoleSelf}, Body: community.Body{Reason: s.hush(shortened(why))}})
}

// announce hands an event of our own making over; where the queue is full it is left out, for nobody may wait for it.
func (s *Session) announce(in connect.Inbound) { s.feed.Try(in) }

// stopped says why nothing may be done; "" = all is well. The caller holds mu.
func (s *Session) stopped() string {
	if s.restricted != "" {
		return s.restricted
	}
	return s.offline
}
