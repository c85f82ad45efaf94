package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// raid (防爆破) watches who joins: too many within some seconds, too many brought by one member, too many with names of one
// pattern. Then the group defends itself for a while: whoever came with the wave, and whoever comes while it lasts, may not
// send what is listed; the group may be muted and told; whoever is on duty is alarmed. It ends by itself. Who was there
// before is not touched, and whoever comes back within the hour is no newcomer: a broken connection is no wave.
type raid struct {
	Seconds  int64        `json:"seconds"`
	Joins    int          `json:"joins"`   // more than so many within Seconds
	Inviter  int          `json:"inviter"` // more than so many brought by one member; 0 = not looked at
	Names    int          `json:"names"`   // more than so many names of one pattern; 0 = not looked at
	Minutes  int64        `json:"minutes"` // how long the defence lasts after the wave
	MuteAll  bool         `json:"mute_all"`
	Announce string       `json:"announce"`
	Expected []expectance `json:"expected"`
	probation
}

// expectance is a campaign that was announced: so many joins by a code within the window are no wave.
type expectance struct {
	State string `json:"state"` // the code's mark; may end in *
	Joins int    `json:"joins"`
}

// raidWatch is what a raid rule remembers.
type raidWatch struct {
	Rule    string                `json:"rule"`
	Joins   []raidJoin            `json:"joins,omitempty"` // within the window, oldest first
	Until   int64                 `json:"until,omitempty"` // the defence is on until then; 0 = off
	Members []community.MemberKey `json:"members,omitempty"`
	Muted   bool                  `json:"muted,omitempty"` // by us: the end lifts it, unless a person has muted everybody
}

// raidJoin is one join; one that was expected counts for nothing.
type raidJoin struct {
	At       int64               `json:"at"`
	Member   community.MemberKey `json:"member"`
	By       community.MemberKey `json:"by,omitempty"`
	Patterns []uint64            `json:"patterns,omitempty"`
	Expected int                 `json:"expected,omitempty"` // place of the campaign in the rule, from 1
}

const (
	wakeRaid       = "raid:"
	maxRaidJoins   = 1000 // remembered of a window, and members under defence
	raidAnnounces  = 600e3
	defRaidSeconds = 60
	defRaidJoins   = 10
	defRaidMinutes = 30
)

func raidKind() kind {
	count := func(name, zh, en string, help [2]string, def any) Field {
		return Field{Name: name, Title: words(zh, en), Help: help, Type: typeInt, Max: maxRaidJoins - 1, Default: def}
	}
	zero := words("0 表示不看", "0 = not looked at")
	return kind{
		schema: Schema{
			Name: "raid", Title: words("防爆破", "Raid defence"), Sanction: true,
			Summary: words("短时间内有人成批进来（人多、同一邀请人、名字一个样）时，自动防御一段时间：这批人暂时不能发所选内容，叫值班的人，到时自动解除。",
				"When many join within a short time (a wave, one inviter, names of one pattern) the group defends itself for a while: those who came may not send what is listed, whoever is on duty is alarmed, and it ends by itself."),
			Reason: words("刚才有大量账号同时进群，新进群的成员暂时不能发这类内容", "many accounts joined at once: for a while newcomers may not send this"),
			Fields: []Field{
				{Name: "seconds", Title: words("看多少秒之内", "Within seconds"), Type: typeInt, Min: 1, Max: 3600, Default: defRaidSeconds},
				{Name: "joins", Title: words("进群超过多少人", "More joins than"), Type: typeInt, Min: 1, Max: maxRaidJoins - 1, Default: defRaidJoins},
				count("inviter", "同一邀请人带来超过多少人", "More by one inviter than", zero, 6),
				count("names", "名字一个样的超过多少人", "More names of one pattern than", zero, 5),
				{Name: "minutes", Title: words("防御多少分钟", "Defence lasts minutes"), Type: typeInt, Min: 1, Max: 24 * 60, Default: defRaidMinutes},
				{Name: "no_links", Title: words("不能发链接", "No links"), Type: typeBool, Default: true},
				{Name: "no_media", Title: words("不能发图片、文件等", "No media"), Type: typeBool, Default: true},
				{Name: "no_contact", Title: words("不能发联系方式", "No contacts"), Type: typeBool, Default: true},
				{Name: "mute_all", Title: words("全员禁言，到时解除", "Mute everybody meanwhile"), Type: typeBool},
				{Name: "announce", Title: words("在群里说一句", "Say in the group"), Type: typeLong, Max: 500},
				{Name: "expected", Title: words("预告过的活动（不算爆破）", "Announced campaigns (no raid)"), Type: typeObjects, Max: 20, Fields: []Field{
					{Name: "state", Title: words("活码的标记", "The code's mark"), Type: typeText, Max: 100, Required: true, Help: words("末尾可用 *", "may end in *")},
					{Name: "joins", Title: words("时间窗内预计进多少人", "Joins expected within the window"), Type: typeInt, Min: 1, Max: 100_000, Required: true},
				}},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			p := &raid{Seconds: defRaidSeconds, Joins: defRaidJoins, Minutes: defRaidMinutes}
			json.Unmarshal(params, p)
			if !p.NoLinks && !p.NoMedia && !p.NoContact && !p.MuteAll {
				b.add(path, "nothing_to_do")
			}
			r.does = p
		},
	}
}

// judge holds what members of a wave send while the defence lasts.
func (p *raid) judge(l *look, r *rule) {
	if w := l.state.raidOf(r.ID); w != nil && l.ev.At < w.Until && slices.Contains(w.Members, l.ev.Actor) {
		p.restrict(l, r, "raid")
	}
}

// isRaiding reports whether a live defence holds a member.
func (s *State) isRaiding(rb *Rulebook, who community.MemberKey, now int64) bool {
	return slices.ContainsFunc(rb.raids, func(r *rule) bool {
		w := s.raidOf(r.ID)
		return !r.dry && w != nil && now < w.Until && slices.Contains(w.Members, who)
	})
}

func (s *State) raidOf(rule string) *raidWatch {
	for i := range s.now.Raids {
		if s.now.Raids[i].Rule == rule {
			return &s.now.Raids[i]
		}
	}
	return nil
}

// keepRaid puts a watch in the place of the rule's old one; one that remembers nothing goes.
func (s *State) keepRaid(w raidWatch) {
	all := slices.DeleteFunc(slices.Clone(s.now.Raids), func(old raidWatch) bool { return old.Rule == w.Rule })
	if len(w.Joins) > 0 || w.Until > 0 {
		all = append(all, w)
	}
	s.now.Raids = all
}

// watch takes a join into account and begins, or goes on with, the defence. It reports whether the rule has something to say.
func (p *raid) watch(j *arriving, r *rule) bool {
	var w raidWatch
	if old := j.state.raidOf(r.ID); old != nil {
		w = *old
	}
	w.Rule = r.ID
	now := j.ev.At
	w.Joins = p.within(w.Joins, now)
	join := raidJoin{At: now, Member: j.member, By: j.ev.By, Patterns: namePatterns(j.ev.Body.Name), Expected: p.expects(w.Joins, j.ev.Body.State)}
	w.Joins = append(w.Joins, join)
	on := now < w.Until
	why := ""
	if join.Expected == 0 {
		why = p.wave(w.Joins, join)
	}
	if why != "" || on && join.Expected == 0 {
		w.Members = p.held(w, now)
	}
	if why == "" {
		j.state.keepRaid(w)
		return false
	}
	w.Until = now + p.Minutes*60_000
	if !on {
		p.begin(j, r, &w, why)
	}
	j.state.keepRaid(w)
	return !on
}

// within drops joins that have left the window, and the oldest beyond the bound.
func (p *raid) within(joins []raidJoin, now int64) []raidJoin {
	out := make([]raidJoin, 0, len(joins)+1)
	for _, x := range joins {
		if x.At > now-p.Seconds*1000 {
			out = append(out, x)
		}
	}
	return out[max(0, len(out)-maxRaidJoins+1):]
}

// expects gives the campaign that a join belongs to, from 1, while it has not brought more than was announced; 0 = none.
func (p *raid) expects(joins []raidJoin, state string) int {
	for i, e := range p.Expected {
		if state == "" || !stateFits(e.State, state) {
			continue
		}
		came := 0
		for _, x := range joins {
			if x.Expected == i+1 {
				came++
			}
		}
		if came < e.Joins {
			return i + 1
		}
	}
	return 0
}

// wave says why the joins are a wave; "" = they are none.
func (p *raid) wave(joins []raidJoin, last raidJoin) string {
	all, by := 0, 0
	like := make([]int, len(last.Patterns))
	for _, x := range joins {
		if x.Expected != 0 {
			continue
		}
		all++
		if x.By == last.By {
			by++
		}
		for i, key := range last.Patterns {
			if slices.Contains(x.Patterns, key) {
				like[i]++
			}
		}
	}
	names := 0
	for _, n := range like {
		names = max(names, n)
	}
	switch {
	case all > p.Joins:
		return fmt.Sprintf("raid joins %ds %d>%d", p.Seconds, all, p.Joins)
	case p.Inviter > 0 && last.By != 0 && by > p.Inviter:
		return fmt.Sprintf("raid inviter %ds %d>%d", p.Seconds, by, p.Inviter)
	case p.Names > 0 && names > p.Names:
		return fmt.Sprintf("raid names %ds %d>%d", p.Seconds, names, p.Names)
	}
	return ""
}

// held are the members under defence: those of the window that were not expected, and those of before while it is on.
func (p *raid) held(w raidWatch, now int64) []community.MemberKey {
	var out []community.MemberKey
	if now < w.Until {
		out = slices.Clone(w.Members)
	}
	for _, x := range w.Joins {
		if x.Expected == 0 && !slices.Contains(out, x.Member) && len(out) < maxRaidJoins {
			out = append(out, x.Member)
		}
	}
	return out
}

// begin turns the defence on.
func (p *raid) begin(j *arriving, r *rule, w *raidWatch, why string) {
	d := j.out
	d.Wakes = append(d.Wakes, community.Wake{Key: wakeRaid + r.ID + ":" + j.ev.ID.String(), At: w.Until})
	hit := community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Chose: !r.dry, Why: why}
	if p.MuteAll {
		hit.Why += " mute_all"
	}
	d.Hits = append(d.Hits, hit)
	if r.dry {
		return
	}
	d.Alarm = strings.TrimPrefix(why, "raid ")
	if p.MuteAll {
		w.Muted = true
		j.state.addAction(j.ev, d, community.Action{Verb: community.MuteAll, Rule: r.ID, Deadline: j.ev.At + muteLasts}, community.ByRule)
	}
	if p.Announce != "" {
		j.state.addAction(j.ev, d, community.Action{Verb: community.Send, Rule: r.ID, Text: fill(p.Announce, j.rb, ""), Deadline: j.ev.At + raidAnnounces}, community.ByRule)
	}
}

// stepRaidOver answers the timer of a defence: it ends, or waits on where the wave went on.
func stepRaidOver(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	id, _, _ := strings.Cut(strings.TrimPrefix(ev.Body.Message, wakeRaid), ":")
	w := s.raidOf(id)
	if w == nil || w.Until == 0 {
		return nil
	}
	d := decide(rb, s, ev, 0)
	d.Verdict = community.Served
	r := rb.find(id)
	dry := r == nil || r.dry
	hit := community.RuleHit{Rule: id, Kind: "raid", Dry: dry, Why: "raid over"}
	if ev.At < w.Until {
		hit.Why = "raid on"
		d.Wakes = []community.Wake{{Key: wakeRaid + id + ":" + ev.ID.String(), At: w.Until}}
	} else {
		hit.Why = fmt.Sprintf("raid over %d", len(w.Members))
		if w.Muted && !s.now.Silenced {
			s.addAction(ev, &d, community.Action{Verb: community.MuteAll, Refuse: true, Rule: id}, community.BySystem)
		}
		s.keepRaid(raidWatch{Rule: id, Joins: w.Joins})
	}
	if dry && len(d.Actions) == 0 {
		d.Verdict = community.DryHit
	}
	d.Hits = []community.RuleHit{hit}
	return []community.Decision{d}
}

// namePatterns are what names of a batch have in common: the letters without digits and signs; how they begin; and, where
// letters and digits are mixed, in which order and how many of each. Short ordinary names have no pattern but themselves.
func namePatterns(name string) []uint64 {
	var letters, shape []rune
	digits, run := 0, 0
	last := rune(0)
	flush := func() {
		if run > 0 {
			shape = append(shape, last, rune('0'+min(run, 9)))
		}
	}
	for _, r := range name {
		r = lexicon.Fold(r)
		class := rune('.')
		switch {
		case unicode.IsDigit(r):
			class = '#'
			digits++
		case unicode.Is(unicode.Han, r):
			class = '汉'
		case unicode.IsLetter(r):
			class = 'a'
		}
		if class == 'a' || class == '汉' {
			letters = append(letters, r)
		}
		if class != last {
			flush()
			last, run = class, 0
		}
		run++
	}
	flush()
	var out []uint64
	add := func(kind string, of []rune) { out = append(out, lexicon.HashExact(kind+string(of))) }
	if len(letters) >= 2 {
		add("letters ", letters)
	}
	if begin := 2; len(letters) > begin && unicode.Is(unicode.Han, letters[0]) {
		add("begin ", letters[:begin])
	} else if begin = 4; len(letters) > begin {
		add("begin ", letters[:begin])
	}
	if digits >= 2 && len(shape) >= 4 {
		add("shape ", shape)
	}
	return out
}
