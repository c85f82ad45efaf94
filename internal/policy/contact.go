package policy

import (
	"encoding/json"
	"slices"

	"qunluo/internal/lexicon"
)

// contact hits when a message holds a way to reach somebody outside the group, in disguise or not.
type contact struct {
	kinds []string
	plain bool // disguises do not count
}

func contactKind() kind {
	return kind{
		schema: Schema{
			Name: "contact", Title: words("联系方式", "Contacts"), Sanction: true,
			Summary: words("消息里留了微信号、QQ 号、手机号或邮箱；写成 薇/➕v/wei信/q裙、数字写成汉字或圈码、中间夹符号的也认得。",
				"A message holds an id of WeChat or QQ, a mobile number or an address of e-mail, in disguise too: other characters for the name, words or circles for digits, symbols between."),
			Reason: words("本群不允许留联系方式", "contacts are not allowed here"),
			Fields: []Field{
				{Name: "kinds", Title: words("查哪些", "Which"), Type: typeChoices, Required: true, Default: []any{"wechat", "qq", "phone"}, Choices: []Choice{
					{"wechat", words("微信号", "WeChat")}, {"qq", words("QQ 号、QQ 群", "QQ")}, {"phone", words("手机号", "Mobile numbers")}, {"email", words("邮箱", "E-mail")},
				}},
				{Name: "plain", Title: words("只认原样", "As written only"), Type: typeBool, Help: words("勾选后不认变体", "ticked: disguises are not seen through")},
			},
		},
		build: func(_ *builder, _ string, r *rule, params json.RawMessage) {
			var p struct {
				Kinds []string
				Plain bool
			}
			json.Unmarshal(params, &p)
			r.does = &contact{p.Kinds, p.Plain}
		},
	}
}

func (k *contact) judge(l *look, r *rule) {
	var found []lexicon.Contact
	if k.plain {
		found = l.contactsOf()
	} else {
		found = l.hiddenOf()
	}
	var f *finding
	for _, c := range found {
		switch {
		case !slices.Contains(k.kinds, c.Kind):
		case l.isAllowed(c.Span):
			l.spare(r, "contact", c.Span)
		default:
			if f == nil {
				f = l.find(r, "contact "+c.Kind)
			}
			f.span(c.Span)
		}
	}
}
