package telegram

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	maxWords    = 4096 // UTF-16 units of a message
	maxCaption  = 1024
	maxTitle    = 128
	shortMute   = 31              // seconds: Telegram takes less than 30 for ever
	longestMute = forever - 86400 // and more than 366 days too
)

// recipe says what a verb needs and how it is done.
type recipe struct {
	member, message, flag, text bool
	do                          func(o *order) (connect.Receipt, error)
}

var recipes = map[community.Verb]recipe{
	community.Send:      {text: true, do: (*order).send},
	community.RecallMsg: {message: true, do: (*order).recall},
	community.Mute:      {member: true, do: (*order).mute},
	community.Unmute:    {member: true, do: (*order).unmute},
	community.Remove:    {member: true, do: (*order).remove},
	community.Approve:   {flag: true, do: (*order).approve},
	community.MuteAll:   {do: (*order).muteAll},
	community.Announce:  {text: true, do: (*order).announce},
	community.Rename:    {text: true, do: (*order).rename},
	community.Essence:   {message: true, do: (*order).essence},
	community.Invite:    {do: (*order).invite},
}

// order is an action being carried out.
type order struct {
	*Session
	ctx     context.Context // of this one Do
	a       community.Action
	group   string
	member  int64
	message int
}

// Do carries an action out. MuteAll and Essence with Refuse take it back. A mute lasts from 31 seconds to a year; what
// Telegram would take for ever is bent to that. CodeLimited: over the group's budget, or Telegram asks for a pause.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	how, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "Telegram cannot do %q", a.Verb)
	}
	s.mu.Lock()
	refused := s.refused
	o := &order{Session: s, ctx: ctx, a: a, group: s.movedTo(a.To.Group)}
	s.mu.Unlock()
	if refused != nil {
		return connect.Receipt{}, community.Errorf(community.CodeUnreachable, "%s", refused)
	}
	if err := o.complete(how); err != nil {
		return connect.Receipt{}, err
	}
	got, err := how.do(o)
	if to, ok := movedBy(err); ok {
		s.noteMove(a.To.Group, to)
		in := s.own(community.GroupMoved, a.To.Group, movedKey(a.To.Group), community.Body{State: to})
		in.Actor = community.Who{}
		_ = s.feed.Put(ctx, in) // the update that tells it comes too
		o.group = to
		got, err = how.do(o)
	}
	return got, o.judge(err)
}

func movedBy(err error) (string, bool) {
	if m, ok := causeOf(err).(*bot.MigrateError); ok {
		return strconv.Itoa(m.MigrateToChatID), true
	}
	return "", false
}

// complete reads the action's ids and checks that it names what it needs, before anything is sent.
func (o *order) complete(how recipe) error {
	lacks := ""
	number := func(text, name string, needed bool) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		if needed && err != nil {
			lacks = name
		}
		return n
	}
	number(o.group, "group", true)
	o.member = number(o.a.To.Member, "member", how.member)
	o.message = int(number(o.a.To.Message, "message", how.message))
	switch {
	case how.flag:
		user, _, _ := strings.Cut(o.a.Message, ":")
		o.member = number(user, "flag", true)
	case how.text && o.a.Text == "" && len(o.a.Segments) == 0:
		lacks = "text"
	}
	if lacks != "" {
		return community.Errorf(community.CodeBadInput, "%s without a usable %s", o.a.Verb, lacks)
	}
	return nil
}

// judge learns from how a call ended.
func (o *order) judge(err error) error {
	switch community.CodeOf(err) {
	case community.CodeNone:
		o.learn(o.a.Verb, false)
		return nil
	case community.CodeUnsupported:
		if _, called := err.(*failure); called {
			o.learn(o.a.Verb, true)
		}
	case community.CodeForbidden:
		o.revoke()
		return community.Errorf(community.CodeUnreachable, "%s", badToken())
	case community.CodeLimited:
		if many, ok := causeOf(err).(*bot.TooManyRequestsError); ok {
			o.rest(time.Duration(max(many.RetryAfter, 1)) * time.Second)
		}
	case community.CodeRefused:
		o.doubt(o.group)
	}
	return err
}

// rest keeps us from sending to the group until a pause is over.
func (o *order) rest(wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.standing(o.group).quiet = time.Now().Add(wait)
}

// mayNow takes one message from the group's budget.
func (o *order) mayNow() error {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.standing(o.group)
	if now.Before(g.quiet) {
		return community.Errorf(community.CodeLimited, "Telegram asks for a pause of %d s more", int(g.quiet.Sub(now).Seconds())+1)
	}
	for len(g.sent) > 0 && now.Sub(g.sent[0]) >= time.Minute {
		g.sent = g.sent[1:]
	}
	if len(g.sent) >= o.rate {
		return community.Errorf(community.CodeLimited, "over %d sends a minute in this group", o.rate)
	}
	g.sent = append(g.sent, now)
	return nil
}

// call is Session.call within the order, after the group's pause.
func (o *order) call(what string, f func(ctx context.Context) error) error {
	o.mu.Lock()
	quiet := time.Until(o.standing(o.group).quiet)
	o.mu.Unlock()
	if quiet > 0 {
		return community.Errorf(community.CodeLimited, "Telegram asks for a pause of %d s more", int(quiet.Seconds())+1)
	}
	return o.Session.call(o.ctx, what, f)
}

func acked() connect.Receipt { return connect.Receipt{State: community.Acked} }

func (o *order) send() (connect.Receipt, error) {
	sent, err := o.say()
	if err != nil {
		return connect.Receipt{}, err
	}
	return connect.Receipt{State: community.Acked, Message: strconv.Itoa(sent.ID)}, nil
}

// say sends the action's words and lets them come back as an event: Telegram does not tell a bot what it said.
func (o *order) say() (*models.Message, error) {
	words := o.words()
	if err := words.fits(); err != nil {
		return nil, err
	}
	if err := o.mayNow(); err != nil {
		return nil, err
	}
	var sent *models.Message
	err := o.call("send", func(ctx context.Context) (err error) {
		sent, err = words.post(ctx, o.Session, o.group)
		return err
	})
	if err != nil {
		return nil, err
	}
	o.noteUpload(words.media, sent)
	body := community.Body{Message: strconv.Itoa(sent.ID), Text: connect.Clip(words.text), ReplyTo: words.replyTo, Caused: o.a.ID}
	if body.ReplyTo != "" {
		body.Class = community.Reply
	}
	in := o.own(community.MessageCreated, o.group, "m"+o.group+":"+body.Message, body)
	_ = o.feed.Put(o.ctx, in) // else only the record lacks it: the receipt says that it was sent
	return sent, nil
}

func (o *order) recall() (connect.Receipt, error) {
	err := o.call("deleteMessage", func(ctx context.Context) error {
		_, err := o.bot.DeleteMessage(ctx, &bot.DeleteMessageParams{ChatID: o.group, MessageID: o.message})
		return err
	})
	if err != nil && strings.Contains(err.Error(), "message to delete not found") {
		return connect.Receipt{State: community.Acked, Detail: "it was gone already"}, nil
	}
	if err != nil {
		return connect.Receipt{}, err
	}
	in := o.own(community.MessageDeleted, o.group, "d"+o.group+":"+o.a.To.Message, community.Body{Message: o.a.To.Message, Caused: o.a.ID})
	_ = o.feed.Put(o.ctx, in) // the receipt says it all the same
	return acked(), nil
}

// muteSeconds is what remains of a mute; 0 = its end has passed.
func (o *order) muteSeconds() int64 {
	seconds := o.a.Seconds
	if o.a.Until > 0 {
		seconds = (o.a.Until - time.Now().UnixMilli() + 999) / 1000
	}
	if seconds <= 0 {
		return 0
	}
	return min(max(seconds, shortMute), longestMute)
}

func (o *order) mute() (connect.Receipt, error) {
	seconds := o.muteSeconds()
	if seconds == 0 {
		return connect.Receipt{State: community.Acked, Detail: "the mute's end has passed"}, nil
	}
	o.echoes.Expect(muteEcho(o.group, o.a.To.Member, true), o.a.ID)
	return acked(), o.restrict(&models.ChatPermissions{}, int(time.Now().Unix()+seconds))
}

// unmute gives back everything that the group itself allows: what a member may do is never more than that.
func (o *order) unmute() (connect.Receipt, error) {
	o.echoes.Expect(muteEcho(o.group, o.a.To.Member, false), o.a.ID)
	all := everything()
	all.CanChangeInfo, all.CanInviteUsers, all.CanPinMessages, all.CanManageTopics = true, true, true, true
	return acked(), o.restrict(&all, 0)
}

func (o *order) restrict(may *models.ChatPermissions, until int) error {
	return o.call("restrictChatMember", func(ctx context.Context) error {
		_, err := o.bot.RestrictChatMember(ctx, &bot.RestrictChatMemberParams{ChatID: o.group, UserID: o.member, Permissions: may, UntilDate: until})
		return err
	})
}

// everything is all that concerns speaking.
func everything() models.ChatPermissions {
	return models.ChatPermissions{
		CanSendMessages: true, CanSendAudios: true, CanSendDocuments: true, CanSendPhotos: true, CanSendVideos: true, CanSendVideoNotes: true,
		CanSendVoiceNotes: true, CanSendPolls: true, CanSendOtherMessages: true, CanAddWebPagePreviews: true,
	}
}

// remove bans; without Block the ban is lifted at once, so that the person may come back.
func (o *order) remove() (connect.Receipt, error) {
	o.echoes.Expect(leaveEcho(o.group, o.a.To.Member), o.a.ID)
	err := o.call("banChatMember", func(ctx context.Context) error {
		_, err := o.bot.BanChatMember(ctx, &bot.BanChatMemberParams{ChatID: o.group, UserID: o.member})
		return err
	})
	if err != nil || o.a.Block {
		return acked(), err
	}
	err = o.call("unbanChatMember", func(ctx context.Context) error {
		_, err := o.bot.UnbanChatMember(ctx, &bot.UnbanChatMemberParams{ChatID: o.group, UserID: o.member, OnlyIfBanned: true})
		return err
	})
	if err != nil {
		return connect.Receipt{State: community.Acked, Detail: "removed, but still on the group's list of removed users: " + err.Error()}, nil
	}
	return acked(), nil
}

func (o *order) approve() (connect.Receipt, error) {
	if o.a.Refuse {
		return acked(), o.call("declineChatJoinRequest", func(ctx context.Context) error {
			_, err := o.bot.DeclineChatJoinRequest(ctx, &bot.DeclineChatJoinRequestParams{ChatID: o.group, UserID: o.member})
			return err
		})
	}
	return acked(), o.call("approveChatJoinRequest", func(ctx context.Context) error {
		_, err := o.bot.ApproveChatJoinRequest(ctx, &bot.ApproveChatJoinRequestParams{ChatID: o.group, UserID: o.member})
		return err
	})
}

// muteAll takes from the group what its members may send; lifting it gives back what was allowed before, as far as this
// session has seen it, else everything.
func (o *order) muteAll() (connect.Receipt, error) {
	may := models.ChatPermissions{}
	if o.a.Refuse {
		may = o.allowedBefore()
	} else if err := o.noteAllowed(); err != nil {
		return connect.Receipt{}, err
	}
	return acked(), o.call("setChatPermissions", func(ctx context.Context) error {
		_, err := o.bot.SetChatPermissions(ctx, &bot.SetChatPermissionsParams{ChatID: o.group, Permissions: may})
		return err
	})
}

func (o *order) allowedBefore() models.ChatPermissions {
	o.mu.Lock()
	defer o.mu.Unlock()
	if was := o.standing(o.group).before; was != nil {
		return *was
	}
	return everything()
}

func (o *order) noteAllowed() error {
	var info *models.ChatFullInfo
	if err := o.call("getChat", func(ctx context.Context) (err error) {
		info, err = o.bot.GetChat(ctx, &bot.GetChatParams{ChatID: o.group})
		return err
	}); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if info.Permissions != nil && info.Permissions.CanSendMessages {
		o.standing(o.group).before = info.Permissions
	}
	return nil
}

// announce sends and pins.
func (o *order) announce() (connect.Receipt, error) {
	sent, err := o.say()
	if err != nil {
		return connect.Receipt{}, err
	}
	got := connect.Receipt{State: community.Acked, Message: strconv.Itoa(sent.ID)}
	if err := o.pin(sent.ID); err != nil {
		got.State, got.Code, got.Detail = community.Failed, community.CodeOf(err), "sent, but not pinned: "+err.Error()
		o.doubt(o.group)
	}
	return got, nil
}

func (o *order) essence() (connect.Receipt, error) {
	if o.a.Refuse {
		return acked(), o.call("unpinChatMessage", func(ctx context.Context) error {
			_, err := o.bot.UnpinChatMessage(ctx, &bot.UnpinChatMessageParams{ChatID: o.group, MessageID: o.message})
			return err
		})
	}
	return acked(), o.pin(o.message)
}

func (o *order) pin(message int) error {
	return o.call("pinChatMessage", func(ctx context.Context) error {
		_, err := o.bot.PinChatMessage(ctx, &bot.PinChatMessageParams{ChatID: o.group, MessageID: message})
		return err
	})
}

func (o *order) rename() (connect.Receipt, error) {
	if n := len(utf16.Encode([]rune(o.a.Text))); n > maxTitle {
		return connect.Receipt{}, community.Errorf(community.CodeTooLarge, "a title of %d characters, Telegram takes %d", n, maxTitle)
	}
	return acked(), o.call("setChatTitle", func(ctx context.Context) error {
		_, err := o.bot.SetChatTitle(ctx, &bot.SetChatTitleParams{ChatID: o.group, Title: o.a.Text})
		return err
	})
}

// invite makes a link whose name is our mark.
func (o *order) invite() (connect.Receipt, error) {
	var want community.InviteOrder
	if len(o.a.Args) > 0 && json.Unmarshal(o.a.Args, &want) != nil {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "%s: unreadable order", o.a.Verb)
	}
	if want.Overflow || len(want.Groups) > 1 || len(want.Groups) == 1 && want.Groups[0] != o.a.To.Group {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "a Telegram link leads to one group and opens no next one")
	}
	if len([]rune(want.State)) > 30 {
		return connect.Receipt{}, community.Errorf(community.CodeBadInput, "%s: state is longer than 30 characters", o.a.Verb)
	}
	var link *models.ChatInviteLink
	err := o.call("createChatInviteLink", func(ctx context.Context) (err error) {
		link, err = o.bot.CreateChatInviteLink(ctx, &bot.CreateChatInviteLinkParams{
			ChatID: o.group, Name: want.State, ExpireDate: int(want.Expires / 1000), CreatesJoinRequest: want.Approve,
		})
		return err
	})
	if err != nil {
		return connect.Receipt{}, err
	}
	data, err := json.Marshal(community.InviteMade{ID: link.InviteLink, URL: link.InviteLink, Expires: int64(link.ExpireDate) * 1000})
	return connect.Receipt{State: community.Acked, Data: data}, err
}
