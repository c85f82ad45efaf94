package lexicon

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestPackedListComesBack(t *testing.T) {
	list := []Word{
		{Number: 1, Text: "刷单返利", Category: "兼职", Level: 2, Views: ViewsAuto, Expires: 1_700_000_000_000},
		{Number: 2, Text: "加\tV信", Views: "raw"},
		{Number: 1 << 40, Text: " C++ ", Category: "💰 类别"},
	}
	got, err := UnpackList(PackList(list))
	if err != nil || !slices.Equal(got, list) {
		t.Errorf("came back as %+v, %v", got, err)
	}
	if got, err := UnpackList(PackList(nil)); err != nil || len(got) != 0 {
		t.Errorf("an empty list came back as %v, %v", got, err)
	}
}

func TestWhatIsNoPackedListIsRefused(t *testing.T) {
	head := listHead + "\n"
	for _, c := range []struct {
		name, raw string
		code      community.Code
	}{
		{"nothing", "", community.CodeBadInput},
		{"another kind", "qunluo model 1\n", community.CodeBadInput},
		{"too few fields", head + "1\t2\t3\t词\n", community.CodeBadInput},
		{"no number", head + "x\t0\t0\t\t\t词\n", community.CodeBadInput},
		{"half a line", head + "1\t0\t0\tauto", community.CodeBadInput},
		{"no word", head + "1\t0\t0\t\t\t\n", community.CodeBadInput},
		{"not UTF-8", head + "1\t0\t0\t\t\t\xff\xfe\n", community.CodeBadInput},
		{"too many", head + strings.Repeat("1\t0\t0\t\t\t词\n", MaxList+1), community.CodeTooLarge},
	} {
		if _, err := UnpackList([]byte(c.raw)); community.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}
