package telegram

import (
	"context"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	groupLimit  = 200_000
	recallAge   = 48 * 3600 // seconds within which a message can be deleted
	ranksLive   = 10 * time.Minute
	askAgain    = time.Minute // after a standing could not be asked
	lessonLives = 6 * time.Hour
)

// standing is what we are in a group and who its admins are.
type standing struct {
	own     member
	isAdmin bool
	admins  map[string]community.Role
	at      time.Time // when it was asked; zero = doubted
	tried   time.Time // when asking failed last
	pending bool
	sent    []time.Time // within the last minute
	quiet   time.Time   // Telegram asks not to send before
	before  *models.ChatPermissions
}

// needs says which right of an admin a verb takes.
var needs = map[community.Verb]struct {
	name string
	has  func(r rights) *bool
}{
	community.RecallMsg: {"can_delete_messages", func(r rights) *bool { return r.Delete }},
	community.Mute:      {"can_restrict_members", func(r rights) *bool { return r.Restrict }},
	community.Unmute:    {"can_restrict_members", func(r rights) *bool { return r.Restrict }},
	community.Remove:    {"can_restrict_members", func(r rights) *bool { return r.Restrict }},
	community.MuteAll:   {"can_restrict_members", func(r rights) *bool { return r.Restrict }},
	community.Approve:   {"can_invite_users", func(r rights) *bool { return r.Invite }},
	community.Invite:    {"can_invite_users", func(r rights) *bool { return r.Invite }},
	community.Announce:  {"can_pin_messages", func(r rights) *bool { return r.Pin }},
	community.Essence:   {"can_pin_messages", func(r rights) *bool { return r.Pin }},
	community.Rename:    {"can_change_info", func(r rights) *bool { return r.Info }},
}

// declared is what the Bot API offers to an admin before anything is known.
func declared(rate int) map[community.Verb]community.Ability {
	verbs := make(map[community.Verb]community.Ability, len(recipes)+2)
	for v := range recipes {
		verbs[v] = community.Ability{Level: community.Native, Evidence: "declared"}
	}
	verbs[community.Send] = community.Ability{Level: community.Native, Evidence: "declared", Rate: rate}
	verbs[community.RecallMsg] = community.Ability{Level: community.Native, Evidence: "declared", MaxAge: recallAge}
	verbs[community.ListMember] = community.Ability{Level: community.None, Evidence: "declared", Note: "the Bot API lists no members; they become known as they come, go and speak"}
	verbs[community.SetCard] = community.Ability{Level: community.None, Evidence: "declared", Note: "Telegram has no names per group"}
	return verbs
}

// Abilities is what the bot can do in a group: what the Bot API offers, less what this server was found not to do, less
// the rights that the bot lacks there. A standing not known or older than ten minutes is asked for in the background.
func (s *Session) Abilities(group string) connect.Abilities {
	verbs := declared(s.rate)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	group = s.movedTo(group)
	all := s.readsAll
	if group != "" {
		g := s.standing(group)
		if now.Sub(g.at) > ranksLive {
			s.ask(group, g)
		}
		if g.own.Status != "" {
			g.apply(verbs, group, g.at.UnixMilli())
			all = all || g.isAdmin
		}
	}
	for verb, at := range s.learned {
		if now.Sub(at) < lessonLives {
			verbs[verb] = community.Ability{Level: community.None, Evidence: "learned", Note: "this server does not know the method", Checked: at.UnixMilli()}
		}
	}
	if s.refused != nil {
		humanOnly(verbs, "Telegram does not accept the token any more")
	}
	return connect.Abilities{Verbs: verbs, GroupLimit: groupLimit, ReadsAll: all, Media: sendable()}
}

func humanOnly(verbs map[community.Verb]community.Ability, note string) {
	for verb, a := range verbs {
		if a.Level != community.None {
			verbs[verb] = community.Ability{Level: community.Human, Evidence: "learned", Note: note}
		}
	}
}

// apply lowers what the bot has no right to.
func (g *standing) apply(verbs map[community.Verb]community.Ability, group string, checked int64) {
	if !g.own.present() {
		humanOnly(verbs, "the bot is not in the group")
		return
	}
	for verb, need := range needs {
		a := verbs[verb]
		a.Evidence, a.Checked = "probed", checked
		has := need.has(g.own.rights)
		switch {
		case g.own.Status == "creator":
		case !g.isAdmin:
			a.Level, a.Note = community.Human, "the bot is not an admin"
		case has != nil && !*has:
			a.Level, a.Note = community.Human, "the bot lacks the right "+need.name
		case basic(group) && (verb == community.Mute || verb == community.Unmute):
			a.Level, a.Note = community.Human, "only supergroups can mute members; let the owner turn the group into one"
		}
		verbs[verb] = a
	}
	if g.own.muted() {
		verbs[community.Send] = community.Ability{Level: community.Human, Evidence: "probed", Note: "the bot is muted", Checked: checked}
	}
}

// basic reports whether a group is no supergroup.
func basic(group string) bool { return !strings.HasPrefix(group, "-100") }

// standing is what we know of a group. The caller holds mu.
func (s *Session) standing(group string) *standing {
	g := s.groups[group]
	if g == nil {
		g = &standing{admins: map[string]community.Role{}}
		s.groups[group] = g
	}
	return g
}

// ask has a group's standing asked in the background, once at a time. The caller holds mu.
func (s *Session) ask(group string, g *standing) {
	if g.pending || !s.running || s.self == "" {
		return
	}
	select {
	case s.urgent <- group:
		g.pending = true
	default:
	}
}

// probe answers what ask asks.
func (s *Session) probe(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case group := <-s.urgent:
			s.look(ctx, group)
		}
	}
}

// look asks for our own standing and for the admins.
func (s *Session) look(ctx context.Context, group string) {
	var own *models.ChatMember
	var admins []models.ChatMember
	s.mu.Lock()
	self := s.selfNumber
	s.mu.Unlock()
	err := s.call(ctx, "getChatMember", func(ctx context.Context) (err error) {
		own, err = s.bot.GetChatMember(ctx, &bot.GetChatMemberParams{ChatID: group, UserID: self})
		return err
	})
	if err == nil {
		err = s.call(ctx, "getChatAdministrators", func(ctx context.Context) (err error) {
			admins, err = s.bot.GetChatAdministrators(ctx, &bot.GetChatAdministratorsParams{ChatID: group})
			return err
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.standing(group)
	g.pending = false
	if err != nil {
		g.tried = time.Now()
		if strings.Contains(err.Error(), "kicked") || strings.Contains(err.Error(), "not a member") {
			g.set(member{Status: "left"})
		}
		return
	}
	g.set(memberOf(own))
	clear(g.admins)
	for i := range admins {
		m := memberOf(&admins[i])
		g.admins[id(m.User.ID)] = roleOf(m)
	}
}

func (g *standing) set(own member) {
	g.own, g.isAdmin, g.at = own, own.admin(), time.Now()
}

// memberOf is the library's form of a member in ours.
func memberOf(m *models.ChatMember) member {
	out := member{Status: string(m.Type)}
	whose := func(u *models.User) {
		if u != nil {
			out.User = user{ID: u.ID, IsBot: u.IsBot, FirstName: u.FirstName, LastName: u.LastName, Username: u.Username}
		}
	}
	switch {
	case m.Owner != nil:
		whose(m.Owner.User)
	case m.Administrator != nil:
		a := m.Administrator
		whose(&a.User)
		out.rights = rights{&a.CanDeleteMessages, &a.CanRestrictMembers, &a.CanInviteUsers, &a.CanPinMessages, &a.CanChangeInfo}
	case m.Member != nil:
		whose(m.Member.User)
	case m.Restricted != nil:
		whose(m.Restricted.User)
		out.IsMember, out.CanSend, out.Until = m.Restricted.IsMember, &m.Restricted.CanSendMessages, int64(m.Restricted.UntilDate)
	}
	return out
}

// know gives a copy of a group's standing. The first time it waits for it, so that the first message already shows who
// is an admin.
func (s *Session) know(ctx context.Context, in connect.Inbound) standing {
	group := in.Group.ID
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Private || s.self == "" {
		return standing{}
	}
	g := s.standing(group)
	switch {
	case g.own.Status == "" && time.Since(g.tried) > askAgain:
		s.mu.Unlock()
		s.look(ctx, group)
		s.mu.Lock()
	case time.Since(g.at) > ranksLive && time.Since(g.tried) > askAgain:
		s.ask(group, g)
	}
	copied := *g
	copied.admins = make(map[string]community.Role, len(g.admins))
	for who, role := range g.admins {
		copied.admins[who] = role
	}
	return copied
}

// learnOwn notes what an update says about our own standing, and tells the operator what is to be done.
func (s *Session) learnOwn(c *memberChange) {
	if c.Chat.Type == "private" || c.Chat.Type == "channel" {
		return
	}
	s.mu.Lock()
	g := s.standing(id(c.Chat.ID))
	was := g.own
	if was.Status == "" {
		was = c.Old
	}
	g.set(c.New)
	s.mu.Unlock()
	group, by := clipped(c.Chat.Title), clipped(first(c.From.FirstName, c.From.Username, id(c.From.ID)))
	switch {
	case was.present() && !c.New.present():
		s.report("online", connect.Trouble(community.CodeRefused, "机器人被 "+by+" 移出了「"+group+"」。请重新把它加进群，并设为管理员。",
			"the bot was removed from "+group+" by "+by+": add it to the group again, as an admin"))
	case c.New.muted() && !was.muted():
		s.report("online", connect.Trouble(community.CodeRefused, "机器人在「"+group+"」被 "+by+" 禁言。请在群权限里解除。",
			"the bot was muted in "+group+" by "+by+": lift it in the group's permissions"))
	case was.admin() && !c.New.admin():
		s.report("online", connect.Trouble(community.CodeRefused, "机器人不再是「"+group+"」的管理员。请重新设为管理员，否则它原来能做的会变成人工待办。",
			"the bot is no admin of "+group+" any more: make it one again, or what it could do becomes work for people"))
	case !was.admin() && c.New.admin(), !was.present() && c.New.present():
		s.report("online", nil)
	}
}

// clipped shortens a name for a sentence and takes away what could turn the sentence around.
func clipped(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return name
}

// doubt has our standing asked anew where the platform said that it does not suffice.
func (s *Session) doubt(group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.standing(group)
	g.at = time.Time{}
	s.ask(group, g)
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

// noteMove notes that a group has another id now.
func (s *Session) noteMove(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != to {
		s.moved[from] = to
	}
}

// movedTo is a group's present id. The caller holds mu.
func (s *Session) movedTo(group string) string {
	if to, ok := s.moved[group]; ok {
		return to
	}
	return group
}
