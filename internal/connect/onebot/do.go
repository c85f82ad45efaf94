package onebot

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/onebot/wire"
)

// longestMute is what QQ takes (30 days less a minute; unverified), in seconds.
const longestMute = 30*86400 - 60

// recipe says how a verb is done: which action with which parameters.
type recipe struct {
	action string
	params func(l *link, a community.Action) map[string]any
	echo   func(a community.Action) string // the key under which its event comes back; nil = cannot be told
	back   string                          // the action that does the opposite, for Refuse; "" = a parameter says so
}

// of is the action for an action of ours.
func (r recipe) of(a community.Action) string {
	if a.Refuse && r.back != "" {
		return r.back
	}
	return r.action
}

var recipes = map[community.Verb]recipe{
	community.Send:      {"send_group_msg", sendParams, echoOfSend, ""},
	community.RecallMsg: {"delete_msg", recallParams, echoOfRecall, ""},
	community.Mute:      {"set_group_ban", muteParams, echoOfMute, ""},
	community.Unmute:    {"set_group_ban", unmuteParams, echoOfMute, ""},
	community.Remove:    {"set_group_kick", removeParams, echoOfRemove, ""},
	community.Approve:   {"set_group_add_request", approveParams, nil, ""},
	community.SetCard:   {"set_group_card", cardParams, echoOfCard, ""},
	community.MuteAll:   {"set_group_whole_ban", muteAllParams, echoOfMuteAll, ""},
	community.Announce:  {"_send_group_notice", announceParams, nil, ""},
	community.Rename:    {"set_group_name", renameParams, nil, ""},
	community.Essence:   {"set_essence_msg", recallParams, nil, "delete_essence_msg"},
}

// Do carries an action out. MuteAll with Refuse lifts it. CodeLimited: over the budget of sends or the platform says so,
// certainly not done. CodeRefused carries the platform's words.
func (s *Session) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.Verb == community.ListMember {
		return s.readRoster(ctx, a)
	}
	how, ok := recipes[a.Verb]
	if !ok {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "OneBot v11 cannot do %q", a.Verb)
	}
	if err := complete(a); err != nil {
		return connect.Receipt{}, err
	}
	if a.Verb == community.Mute && muteSeconds(a) == 0 {
		return connect.Receipt{State: community.Acked, Detail: "the mute's end has passed"}, nil
	}
	l, err := s.admit(a.Verb)
	if err != nil {
		return connect.Receipt{}, err
	}
	if how.echo != nil {
		s.echoes.Expect(how.echo(a), a.ID)
	}
	got, err := l.call(ctx, how.of(a), how.params(l, a), false)
	if err == nil {
		err = s.judge(a, got)
	}
	if err != nil {
		return connect.Receipt{}, err
	}
	receipt := connect.Receipt{State: community.Acked, Detail: got.words}
	if a.Verb == community.Send {
		var r wire.Reader
		receipt.Message = r.ID(r.Object(wire.Fields{"data": got.data}, "data"), "message_id")
		s.echoes.Expect("message:"+receipt.Message, a.ID)
	}
	return receipt, nil
}

// complete checks that the action names what it needs, before anything is sent.
func complete(a community.Action) error {
	lacks := ""
	switch a.Verb {
	case community.RecallMsg, community.Essence:
		if a.To.Message == "" {
			lacks = "message"
		}
		return lacking(a, lacks)
	case community.Mute, community.Unmute, community.Remove, community.SetCard:
		if a.To.Member == "" {
			lacks = "member"
		}
	case community.Approve:
		if a.Message == "" {
			lacks = "flag"
		}
		return lacking(a, lacks)
	case community.Send, community.Announce, community.Rename:
		if a.Text == "" && len(a.Segments) == 0 {
			lacks = "text"
		}
	}
	if a.To.Group == "" {
		lacks = "group"
	}
	return lacking(a, lacks)
}

func lacking(a community.Action, what string) error {
	if what == "" {
		return nil
	}
	return community.Errorf(community.CodeBadInput, "%s without %s", a.Verb, what)
}

// admit gives the link if anything may be sent over it now.
func (s *Session) admit(verb community.Verb) (*link, error) {
	s.mu.Lock()
	why := s.stopped()
	s.mu.Unlock()
	if why != "" {
		return nil, community.Errorf(community.CodeRefused, "%s", why)
	}
	l, err := s.linked()
	if err != nil {
		return nil, err
	}
	if verb != community.Send && verb != community.Announce {
		return l, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.budget.Take() {
		return nil, community.Errorf(community.CodeLimited, "over %d sends a minute", s.rate)
	}
	return l, nil
}

// judge says what an answer means and learns from it.
func (s *Session) judge(a community.Action, got answer) error {
	if got.status != "failed" && (got.status == "ok" || got.status == "async" || got.retcode == 0) {
		s.learn(a.Verb, false)
		return nil
	}
	code := meaningOf(got)
	switch code {
	case community.CodeUnsupported:
		s.learn(a.Verb, true)
	case community.CodeRestricted:
		s.restrict(got.words) // the code tells the belt
	case codeNoRank:
		s.doubtRank(a.To.Group)
		code = community.CodeRefused
	case codeMuted:
		s.silence(a.To.Group, got.words)
		code = community.CodeRefused
	}
	return community.Errorf(code, "%s: retcode %d: %s", a.Verb, got.retcode, s.hush(shortened(got.words)))
}

// Codes of this room, never given out.
const (
	codeNoRank community.Code = "no_rank"
	codeMuted  community.Code = "muted"
)

// signs are words in a failed answer and what they mean; the first that is found counts. Implementations agree on the
// retcodes of v11 only in part, so the words are the better witness.
var signs = []struct {
	words string // lower case
	code  community.Code
}{
	{"not implemented", community.CodeUnsupported}, {"not support", community.CodeUnsupported},
	{"unsupported", community.CodeUnsupported}, {"api_not_found", community.CodeUnsupported},
	{"不支持的api", community.CodeUnsupported}, {"未实现", community.CodeUnsupported}, {"unknown action", community.CodeUnsupported},
	{"timeout", community.CodeTimeout}, {"timed out", community.CodeTimeout}, {"超时", community.CodeTimeout},
	{"风控", community.CodeRestricted}, {"账号异常", community.CodeRestricted}, {"账号被限制", community.CodeRestricted}, {"冻结", community.CodeRestricted},
	{"account restricted", community.CodeRestricted},
	{"被禁言", codeMuted}, {"全员禁言", codeMuted}, {"is muted", codeMuted}, {"are muted", codeMuted}, {"been muted", codeMuted},
	{"频繁", community.CodeLimited}, {"rate limit", community.CodeLimited}, {"too many", community.CodeLimited},
	{"not admin", codeNoRank}, {"not an admin", codeNoRank}, {"权限", codeNoRank}, {"permission", codeNoRank},
	{"不是管理", codeNoRank},
}

// retcodes of OneBot v11 and what they mean, where the words say nothing.
var retcodes = map[int64]community.Code{
	404: community.CodeUnsupported, 1404: community.CodeUnsupported,
	401: community.CodeForbidden, 403: community.CodeForbidden, 1401: community.CodeForbidden, 1403: community.CodeForbidden,
	429: community.CodeLimited,
}

func meaningOf(got answer) community.Code {
	words := strings.ToLower(got.words)
	for _, sign := range signs {
		if strings.Contains(words, sign.words) {
			return sign.code
		}
	}
	if code, ok := retcodes[got.retcode]; ok {
		return code
	}
	return community.CodeRefused
}

// Members reads a group's full list. CodeConflict: the list holds fewer people than the group says it has.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	l, err := s.linked()
	if err != nil {
		return nil, err
	}
	if s.isUnknown() {
		s.greet(l) // or we would not find ourselves in the list
	}
	params := map[string]any{"group_id": l.id(group), "no_cache": true}
	got, err := s.ask(ctx, l, "get_group_member_list", params, true)
	if err == nil || community.CodeOf(err) == community.CodeUnsupported {
		s.learn(community.ListMember, err != nil)
	}
	if err != nil {
		return nil, err
	}
	people, err := s.people(got.data)
	if err != nil {
		return nil, err
	}
	info, err := s.ask(ctx, l, "get_group_info", params, false)
	if err != nil {
		return people, nil // not every implementation has it
	}
	var r wire.Reader
	if count := r.Number(r.Object(wire.Fields{"data": info.data}, "data"), "member_count"); count > int64(len(people)) {
		return nil, community.Errorf(community.CodeConflict, "member list is not complete: %d of %d", len(people), count)
	}
	return people, nil
}

func (s *Session) people(data json.RawMessage) ([]community.Who, error) {
	var rows []wire.Fields
	if err := json.Unmarshal(data, &rows); err != nil || len(rows) == 0 {
		return nil, community.Errorf(community.CodeBadInput, "member list is not a list")
	}
	s.mu.Lock()
	self := s.self
	s.mu.Unlock()
	var r wire.Reader
	seen := make(map[string]bool, len(rows))
	people := make([]community.Who, 0, len(rows))
	for _, row := range rows {
		who := community.Who{
			ID: r.ID(row, "user_id"), Name: r.Text(row, "nickname"), Card: r.Text(row, "card"), Role: rank(r.Text(row, "role")),
			JoinedAt: joinTime(row),
		}
		if r.Err != nil || who.ID == "" {
			return nil, community.Errorf(community.CodeBadInput, "member list has a row without user_id")
		}
		if who.ID == self {
			who.Role = community.RoleSelf
		}
		if !seen[who.ID] {
			seen[who.ID] = true
			people = append(people, who)
		}
	}
	return people, nil
}

// joinTime is when a member joined (UTC ms); 0 where an implementation does not say, or says what cannot be.
func joinTime(row wire.Fields) int64 {
	var r wire.Reader // on its own: what is wrong here spoils nothing else
	at := r.Number(row, "join_time")
	if r.Err != nil || at <= 0 || at > maxSeconds {
		return 0
	}
	return at * 1000
}

// maxSeconds bounds times of the protocol, UTC seconds: the year 5138.
const maxSeconds = 100_000_000_000

// Groups tells which groups the account is in.
func (s *Session) Groups(ctx context.Context) ([]community.Ref, error) {
	l, err := s.linked()
	if err != nil {
		return nil, err
	}
	got, err := s.ask(ctx, l, "get_group_list", map[string]any{"no_cache": true}, true)
	if err != nil {
		return nil, err
	}
	var rows []wire.Fields
	if err := json.Unmarshal(got.data, &rows); err != nil {
		return nil, community.Errorf(community.CodeBadInput, "group list is not a list")
	}
	var r wire.Reader
	groups := make([]community.Ref, 0, len(rows))
	for _, row := range rows {
		groups = append(groups, community.Ref{ID: r.ID(row, "group_id"), Name: r.Text(row, "group_name")})
	}
	return groups, r.Err
}

// ask is a call that only reads.
func (s *Session) ask(ctx context.Context, l *link, action string, params map[string]any, long bool) (answer, error) {
	got, err := l.call(ctx, action, params, long)
	if err != nil {
		return answer{}, err
	}
	if got.status == "failed" || got.status == "" && got.retcode != 0 {
		code := meaningOf(got)
		if code == codeNoRank || code == community.CodeRestricted || code == codeMuted {
			code = community.CodeRefused
		}
		return answer{}, community.Errorf(code, "%s: retcode %d: %s", action, got.retcode, s.hush(shortened(got.words)))
	}
	return got, nil
}

// readRoster is ListMember: the list comes as an event.
func (s *Session) readRoster(ctx context.Context, a community.Action) (connect.Receipt, error) {
	people, err := s.Members(ctx, a.To.Group)
	if err != nil {
		return connect.Receipt{}, err
	}
	return s.feed.Roster(ctx, a, people)
}

func sendParams(l *link, a community.Action) map[string]any {
	segments := a.Segments
	if len(segments) == 0 {
		segments = []community.Segment{{Kind: "text", Text: a.Text}}
	}
	if a.Mention && a.To.Member != "" {
		segments = append([]community.Segment{{Kind: "at", Ref: a.To.Member}, {Kind: "text", Text: " "}}, segments...)
	}
	return map[string]any{"group_id": l.id(a.To.Group), "message": wire.Print("", a.ReplyTo, joined(segments))}
}

// joined puts texts that follow each other together.
func joined(segments []community.Segment) []community.Segment {
	out := make([]community.Segment, 0, len(segments))
	for _, s := range segments {
		if n := len(out); n > 0 && s.Kind == "text" && out[n-1].Kind == "text" {
			out[n-1].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

func recallParams(l *link, a community.Action) map[string]any {
	return map[string]any{"message_id": l.id(a.To.Message)}
}

func muteParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "user_id": l.id(a.To.Member), "duration": muteSeconds(a)}
}

func unmuteParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "user_id": l.id(a.To.Member), "duration": 0}
}

func removeParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "user_id": l.id(a.To.Member), "reject_add_request": a.Block}
}

func approveParams(_ *link, a community.Action) map[string]any {
	sort, flag := "add", a.Message
	for _, known := range []string{"add", "invite"} {
		if rest, ok := strings.CutPrefix(a.Message, known+":"); ok {
			sort, flag = known, rest
		}
	}
	return map[string]any{"flag": flag, "sub_type": sort, "approve": !a.Refuse, "reason": a.Text}
}

func cardParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "user_id": l.id(a.To.Member), "card": a.Text}
}

func muteAllParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "enable": !a.Refuse}
}

func announceParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "content": a.Text}
}

func renameParams(l *link, a community.Action) map[string]any {
	return map[string]any{"group_id": l.id(a.To.Group), "group_name": a.Text}
}

// muteSeconds is what remains of a mute, so that a late attempt does not mute for longer; 0 = its end has passed.
func muteSeconds(a community.Action) int64 {
	seconds := a.Seconds
	if a.Until > 0 {
		seconds = (a.Until - time.Now().UnixMilli() + 999) / 1000
	}
	return min(max(seconds, 0), longestMute)
}

// id writes an id as this implementation does: as a string where its own are strings, else as a number if it is one that
// every reader of JSON can hold.
func (l *link) id(id string) any {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || l.quoted.Load() || n > 1<<53-1 || n < -(1<<53-1) || strconv.FormatInt(n, 10) != id {
		return id
	}
	return n
}

func shortened(words string) string {
	const most = 300
	if len(words) <= most {
		return words
	}
	return strings.ToValidUTF8(words[:most], "") + "…"
}
