package lexicon

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContactsAreFound(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // kind, part of the text
	}{
		{"打我电话138 0013-8000哦", []string{"phone", "138 0013-8000"}},
		{"１３８００１３８０００", []string{"phone", "１３８００１３８０００"}},
		{"单号 138001380001", nil},
		{"12800138000", nil},
		{"发到 a.b+c@mail.example.com。", []string{"email", "a.b+c@mail.example.com"}},
		{"@小明 你好", nil},
		{"微信号：abc_12345", []string{"wechat", "微信号：abc_12345"}},
		{"加V❤ｘ hello123", []string{"wechat", "V❤ｘ hello123"}},
		{"微信群真好", nil},
		{"QQ：123456", []string{"qq", "QQ：123456"}},
		{"qq音乐", nil},
		{"微信13800138000", []string{"wechat", "微信13800138000"}},
		{"", nil},
	} {
		var got []string
		for _, f := range Contacts(c.text, nil) {
			got = append(got, f.Kind, c.text[f.Span.Start:f.Span.End])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}
