package policy

import (
	"encoding/json"

	"qunluo/internal/lexicon"
)

// link hits when a message holds a link that is not allowed.
type link struct {
	allow []string
	block []string // not empty: only these are hit
}

func linkKind() kind {
	return kind{
		schema: Schema{
			Name: "link", Title: words("链接", "Links"), Sanction: true,
			Summary: words("消息里有链接；白名单域名及其子域名除外。", "A message holds a link; allowed domains and their subdomains do not count."),
			Reason:  words("本群不允许发这类链接", "such links are not allowed here"),
			Fields: []Field{
				{Name: "allow", Title: words("允许的域名", "Allowed domains"), Type: typeHosts, Max: 5000},
				{Name: "block", Title: words("只查这些域名", "Only these domains"), Type: typeHosts, Max: 5000,
					Help: words("留空表示除允许的以外都查", "empty: everything that is not allowed")},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			var p struct{ Allow, Block []string }
			json.Unmarshal(params, &p)
			r.does = &link{allow: foldHosts(p.Allow), block: foldHosts(p.Block)}
		},
	}
}

func (k *link) judge(l *look, r *rule) {
	var f *finding
	for _, found := range l.linksOf() {
		if lexicon.HostIn(found.Host, k.allow) || len(k.block) > 0 && !lexicon.HostIn(found.Host, k.block) {
			continue
		}
		inText := found.Span.End > 0
		if inText && l.isAllowed(found.Span) {
			l.spare(r, "link", found.Span)
			continue
		}
		if f == nil {
			f = l.find(r, "link")
		}
		if inText {
			f.span(found.Span)
		}
	}
}
