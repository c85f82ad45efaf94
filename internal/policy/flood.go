package policy

import (
	"encoding/json"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// flood hits when a member says too much, or the same too often, within a sliding window. After a hit the member's
// window begins anew, so that one burst is one breach. Late events are neither judged nor counted.
type flood struct {
	windows []floodWindow
	horizon int64 // ms: the longest window
	most    int   // how many stamps can matter
	same    bool
}

// floodWindow is one window: more than Messages in Seconds is a flood.
type floodWindow struct {
	Seconds       int64 `json:"seconds"`
	Messages      int   `json:"messages"`
	Same          int   `json:"same,omitempty"`           // more than so many of equal text; 0 = not looked at
	NightMessages int   `json:"night_messages,omitempty"` // 0 = as by day
	NightSame     int   `json:"night_same,omitempty"`     // 0 = as by day
}

const maxFlood = 1000

func floodKind() kind {
	count := func(name, zh, en string, required bool) Field {
		f := Field{Name: name, Title: words(zh, en), Type: typeInt, Max: maxFlood, Required: required}
		if required {
			f.Min = 1
		}
		return f
	}
	return kind{
		schema: Schema{
			Name: "flood", Title: words("刷屏", "Flood"), Sanction: true,
			Summary: words("一个成员在滑动时间窗内说得太多，或重复同样的话。", "A member says too much, or repeats the same, within a sliding window."),
			Reason:  words("请不要刷屏", "please do not flood the group"),
			Fields: []Field{
				{Name: "windows", Title: words("时间窗", "Windows"), Type: typeObjects, Max: 6, Required: true, Fields: []Field{
					{Name: "seconds", Title: words("秒数", "Seconds"), Type: typeInt, Min: 1, Max: 24 * 3600, Required: true},
					count("messages", "最多消息数", "Messages at most", true),
					count("same", "最多相同消息数", "Equal messages at most", false),
					count("night_messages", "夜间最多消息数", "Messages at most by night", false),
					count("night_same", "夜间最多相同消息数", "Equal messages at most by night", false),
				}},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			var p struct{ Windows []floodWindow }
			json.Unmarshal(params, &p)
			r.does = &flood{windows: p.Windows}
		},
	}
}

func (f *flood) bound() {
	for _, w := range f.windows {
		f.horizon = max(f.horizon, w.Seconds*1000)
		f.most = max(f.most, w.Messages, w.NightMessages)
		f.same = f.same || w.Same > 0 || w.NightSame > 0
	}
}

// limits are the thresholds that hold now.
func (w floodWindow) limits(night bool) (messages, same int) {
	messages, same = w.Messages, w.Same
	if night && w.NightMessages > 0 {
		messages = w.NightMessages
	}
	if night && w.NightSame > 0 {
		same = w.NightSame
	}
	return messages, same
}

func (f *flood) judge(l *look, r *rule) {
	if !l.counts() || l.member == nil || len(l.member.floods) <= r.slot {
		return
	}
	stamps := &l.member.floods[r.slot]
	if stamps.n == 0 {
		return
	}
	night := l.night()
	var hash uint64
	if f.same {
		hash = l.textHash()
	}
	for _, w := range f.windows {
		messages, same := w.limits(night)
		all, equal := stamps.count(l.ev.At-w.Seconds*1000, hash)
		if all++; all > messages {
			l.find(r, fmt.Sprintf("flood %ds %d>%d", w.Seconds, all, messages))
			return
		}
		if equal++; same > 0 && hash != 0 && equal > same {
			l.find(r, fmt.Sprintf("repeat %ds %d>%d", w.Seconds, equal, same))
			return
		}
	}
}

func (f *flood) note(s *State, l *look, r *rule) {
	m := l.member
	if len(m.floods) <= r.slot {
		grown := make([]ring, len(l.rb.slots))
		copy(grown, m.floods)
		m.floods = grown
	}
	stamps := &m.floods[r.slot]
	if l.hitBy(r) {
		s.keepRing(stamps)
		*stamps = ring{}
		return
	}
	var hash uint64
	if f.same {
		hash = l.textHash()
	}
	s.keepRing(stamps)
	stamps.push(stamp{l.ev.At, hash}, l.ev.At-f.horizon, f.most)
}

// sameMemory reports whether two rules may share what was counted.
func (f *flood) sameMemory(other *flood) bool { return slices.Equal(f.windows, other.windows) }

// textHash names what a message says, for counting repeats: folded, without symbols; of a message without text its
// attachments. 0 = nothing to compare.
func (l *look) textHash() uint64 {
	if l.hashed {
		return l.hash
	}
	l.hashed, l.hash = true, lexicon.Hash(l.ev.Body.Text)
	if l.hash == 0 {
		l.hash = attachmentHash(l.ev.Body)
	}
	return l.hash
}

func attachmentHash(b community.Body) uint64 {
	var h uint64
	for _, seg := range b.Segments {
		if seg.Ref != "" {
			h = h*1099511628211 ^ lexicon.HashExact(seg.Kind+" "+seg.Ref)
		}
	}
	return h
}
