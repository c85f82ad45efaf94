package policy

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestStartersCarryACharterThatHolds(t *testing.T) {
	for _, preset := range Presets() {
		book, err := Starter(preset.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(params(book)); err != nil {
			t.Errorf("%s: %v", preset.Name, err)
		}
		levels, modes := map[string]int{}, map[string]string{}
		for _, a := range book.Charter.Articles {
			levels[a.Level]++
		}
		for _, r := range book.Rules {
			modes[r.ID] = r.Mode
		}
		if levels[LevelBase] < 2 || levels[LevelValue] < 2 || levels[LevelExit] < 2 {
			t.Errorf("%s: levels %v, want some articles of each", preset.Name, levels)
		}
		if modes["copies"] != RuleDry || modes["learned"] != RuleDry || modes["agree"] != RuleOff || modes["report"] != RuleLive || modes["opinion"] != RuleDry {
			t.Errorf("%s: modes %v", preset.Name, modes)
		}
		for _, p := range book.Advice() {
			if p.Code != "article_dry" {
				t.Errorf("%s: %s", preset.Name, p.Words()[1])
			}
		}
	}
	if _, err := Starter("nonsense"); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("an unknown preset: %v", err)
	}
}

func TestReadyLaddersDoWhatTheirNamesSay(t *testing.T) {
	for name, want := range map[string]string{
		"kick": "remove", "warn-kick": "remove send", "warn3-kick": "send,send,send,remove,remove", "warn": "send,send,send,send", "default": "recall send,mute,remove",
	} {
		p, err := LadderPresetNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(t, live(with(word("ads", "广告"), func(x *Rule) { x.Ladder = p.Ladder })))
		var got []string
		for range strings.Count(want, ",") + 1 {
			got = append(got, strings.SplitN(gist(r.says(1, "广告")), "strike:ads ", 2)[1])
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %q, want %q", name, strings.Join(got, ","), want)
		}
	}
	if _, err := LadderPresetNamed("nonsense"); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("an unknown ladder: %v", err)
	}
}
