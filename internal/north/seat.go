package north

import (
	"context"
	"strconv"

	"qunluo/internal/community"
)

// farBehind is how many numbers of the log a returning client may have missed and still get them; beyond, it begins with
// now.
const farBehind = 10_000

// Seat is one connection of a bot, or one call.
type Seat struct {
	n   *North
	bot community.Bot
	ctx context.Context // the seat's own life, no caller's request
	end context.CancelCauseFunc
}

// Sit gives a bot a seat until ctx ends, the bot is revoked or Leave is called. CodeLimited: it has too many.
func (n *North) Sit(ctx context.Context, b community.Bot) (*Seat, error) {
	s := &Seat{n: n, bot: b}
	s.ctx, s.end = context.WithCancelCause(ctx)
	n.mu.Lock()
	taken := 0
	for other := range n.seats {
		if other.bot.Key == b.Key {
			taken++
		}
	}
	known := same(n.bots[b.Hash], b)
	if known && taken < seatsPerBot {
		n.seats[s] = struct{}{}
	}
	n.mu.Unlock()
	switch {
	case !known: // revoked since it was known
		s.end(errRevoked)
		return nil, community.Errorf(community.CodeForbidden, "%w", errRevoked)
	case taken >= seatsPerBot:
		s.end(nil)
		return nil, community.Errorf(community.CodeLimited, "the bot has %d connections already", seatsPerBot)
	}
	s.Used(0)
	return s, nil
}

// Leave gives the seat back.
func (s *Seat) Leave() {
	s.n.mu.Lock()
	delete(s.n.seats, s)
	s.n.mu.Unlock()
	s.end(nil)
}

// Bot is whose seat it is.
func (s *Seat) Bot() community.Bot { return s.bot }

// Self is what the bot is to itself.
func (s *Seat) Self() int64 { return SelfID(s.bot) }

// Context ends with the seat; its cause says why.
func (s *Seat) Context() context.Context { return s.ctx }

// Used notes that the bot was heard of, once a minute; with a cursor always, that it was told what happened up to it.
func (s *Seat) Used(cursor int64) {
	now := s.n.Now()
	s.n.mu.Lock()
	due := cursor != 0 || now-s.n.used[s.bot.Key] >= usedEach.Milliseconds()
	if due {
		s.n.used[s.bot.Key] = now
	}
	s.n.mu.Unlock()
	if !due {
		return
	}
	if err := s.n.o.House.Bots.BotUsed(context.WithoutCancel(s.ctx), s.bot.Key, now, cursor); err != nil {
		s.n.o.Log.Warn("note use of a bot", "bot", s.bot.Name, "err", err)
	}
}

// Start is the number to follow from: after itself when it is not too far behind, else where the log ends now.
func (s *Seat) Start(after int64) (int64, error) {
	head, err := s.n.o.House.Log.LogHead(s.ctx)
	if err != nil {
		return 0, err
	}
	if after <= 0 || after > head || head-after > farBehind {
		return head, nil
	}
	return after, nil
}

// Follow hands on what happens after a number, in order, until the seat's end or an error of take. Where the bot may not
// read it only waits. looked, which may be nil, is told up to which number there is nothing more.
func (s *Seat) Follow(after int64, take func(Happening) error, looked func(int64)) error {
	if !s.bot.May(community.BotRead) {
		<-s.ctx.Done()
		return context.Cause(s.ctx)
	}
	for {
		rung := s.n.commits.wait()
		head, err := s.n.o.House.Log.LogHead(s.ctx)
		for err == nil && after < head {
			after, err = s.page(after, head, take)
			if err == nil && looked != nil {
				looked(after)
			}
		}
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		if err != nil {
			return err
		}
		select {
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case <-rung:
		}
	}
}

func (s *Seat) page(after, head int64, take func(Happening) error) (int64, error) {
	list, looked, err := s.n.o.House.Log.Happened(s.ctx, s.bot, after, head)
	if err != nil {
		return after, err
	}
	for _, h := range list {
		if h.Own && h.Type == community.MessageCreated {
			continue
		}
		if err := take(h); err != nil {
			return after, err
		}
	}
	return looked, nil
}

// Call counts a call of the bot; CodeLimited when there are too many.
func (s *Seat) Call() error {
	if s.ctx.Err() != nil {
		return community.Errorf(community.CodeForbidden, "%w", context.Cause(s.ctx))
	}
	s.Used(0)
	if ok, wait := s.n.calls.Allow(strconv.FormatInt(s.bot.Key, 10)); !ok {
		return community.Errorf(community.CodeLimited, "too many calls; wait %s", wait.Round(1e9))
	}
	return nil
}

// Reads says that the bot may read; CodeForbidden otherwise.
func (s *Seat) Reads() error { return s.may(community.BotRead) }

func (s *Seat) may(scope community.BotScope) error {
	if s.bot.May(scope) {
		return nil
	}
	return community.Errorf(community.CodeForbidden, "the token has no scope %q", scope)
}

// Groups lists the bot's groups.
func (s *Seat) Groups() ([]Group, error) {
	if err := s.Reads(); err != nil {
		return nil, err
	}
	return s.n.o.House.Places.Groups(s.ctx, s.bot)
}

// Group gives one of them.
func (s *Seat) Group(g community.GroupKey) (Group, error) {
	all, err := s.Groups()
	if err != nil {
		return Group{}, err
	}
	for _, one := range all {
		if one.Key == g {
			return one, nil
		}
	}
	return Group{}, community.Errorf(community.CodeNotFound, "group %d: not found", g)
}

// Members lists who is in a group.
func (s *Seat) Members(g community.GroupKey) ([]Person, error) {
	if err := s.Reads(); err != nil {
		return nil, err
	}
	return s.n.o.House.Places.Members(s.ctx, s.bot, g)
}

// Member gives somebody in a group, or with 0 in any of the bot's groups.
func (s *Seat) Member(g community.GroupKey, id int64) (Person, error) {
	if err := s.Reads(); err != nil {
		return Person{}, err
	}
	return s.n.o.House.Places.Member(s.ctx, s.bot, g, id)
}

// Message gives a message by its number.
func (s *Seat) Message(number int64) (Happening, error) {
	if err := s.Reads(); err != nil {
		return Happening{}, err
	}
	h, err := s.n.o.House.Log.Happening(s.ctx, s.bot, number)
	if err == nil && h.Type != community.MessageCreated {
		err = community.Errorf(community.CodeNotFound, "message %d: not found", number)
	}
	return h, err
}

// Can says how well a verb can be done in a group now, None where the token does not allow it.
func (s *Seat) Can(g community.GroupKey, v community.Verb) community.Level {
	if s.may(scopes[v]) != nil {
		return community.None
	}
	return s.n.o.House.Places.Can(s.ctx, s.bot, g, v)
}
