package north

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Bounds of what a hook hands in.
const (
	maxPost   = 4000 // characters
	maxAlarm  = 500
	maxDue    = 30 * 24 * 60 // minutes
	alarmsMax = 6            // of one hook in a minute
)

// KnowHook finds the hook of a token; codes as Know.
func (n *North) KnowHook(token, from string) (community.Bot, error) {
	return n.know(token, from, true)
}

// Post does what an outside system wants, within its scopes, limits and groups. Errors about one field begin with its name.
func (s *Seat) Post(p community.Post) (community.Posted, error) {
	out, w, err := s.examine(p)
	if err != nil {
		return out, err
	}
	switch p.Kind {
	case community.HookAlarm:
		return s.raise(p, out)
	case community.HookReading:
		return s.read(p, out)
	}
	pending, err := s.Begin(w)
	if err != nil {
		return out, err
	}
	out.Event, out.Action, out.Held = pending.Number, pending.Action.String(), pending.Held
	return out, nil
}

// Examine says what would come of a post, and does nothing.
func (s *Seat) Examine(p community.Post) (community.Posted, error) {
	out, w, err := s.examine(p)
	if err == nil && p.Kind == community.HookMessage {
		err = sayable(&w)
	}
	return out, err
}

// postScopes say what a hook needs for each kind.
var postScopes = map[string]community.BotScope{community.HookMessage: community.BotSend, community.HookTask: community.BotTask, community.HookAlarm: community.BotAlarm,
	community.HookReading: community.BotReading}

func (s *Seat) examine(p community.Post) (community.Posted, Wish, error) {
	if p.Kind == "" {
		p.Kind = community.HookMessage
	}
	out := community.Posted{Kind: p.Kind}
	scope, ok := postScopes[p.Kind]
	most := maxPost
	if p.Kind == community.HookAlarm {
		most = maxAlarm
	}
	switch n := utf8.RuneCountInString(p.Text); {
	case !ok:
		return out, Wish{}, Telling(community.CodeBadInput, "kind", "kind 只能是 message、task、alarm 或 reading", "kind must be message, task, alarm or reading")
	case strings.TrimSpace(p.Text) == "":
		return out, Wish{}, Telling(community.CodeBadInput, "text", "text 是空的", "text is empty")
	case !utf8.ValidString(p.Text) || strings.ContainsRune(p.Text, 0):
		return out, Wish{}, Telling(community.CodeBadInput, "text", "text 里有不能显示的字符", "text holds characters that cannot be shown")
	case n > most:
		return out, Wish{}, Telling(community.CodeTooLarge, "text", fmt.Sprintf("text 有 %d 个字，最多 %d 个", n, most), fmt.Sprintf("text has %d characters, at most %d", n, most))
	case p.Image != "" && p.Kind != community.HookMessage:
		return out, Wish{}, Telling(community.CodeBadInput, "image", "image 只能用在 message 里", "image goes only with a message")
	case p.Due < 0 || p.Due > maxDue || p.Due != 0 && p.Kind != community.HookTask:
		return out, Wish{}, Telling(community.CodeBadInput, "due", fmt.Sprintf("due 是 1 到 %d 分钟，只能用在 task 里", maxDue), fmt.Sprintf("due is 1 to %d minutes and goes only with a task", maxDue))
	}
	if s.may(scope) != nil {
		return out, Wish{}, Telling(community.CodeForbidden, "kind", "这个令牌没有权限 "+string(scope), "the token has no scope "+string(scope))
	}
	if p.Image != "" && !strings.HasPrefix(p.Image, "https://") && !strings.HasPrefix(p.Image, "http://") {
		return out, Wish{}, Telling(community.CodeBadInput, "image", "image 要写网址（http 或 https）", "image must be a web address (http or https)")
	}
	switch {
	case p.Kind == community.HookReading && p.Event <= 0:
		return out, Wish{}, Telling(community.CodeBadInput, "event", "event 要写消息的编号（机器人看到的 message_id）", "event must be the number of the message (the message_id that bots see)")
	case p.Kind != community.HookReading && p.Event != 0:
		return out, Wish{}, Telling(community.CodeBadInput, "event", "event 只能用在 reading 里", "event goes only with a reading")
	case p.Kind == community.HookAlarm, p.Kind == community.HookReading:
		return out, Wish{}, nil
	}
	g, err := s.find(p.Group)
	if err != nil {
		return out, Wish{}, err
	}
	out.Group = g.Name
	w := Wish{Verb: community.Send, Group: g.Key, Text: p.Text, Due: p.Due}
	if p.Kind == community.HookTask {
		w.Verb, out.Level = community.Todo, community.Human
		return out, w, nil
	}
	if p.Image != "" {
		w.Segments = []community.Segment{{Kind: "text", Text: p.Text}, {Kind: "image", Ref: p.Image}}
	}
	out.Level = s.n.o.House.Places.Can(s.ctx, s.bot, g.Key, community.Send)
	return out, w, nil
}

// find is the group that a post names: by id, number or name.
func (s *Seat) find(name string) (Group, error) {
	all, err := s.n.o.House.Places.Groups(s.ctx, s.bot)
	if err != nil {
		return Group{}, err
	}
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	if name == "" {
		return Group{}, Telling(community.CodeBadInput, "group", fmt.Sprintf("没有写 group，这个令牌有 %d 个群", len(all)), fmt.Sprintf("group is missing; the token has %d", len(all)))
	}
	number, _ := strconv.ParseInt(name, 10, 64)
	var found []Group
	for _, g := range all {
		if g.ID.String() == name || number != 0 && int64(g.Key) == number {
			return g, nil
		}
		if g.Name == name {
			found = append(found, g)
		}
	}
	switch len(found) {
	case 0:
		return Group{}, Telling(community.CodeNotFound, "group", "这个令牌能用的群里没有它", "the token has no group called so")
	case 1:
		return found[0], nil
	}
	return Group{}, Telling(community.CodeBadInput, "group", fmt.Sprintf("有 %d 个同名的群，请写群编号", len(found)), fmt.Sprintf("%d groups are called so; give the id", len(found)))
}

// read hands in what an outside reader read in a message's pictures.
func (s *Seat) read(p community.Post, out community.Posted) (community.Posted, error) {
	number, err := s.n.o.House.Hands.Read(s.ctx, s.bot, p.Event, p.Text)
	switch community.CodeOf(err) {
	case community.CodeNotFound:
		err = Telling(community.CodeNotFound, "event", "这个令牌能用的群里没有这条消息", "no such message in the token's groups")
	case community.CodeBadInput:
		err = Telling(community.CodeBadInput, "event", "这条消息里没有能判断的图片", "the message has no picture that can be judged")
	}
	out.Event = number
	return out, err
}

func (s *Seat) raise(p community.Post, out community.Posted) (community.Posted, error) {
	if ok, _ := s.n.alarms.Allow(strconv.FormatInt(s.bot.Key, 10)); !ok {
		return out, Telling(community.CodeLimited, "", fmt.Sprintf("一分钟最多 %d 个告警", alarmsMax), fmt.Sprintf("at most %d alarms a minute", alarmsMax))
	}
	id, err := s.n.o.House.Hands.Raise(s.ctx, s.bot, p.Text)
	out.Alarm = id.String()
	return out, err
}

// Signed reports whether the seat's holder must sign each call.
func (s *Seat) Signed() bool { return s.bot.Secret != "" }

// BeginCall notes that a call under a caller's own key begins; see Calls.
func (s *Seat) BeginCall(key, bodyHash string) (fresh bool, answer string, err error) {
	return s.n.o.House.Calls.BeginHookCall(s.ctx, s.bot.Key, key, bodyHash, s.n.Now())
}

// EndCall keeps what the call was answered; with "" it is forgotten.
func (s *Seat) EndCall(key, answer string) error {
	return s.n.o.House.Calls.EndHookCall(s.ctx, s.bot.Key, key, answer)
}

// telling is an error that a caller reads in both languages.
type telling struct {
	code   community.Code
	field  string
	zh, en string
}

// Brief is the beginning of words that are said to a caller, in whole characters: 120 bytes at most, so that it fits into the
// close of a WebSocket (RFC 6455 §5.5) too.
func Brief(words string) string { return strings.ToValidUTF8(words[:min(len(words), 120)], "") }

// Telling makes an error for a caller: about a field of what was posted, or "".
func Telling(code community.Code, field, zh, en string) error { return &telling{code, field, zh, en} }

// Error is the English text.
func (t *telling) Error() string { return t.en }

// As gives the code to community.CodeOf.
func (t *telling) As(target any) bool {
	e, ok := target.(**community.Error)
	if ok {
		*e = &community.Error{Code: t.code, Msg: t.en}
	}
	return ok
}

// Say is the text in both languages, for pages.
func (t *telling) Say() [2]string { return [2]string{t.zh, t.en} }

// Told is what a caller reads about an error: the field it is about, if any, and the words language by language.
func (n *North) Told(err error) (field string, words map[string]string) {
	var t *telling
	if errors.As(err, &t) {
		return t.field, map[string]string{"zh": t.zh, "en": t.en}
	}
	code := community.CodeOf(err)
	if _, ok := sentences[code]; !ok {
		code = community.CodeInternal
	}
	return "", n.o.Each("hook.error." + string(code))
}
