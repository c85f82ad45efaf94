package north

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
)

// scopes says what a token needs for a verb; a verb that is absent is not for bots.
var scopes = map[community.Verb]community.BotScope{
	community.Send: community.BotSend, community.RecallMsg: community.BotRecall, community.Mute: community.BotMute,
	community.Unmute: community.BotMute, community.MuteAll: community.BotMute, community.Remove: community.BotRemove,
	community.Approve: community.BotApprove, community.Todo: community.BotTask,
}

// patience is how long a call waits for what comes of its wish.
const patience = 8 * time.Second

// maxText bounds what a bot says at once, in bytes.
const maxText = 16 << 10

// Pending is a wish on its way.
type Pending struct {
	Begun
	seat *Seat
}

// Begin decides about a wish. What the token, the group or a limit forbids is refused with a code.
func (s *Seat) Begin(w Wish) (*Pending, error) {
	if err := s.allowed(&w); err != nil {
		return nil, err
	}
	begun, err := s.n.o.House.Hands.Begin(s.ctx, s.bot, w)
	if err != nil {
		return nil, err
	}
	return &Pending{begun, s}, nil
}

func (s *Seat) allowed(w *Wish) error {
	scope, ok := scopes[w.Verb]
	if !ok {
		return community.Errorf(community.CodeUnsupported, "%s is not for attached bots", w.Verb)
	}
	if err := s.mayWish(scope, w); err != nil {
		return err
	}
	if err := complete(w); err != nil {
		return err
	}
	if w.Verb != community.Send {
		return nil
	}
	if ok, wait := s.n.sends.Allow(fmt.Sprintf("%d:%d", s.bot.Key, w.Group)); !ok {
		return community.Errorf(community.CodeLimited, "over %d messages a minute into a group; wait %s", sendsPerMinute, wait.Round(time.Second))
	}
	return nil
}

// mayWish looks at the scope; what a bot sent itself it may recall with the scope it sent it with.
func (s *Seat) mayWish(scope community.BotScope, w *Wish) error {
	err := s.may(scope)
	if err == nil || w.Verb != community.RecallMsg || !s.bot.May(community.BotSend) {
		return err
	}
	h, failed := s.n.o.House.Log.Happening(s.ctx, s.bot, w.Message)
	if failed == nil && h.State != "" {
		return nil
	}
	return err
}

// complete checks that a wish names what it needs.
func complete(w *Wish) error {
	lacks := ""
	switch w.Verb {
	case community.Send:
		return sayable(w)
	case community.Mute:
		if w.Seconds < 0 || w.Seconds > 30*86400 {
			return community.Errorf(community.CodeBadInput, "a mute lasts at most 30 days")
		}
		fallthrough
	case community.Unmute, community.Remove:
		if w.Member == 0 {
			lacks = "user"
		}
	case community.RecallMsg, community.Approve:
		if w.Message == 0 {
			lacks = "message"
		}
	}
	if lacks != "" {
		return community.Errorf(community.CodeBadInput, "%s without %s", w.Verb, lacks)
	}
	return nil
}

// sayable checks a message: not empty, not too long, and media by web addresses only, so that nobody can have a file of
// the platform's machine sent.
func sayable(w *Wish) error {
	if strings.TrimSpace(w.Text) == "" && len(w.Segments) == 0 {
		return community.Errorf(community.CodeBadInput, "an empty message")
	}
	if len(w.Text) > maxText {
		return community.Errorf(community.CodeTooLarge, "message of %d bytes, at most %d", len(w.Text), maxText)
	}
	for _, seg := range w.Segments {
		switch seg.Kind {
		case "image", "audio", "video", "file", "link":
			if !strings.HasPrefix(seg.Ref, "https://") && !strings.HasPrefix(seg.Ref, "http://") {
				return community.Errorf(community.CodeUnsupported, "%s: give a web address (http or https)", seg.Kind)
			}
		}
	}
	return nil
}

// Wait says what came of it: nil = done, CodeAsync = decided, but a person or the platform is still at it, any other code
// = it came to nothing.
func (p *Pending) Wait(ctx context.Context) error {
	if p.Held != "" {
		return community.Errorf(CodeAsync, "held for a person: %s", p.Held)
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		rung := p.seat.n.commits.wait()
		state, code, detail, err := p.seat.n.o.House.Hands.Fate(ctx, p.Action)
		if err == nil {
			if done, err := came(state, code, detail); done {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return community.Errorf(CodeAsync, "still under way")
		case <-rung:
		}
	}
}

// came says whether a state is an answer, and which.
func came(state community.State, code community.Code, detail string) (bool, error) {
	switch state {
	case community.Acked, community.Confirmed:
		return true, nil
	case community.HumanTask:
		return true, community.Errorf(CodeAsync, "a person will do it: %s", detail)
	case community.Cancelled:
		return true, community.Errorf(community.CodeConflict, "cancelled: %s", detail)
	case community.Failed:
		if code == community.CodeNone {
			code = community.CodeRefused
		}
		return true, community.Errorf(code, "%s", detail)
	}
	return false, nil
}
