package policy

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// confirm asks newcomers to agree to the rules (群规确认). Until they do, the same holds for them as on probation: they may not send
// what is listed. It is a kind of rule and no setting of the charter, so that it has a dry run, a ladder, a replay and hits like
// every other, and so that what it decides is decided here and nowhere else.
//
// Who agreed is a fact of the group's log: words in the group that the rule names, or a member.confirmed event. Members who were
// there before are asked only with Everybody; imports never ask.
type confirm struct {
	Keywords []string `json:"keywords"` // a message that says exactly this agrees
	Text     string   `json:"text"`     // what a newcomer is told: {name} {group} {keyword} {rules} {confirm} {version}
	Done     string   `json:"done"`     // what they are told when they have agreed in the group; "" = nothing

	NoLinks   bool `json:"no_links"`
	NoMedia   bool `json:"no_media"`
	NoContact bool `json:"no_contact"`

	RemindHours   int64  `json:"remind_hours"` // 0 = never
	RemindText    string `json:"remind_text"`
	DeadlineHours int64  `json:"deadline_hours"` // 0 = none
	After         string `json:"after"`          // what follows the deadline: limited, task, remove

	Again     string `json:"again"` // whether a new version asks again: none, base_exit, any
	Everybody bool   `json:"everybody"`

	limits probation
}

// What follows when the deadline passes.
const (
	afterLimited = "limited"
	afterTask    = "task"
	afterRemove  = "remove"
)

// Which changes of the charter ask again.
const (
	againNone = "none"
	againHard = "base_exit"
	againAny  = "any"
)

// Words of a confirm rule that gives none.
const (
	DefaultKeyword     = "我已阅读并同意"
	DefaultConfirmText = "请先阅读群规 {rules} ，回复“{keyword}”后即可正常发言；确认前暂时不能发链接、图片和名片。"
	DefaultRemindText  = "{name}，还没有收到你的群规确认，请回复“{keyword}”。"
)

func confirmKind() kind {
	return kind{
		schema: Schema{
			Name: "confirm", Title: words("群规确认", "Agreement to the rules"), Sanction: true,
			Summary: words("新人进群时请他确认群规，确认前与观察期一样受限；谁、哪一版、什么时候、怎样确认都有记录。", "Asks newcomers to agree to the rules; until then they are limited as on probation. Who agreed to which version, when and how is on record."),
			Reason:  words("确认群规之前暂时不能发这类内容", "this may not be sent before the rules are agreed to"),
			Fields: []Field{
				{Name: "keywords", Title: words("确认的话", "Words of agreement"), Type: typeWords, Max: 20,
					Help: words("群里整条消息就是这句话才算；留空为“我已阅读并同意”", "a message that says nothing but this; empty = 我已阅读并同意")},
				{Name: "text", Title: words("进群时的提示", "What newcomers are told"), Type: typeLong, Max: 1000, Default: DefaultConfirmText,
					Help: words("接在欢迎语后面。可用 {name} {group} {keyword} {rules} {confirm} {version}；{rules} 是公开页，{confirm} 是本人的确认链接", "goes with the welcome; may hold {name} {group} {keyword} {rules} {confirm} {version}: {rules} is the public page, {confirm} the member's own link")},
				{Name: "done", Title: words("确认后的回复", "Answer to an agreement"), Type: typeLong, Max: 500, Help: words("留空不回复。可用 {name} {group} {version}", "empty = none; may hold {name} {group} {version}")},
				{Name: "no_links", Title: words("确认前不能发链接", "No links before"), Type: typeBool, Default: true},
				{Name: "no_media", Title: words("确认前不能发图片、文件、名片等", "No media or cards before"), Type: typeBool, Default: true},
				{Name: "no_contact", Title: words("确认前不能发联系方式", "No contacts before"), Type: typeBool, Default: true},
				{Name: "remind_hours", Title: words("几小时后提醒", "Remind after hours"), Type: typeInt, Max: 24 * 30, Help: words("0 表示不提醒", "0 = never")},
				{Name: "remind_text", Title: words("提醒的话", "Reminder"), Type: typeLong, Max: 500, Default: DefaultRemindText,
					Help: words("可用 {name} {group} {keyword} {rules} {confirm} {version}", "may hold {name} {group} {keyword} {rules} {confirm} {version}")},
				{Name: "deadline_hours", Title: words("几小时内须确认", "Deadline in hours"), Type: typeInt, Max: 24 * 90, Help: words("0 表示没有期限", "0 = none")},
				{Name: "after", Title: words("到期还没确认", "After the deadline"), Type: typeChoice, Default: afterLimited, Choices: []Choice{
					{afterLimited, words("只是继续受限", "Only stays limited")}, {afterTask, words("交给人处理", "A task for a person")}, {afterRemove, words("移出", "Remove")},
				}},
				{Name: "again", Title: words("群规改了以后", "When the rules change"), Type: typeChoice, Default: againNone, Choices: []Choice{
					{againNone, words("不用重新确认", "Nobody is asked again")}, {againHard, words("基础或退出规则改了才重新确认", "Asked again when base or exit rules change")}, {againAny, words("任何条文改了都重新确认", "Asked again when any article changes")},
				}},
				{Name: "everybody", Title: words("老成员也要确认", "Members who were there before, too"), Type: typeBool},
			},
		},
		build: buildConfirm,
	}
}

func buildConfirm(b *builder, path string, r *rule, params json.RawMessage) {
	c := &confirm{Text: DefaultConfirmText, RemindText: DefaultRemindText, After: afterLimited, Again: againNone}
	json.Unmarshal(params, c)
	if len(c.Keywords) == 0 {
		c.Keywords = []string{DefaultKeyword}
	}
	c.limits = probation{NoLinks: c.NoLinks, NoMedia: c.NoMedia, NoContact: c.NoContact}
	r.does = c
	if !c.NoLinks && !c.NoMedia && !c.NoContact {
		b.add(path, "nothing_to_do")
	}
	if c.RemindHours > 0 && c.DeadlineHours > 0 && c.RemindHours >= c.DeadlineHours {
		b.add(path+".remind_hours", "confirm_reminds_late")
	}
	if r.Mode == RuleOff {
		return
	}
	if b.rb.asks != nil {
		b.add(path, "confirm_twice", b.rb.asks.Name)
		return
	}
	b.rb.asks = r
	for i, text := range c.Keywords {
		b.phrase(r.index, i, text, 0)
	}
}

// agreement is what is known of a member's agreement to the rules.
type agreement struct {
	Asked  int64 `json:"asked,omitempty"`  // when they were asked, UTC ms; 0 = nobody asked them
	Agreed int   `json:"agreed,omitempty"` // the latest version that they agreed to
	Dry    bool  `json:"dry,omitempty"`    // they said so to a rule in dry run: it ends its shadow of asking, no more
}

// owes reports whether a member still has to agree.
func (c *confirm) owes(s *State, r *rule, m *member) bool {
	a := m.Agreement
	switch {
	case r.dry && a.Dry:
		return false
	case a.Agreed > 0:
		return a.Agreed < s.now.Again
	}
	return a.Asked > 0 || c.Everybody
}

// judge takes an agreement, or finds what may not be sent before.
func (c *confirm) judge(l *look, r *rule) {
	if c.agrees(l, r) {
		l.agreed = r
		return
	}
	if l.member != nil && c.owes(l.state, r, l.member) {
		c.limits.restrict(l, r, "unconfirmed")
	}
}

// agrees reports whether a message is one of the rule's words and nothing else, from somebody to whom that is news.
func (c *confirm) agrees(l *look, r *rule) bool {
	if l.ev.Type != community.MessageCreated || l.member == nil {
		return false
	}
	said := slices.ContainsFunc(l.matches, func(m lexicon.Match) bool {
		return int(l.rb.owners[m.Phrase].rule) == r.index && (&reply{Match: matchExact}).placed(l.ev.Body.Text, m.Span)
	})
	return said && (c.owes(l.state, r, l.member) || l.member.Agreement.Agreed < max(1, l.state.now.Charter))
}

// takeAgreement notes what a message agreed to, and answers.
func (l *look) takeAgreement(d *community.Decision) {
	r := l.agreed
	if r == nil {
		return
	}
	c := r.does.(*confirm)
	hit := community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Chose: !r.dry, Why: "confirmed"}
	if r.dry {
		l.member.Agreement.Dry = true
		d.Hits = append(d.Hits, hit)
		return
	}
	version := max(l.rb.book.Version, 1)
	l.member.Agreement.Agreed = version
	d.Confirmed, d.Hits = version, append(d.Hits, hit)
	if c.Done != "" && l.ev.At-l.ev.OccurredAt <= replyLasts {
		text := strings.ReplaceAll(c.Done, "{version}", strconv.Itoa(version))
		d.Actions = append(d.Actions, say(l.ev, r, len(d.Actions), l.ev.Actor, fill(text, l.rb, nameOf(l.ev)), replyLasts))
	}
}

// words fills a text of the rule; addresses stay marks.
func (c *confirm) words(rb *Rulebook, text string) string {
	return strings.NewReplacer("{keyword}", c.Keywords[0], "{version}", strconv.Itoa(rb.book.Version)).Replace(text)
}

const (
	wakeConfirm    = "confirm:"
	confirmRemind  = "remind"
	confirmOverdue = "overdue"
)

// ask asks a newcomer to agree, and says what goes with the greeting. Whoever agreed to these rules during an
// earlier stay is not asked again.
func (c *confirm) ask(j *arriving, r *rule, m *member) (said string, asked bool) {
	agreed := m.Agreement.Agreed
	if j.rb.immune(m.Key, m.Role, m.Mark) || agreed > 0 && agreed >= max(j.state.now.Charter, j.state.now.Again) {
		return "", false
	}
	m.Agreement = agreement{Asked: j.ev.At}
	j.out.Hits = append(j.out.Hits, community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Chose: !r.dry, Why: "asked"})
	for _, w := range []struct {
		what  string
		hours int64
	}{{confirmRemind, c.RemindHours}, {confirmOverdue, c.DeadlineHours}} {
		if w.hours > 0 {
			j.out.Wakes = append(j.out.Wakes, community.Wake{Key: wakeConfirm + w.what + ":" + strconv.FormatInt(int64(m.Key), 10) + ":" + strconv.FormatInt(j.ev.At, 10), At: j.ev.At + w.hours*3600*1000})
		}
	}
	return c.words(j.rb, c.Text), true
}

// stepConfirmDue answers the timer of somebody who was asked: they are reminded, or their time is over.
func stepConfirmDue(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	part := strings.Split(strings.TrimPrefix(ev.Body.Message, wakeConfirm), ":")
	if len(part) != 3 || rb.asks == nil {
		return nil
	}
	key, _ := strconv.ParseInt(part[1], 10, 64)
	asked, _ := strconv.ParseInt(part[2], 10, 64)
	r, m := rb.asks, s.members[community.MemberKey(key)]
	c := r.does.(*confirm)
	if m == nil || m.Gone || m.Agreement.Asked != asked || !c.owes(s, r, m) || rb.immune(m.Key, m.Role, m.Mark) {
		return nil
	}
	d := decide(rb, s, ev, m.Key)
	d.Verdict, d.Why, d.Article = community.Served, "confirm_"+part[0], r.article
	hit := community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Chose: !r.dry, Why: "unconfirmed " + part[0]}
	act := c.due(rb, s, ev, m, part[0])
	if r.dry {
		d.Verdict, d.Article = community.DryHit, 0
		if act.Verb != "" {
			hit.Why += "; rung 1" + wouldMark + actWord(act.Verb)
		}
	} else if act.Verb != "" {
		s.addAction(ev, &d, act, community.ByRule)
		last := &d.Actions[len(d.Actions)-1]
		last.Hold, last.Rule = act.Hold, r.ID
		if act.Verb == community.Remove {
			s.await(rb, ev.At, awaited{Action: last.ID, Member: m.Key, Reason: r.reason, Rule: r.ID, Article: r.article, Held: act.Hold != ""})
		}
		s.remember(rb, &d)
	}
	d.Hits = []community.RuleHit{hit}
	return []community.Decision{d}
}

// actWord is a verb as hits name it.
func actWord(v community.Verb) string {
	if act := ActOf(v); act != "" {
		return act
	}
	return string(v)
}

// taskLasts is how long people have for whom nobody agreed, in ms.
const taskLasts = 3 * daySeconds * 1000

// due is what is done when somebody has not agreed in time; no verb = nothing.
func (c *confirm) due(rb *Rulebook, s *State, ev *community.Event, m *member, what string) community.Action {
	switch {
	case what == confirmRemind:
		return community.Action{Verb: community.Send, Target: m.Key, Mention: true, Text: fill(c.words(rb, c.RemindText), rb, "你好"), Deadline: ev.At + hourMs}
	case c.After == afterTask:
		return community.Action{Verb: community.Todo, Target: m.Key, Until: ev.At + taskLasts, Text: "到期还没有确认群规，请联系这位成员，或按群规处理。"}
	case c.After == afterRemove:
		act := community.Action{Verb: community.Remove, Target: m.Key}
		if !rb.asks.dry {
			act.Hold = s.holdRemoval(rb, ev.At, m.Key, s.now.Unproved)
		}
		return act
	}
	return community.Action{}
}

// stepConfirmed takes over that a member agreed otherwise than by words in the group.
func stepConfirmed(_ *Rulebook, s *State, ev *community.Event) []community.Decision {
	var c community.Confirmation
	who := subject(ev)
	if who == 0 || json.Unmarshal(ev.Body.Data, &c) != nil || c.Version <= 0 {
		return nil
	}
	m := s.touch(who)
	m.Agreement.Agreed = max(m.Agreement.Agreed, c.Version)
	return nil
}

// adoptCharter notes what a new version means for who agreed to an earlier one.
func (s *State) adoptCharter(old, next *Rulebook, keeps func(string) bool) {
	list := DiffCharters(old.book, next.book)
	if len(list) > 0 {
		s.now.Charter = next.book.Version
	}
	if next.asks != nil && next.asks.does.(*confirm).asksAgain(list) {
		s.now.Again = next.book.Version
	}
	if old.asks == nil || next.asks != nil && next.asks.ID == old.asks.ID && keeps(old.asks.ID) {
		return
	}
	for _, m := range s.members { // who was asked by a rule that is gone, or a dry one, is asked no longer
		m.Agreement.Asked, m.Agreement.Dry = 0, false
	}
}

// asksAgain reports whether changes of the charter ask those again who agreed before.
func (c *confirm) asksAgain(list []ArticleChange) bool {
	return slices.ContainsFunc(list, func(ch ArticleChange) bool {
		if ch.Kind == ArticleMoved {
			return false
		}
		was := ch.Level
		if ch.Before != nil {
			was = ch.Before.Level
		}
		hard := ch.Level != LevelValue || was != LevelValue
		return c.Again == againAny || c.Again == againHard && hard
	})
}
