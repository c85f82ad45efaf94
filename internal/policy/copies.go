package policy

import (
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// nearCopies hits when one text, however it is changed, comes again and again from several members (刷屏), or from one.
// What consists of little but thanks and wishes, a list that grows (接龙), and what the group says day after day are no
// texts of that sort. Late events and edits are neither judged nor counted, immune members' messages not counted.
type nearCopies struct {
	Minutes int64 `json:"minutes"`
	Copies  int   `json:"copies"`  // from this one on, if they come from several members
	Senders int   `json:"senders"` // so many members
	Alone   int   `json:"alone"`   // from this one on, if they come from fewer; 0 = never
	keeps   bool  // this rule writes into the group's memory, for all rules of the kind
}

// Defaults of the kind, and how far back the memory reaches.
const (
	copiesMinutes    = 15
	copiesMaxMinutes = 30
	copiesDefault    = 3
	copiesSenders    = 2
	copiesAlone      = 4
)

func copiesKind() kind {
	return kind{
		schema: Schema{
			Name: "copies", Title: words("复制刷屏", "Copies"), Sanction: true,
			Summary: words("同一段话换着花样（改字、加符号、换号码）反复出现，哪怕出自不同的人。", "One text comes again and again, with other characters, symbols and numbers in it, even from different members."),
			Reason:  words("请不要反复发同样的内容", "please do not post the same text again and again"),
			Fields: []Field{
				{Name: "minutes", Title: words("多少分钟内", "Within minutes"), Type: typeInt, Min: 1, Max: copiesMaxMinutes, Default: copiesMinutes},
				{Name: "copies", Title: words("第几份起算违规", "From which copy on"), Type: typeInt, Min: 2, Max: 50, Default: copiesDefault,
					Help: words("几个人发的合起来数", "counted over all members")},
				{Name: "senders", Title: words("至少出自几个人", "From how many members"), Type: typeInt, Min: 1, Max: 20, Default: copiesSenders},
				{Name: "alone", Title: words("人数不足时，第几份起算", "From fewer members: from which copy on"), Type: typeInt, Max: 50, Default: copiesAlone,
					Help: words("0 表示不管", "0 = never")},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			p := &nearCopies{Minutes: copiesMinutes, Copies: copiesDefault, Senders: copiesSenders, Alone: copiesAlone}
			json.Unmarshal(params, p)
			r.does = p
		},
	}
}

func (c *nearCopies) judge(l *look, r *rule) {
	print := l.printed()
	if print.IsZero() {
		return
	}
	near, senders := l.near[:0], 1
	after := l.ev.At - c.Minutes*60_000
	for i := l.state.echoes.n - 1; i >= 0; i-- {
		e := l.state.echoes.at(i)
		if e.at <= after {
			break
		}
		if !e.print.Alike(print) || len(near) > 0 && !e.print.Alike(&l.state.echoes.at(near[0]).print) {
			continue // copies are alike among themselves too: two texts that each have something of a third are none
		}
		if e.who != l.ev.Actor && !l.saidBefore(near, e.who) {
			senders++
		}
		near = append(near, i)
	}
	l.near = near
	least := c.Copies
	if senders < c.Senders {
		least = c.Alone
	}
	if n := len(near) + 1; least == 0 || n < least {
		return
	}
	whole := community.Span{End: len(l.ev.Body.Text)}
	why := fmt.Sprintf("copies %dm %d/%d", c.Minutes, len(near)+1, senders)
	if l.isAllowed(whole) {
		l.spare(r, why, whole)
		return
	}
	f := l.find(r, why)
	f.span(whole)
	for _, i := range near[:min(len(near), maxNear)] {
		f.near = append(f.near, l.state.echoes.at(i).event)
	}
}

// maxNear bounds how many earlier copies a hit names, newest first.
const maxNear = 8

// saidBefore reports whether one of the echoes is a member's.
func (l *look) saidBefore(near []int, who community.MemberKey) bool {
	for _, i := range near {
		if l.state.echoes.at(i).who == who {
			return true
		}
	}
	return false
}

// printed is what copies of the message are known by; zero where it does not count, and of the group's own lines.
func (l *look) printed() *lexicon.Print {
	if l.sketched {
		return &l.print
	}
	l.sketched, l.print = true, lexicon.Print{}
	if !l.counts() || l.member == nil || lexicon.IsRollCall(l.ev.Body.Text) {
		return &l.print
	}
	if l.print = l.printer.Print(l.ev.Body.Text); l.print.IsZero() || len(l.state.now.Lines) == 0 {
		return &l.print
	}
	if name := lineName(&l.print); l.state.now.isOwnLine(name) {
		l.print, l.ownLine = lexicon.Print{}, name
	}
	return &l.print
}

func (c *nearCopies) note(s *State, l *look, r *rule) {
	if !c.keeps {
		return
	}
	if l.printed(); l.ownLine != 0 && l.member.Messages >= ownLineTalk {
		s.countLine(l.ownLine, dayOf(l.ev.At))
	}
	if l.print.IsZero() || l.rb.immune(l.ev.Actor, l.member.Role, l.member.Mark) {
		return
	}
	s.noteLine(l)
	s.keepEchoes()
	s.echoes.push(echo{at: l.ev.At, event: l.ev.Number, who: l.ev.Actor, print: l.print}, l.ev.At-copiesMaxMinutes*60_000)
}
