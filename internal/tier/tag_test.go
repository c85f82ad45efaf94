package tier

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestTagsAddToTheScoreFromTheirDay: each named tag once, those that the rules do not name not at all, and said in the reason.
func TestTagsAddToTheScoreFromTheirDay(t *testing.T) {
	r := Default()
	r.Tags = []TagPoints{{"志愿者", 5}, {"小号", -8}}
	p := Person{Member: 1, Active: []int64{100}, Tags: []Tagged{{Day: 90, Tag: "志愿者"}, {Day: 101, Tag: "小号"}, {Day: 1, Tag: "老朋友"}}}
	plain := Default().Measure(&p, 100)
	for day, want := range map[int64]struct {
		points int
		said   string
	}{89: {0, ""}, 100: {5, "志愿者 +5"}, 101: {-3, "志愿者 +5, 小号 -8"}} {
		if n := r.Measure(&p, day); n.TagPoints != want.points || n.Tags != want.said {
			t.Errorf("day %d: %d points, %q", day, n.TagPoints, n.Tags)
		}
	}
	if n := r.Measure(&p, 100); math.Abs(n.Score-plain.Score-5) > 1e-9 {
		t.Errorf("score = %v, want %v more than %v", n.Score, 5, plain.Score)
	}
	if plain.TagPoints != 0 || plain.Tags != "" {
		t.Errorf("rules without tags count them: %+v", plain)
	}
}

// TestTagsMoveMembersInATrial: the same history, with and without.
func TestTagsMoveMembersInATrial(t *testing.T) {
	var people []Person
	for i := range 30 {
		p := Person{Member: community.MemberKey(i + 1), Spans: []Span{{0, 1000}}}
		for d := int64(0); d <= 100; d += int64(1 + i) {
			p.Active = append(p.Active, d)
		}
		people = append(people, p)
	}
	people[29].Tags = []Tagged{{Day: 0, Tag: "志愿者"}}
	r := Default()
	r.Tags = []TagPoints{{"志愿者", 100}}
	c := Compare(Default(), r, people, nil, 100, 4)
	place := func(list []Ruling) int {
		for _, d := range list {
			if d.Member == 30 {
				return d.Rank
			}
		}
		return 0
	}
	if was, is := place(c.Now.Last), place(c.New.Last); was < 20 || is != 1 {
		t.Errorf("the tagged member is %dth, and with the tag %dth", was, is)
	}
}

// TestRulesKeptWithoutTagsHaveNone: what was stored before reads and writes the same.
func TestRulesKeptWithoutTagsHaveNone(t *testing.T) {
	raw, err := json.Marshal(Default())
	if err != nil || strings.Contains(string(raw), "tags") {
		t.Fatalf("%s, %v", raw, err)
	}
	var r Rules
	if err := json.Unmarshal(raw, &r); err != nil || r.Tags != nil || !r.Equal(Default()) || r.Check() != nil {
		t.Errorf("read again: %+v, %v", r, err)
	}
	r.Tags = []TagPoints{}
	if !r.Equal(Default()) {
		t.Error("no tags are not no tags")
	}
	r.Tags = []TagPoints{{"a", 1}}
	if r.Equal(Default()) {
		t.Error("a tag makes no difference")
	}
}

func TestTagsAreReadAsTheyAreWritten(t *testing.T) {
	list := []TagPoints{{"志愿者", 5}, {"a long tag", -8}}
	got, err := ParseTags(TagText(list))
	if err != nil || len(got) != 2 || got[0] != list[0] || got[1] != list[1] {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ParseTags("\n  志愿者 ＋5 \r\n\n小号 −8"); err != nil || len(got) != 2 || got[1] != (TagPoints{"小号", -8}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ParseTags(""); err != nil || got != nil {
		t.Errorf("nothing = %v, %v", got, err)
	}
	for _, bad := range []string{"志愿者", "志愿者 x", "志愿者 0", "志愿者 101", "a 1\na 2", strings.Repeat("字", 30) + " 1", strings.Repeat("a1 1\n", 2), "a 99999999999999999999", manyTags()} {
		if _, err := ParseTags(bad); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

func manyTags() string {
	var b strings.Builder
	for i := range mostTags + 1 {
		b.WriteString(strings.Repeat("x", i+1) + " 1\n")
	}
	return b.String()
}
