package policy

import (
	"encoding/json"

	"qunluo/internal/community"
)

// probation holds new members back: while it lasts they may not send what is listed. It ends by itself once the hours
// and the messages are both past (one that is 0 counts as past). Members whose joining we did not see are not new.
type probation struct {
	Hours     int64    `json:"hours"`
	Messages  int64    `json:"messages"`
	NoLinks   bool     `json:"no_links"`
	NoMedia   bool     `json:"no_media"`
	NoContact bool     `json:"no_contact"`
	Words     []string `json:"words"`
}

func probationKind() kind {
	return kind{
		schema: Schema{
			Name: "probation", Title: words("新人观察期", "Probation"), Sanction: true,
			Summary: words("新成员在一段时间或若干条消息内，不能发链接、媒体、联系方式或指定词语。", "For some hours or messages a new member may not send links, media, contacts or certain phrases."),
			Reason:  words("新成员暂时不能发这类内容", "new members may not send this yet"),
			Fields: []Field{
				{Name: "hours", Title: words("小时数", "Hours"), Type: typeInt, Max: 24 * 365, Default: 24},
				{Name: "messages", Title: words("消息数", "Messages"), Type: typeInt, Max: 10000,
					Help: words("两项都填时，都满足才结束", "with both given, both must be past")},
				{Name: "no_links", Title: words("不能发链接", "No links"), Type: typeBool, Default: true},
				{Name: "no_media", Title: words("不能发图片、文件等", "No media"), Type: typeBool},
				{Name: "no_contact", Title: words("不能发联系方式", "No contacts"), Type: typeBool, Default: true},
				{Name: "words", Title: words("不能用的词语", "Phrases not to be used"), Type: typeWords, Max: 10000},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			p := &probation{}
			json.Unmarshal(params, p)
			if p.Hours == 0 && p.Messages == 0 {
				b.add(path+".hours", "required")
			}
			if !p.NoLinks && !p.NoMedia && !p.NoContact && len(p.Words) == 0 {
				b.add(path, "nothing_to_do")
			}
			r.does = p
			if r.Mode == RuleOff {
				return
			}
			for i, text := range p.Words {
				b.phrase(r.index, i, text, 0)
			}
		},
	}
}

// isNew reports whether a member is on probation.
func (p *probation) isNew(m *member, at int64) bool {
	if m == nil || m.Joined == 0 {
		return false
	}
	return p.Hours > 0 && at < m.Joined+p.Hours*3600*1000 || m.Messages < p.Messages
}

// isMedia says which classes of messages are media.
func isMedia(c community.Class) bool {
	switch c {
	case community.Image, community.Voice, community.Video, community.File, community.Location, community.Share,
		community.Forward, community.Card:
		return true
	}
	return false
}

// isMedia reports whether the message is a medium; a mini-program that the allow list names is none.
func (l *look) isMedia() bool {
	if !isMedia(l.ev.Body.Class) {
		return false
	}
	_, free := l.apps()
	return !free
}

func (p *probation) judge(l *look, r *rule) {
	if p.isNew(l.member, l.ev.At) && !p.restrict(l, r, "probation") {
		p.phrases(l, r)
	}
}

// restrict finds what may not be sent; said begins the reason.
func (p *probation) restrict(l *look, r *rule, said string) bool {
	if p.NoMedia && l.isMedia() {
		l.find(r, said+" media")
		return true
	}
	return p.NoLinks && p.links(l, r, said) || p.NoContact && p.contacts(l, r, said)
}

func (p *probation) links(l *look, r *rule, said string) bool {
	links := l.linksOf()
	if len(links) == 0 && !l.isBareLink() {
		return false
	}
	f := l.find(r, said+" link")
	for _, k := range links {
		if k.Span.End > 0 {
			f.span(k.Span)
		}
	}
	return true
}

func (p *probation) contacts(l *look, r *rule, said string) bool {
	var f *finding
	for _, c := range l.contactsOf() {
		if l.isAllowed(c.Span) {
			continue // digits of an allowed address
		}
		if f == nil {
			f = l.find(r, said+" contact "+c.Kind)
		}
		f.span(c.Span)
	}
	return f != nil
}

func (p *probation) phrases(l *look, r *rule) {
	var f *finding
	for _, m := range l.matches {
		if int(l.rb.owners[m.Phrase].rule) != r.index {
			continue
		}
		if l.isAllowed(m.Span) {
			l.spare(r, "probation keyword", m.Span)
			continue
		}
		if f == nil {
			f = l.find(r, "probation keyword")
		}
		f.span(m.Span)
	}
}
