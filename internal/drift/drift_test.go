package drift

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func told(lines []Line) []string {
	var out []string
	for _, l := range lines {
		var ways []string
		for _, w := range l.Ways {
			ways = append(ways, string(w.Kind))
		}
		out = append(out, fmt.Sprintf("%s %s %s|%s %s %s", l.Subject, l.Field, l.Here, l.There, l.Why, strings.Join(ways, "+")))
	}
	return out
}

func want(t *testing.T, got []Line, lines ...string) {
	t.Helper()
	if all := told(got); !slices.Equal(all, lines) {
		t.Errorf("lines:\n%s\nwant:\n%s", strings.Join(all, "\n"), strings.Join(lines, "\n"))
	}
}

func TestContactsAreComparedByEmployee(t *testing.T) {
	zhou, min := Contact{"wm1", "老周", "周"}, Contact{"wm2", "阿敏", ""}
	here := []Desk{{"chen", []Contact{zhou, min}}, {"gone", []Contact{{"wm3", "小何", ""}}}, {"deaf", []Contact{{"wm4", "小丁", ""}}}}
	there := []Desk{{"chen", []Contact{{"wm1", "周伯", "老朋友"}}}, {"lin", []Contact{min, {"wm5", "新客", ""}}}}
	lines, looked := CompareContacts(here, there, []string{"deaf"})
	want(t, lines, "wm1 remark 周|老朋友 differs take+push", "wm1 name 老周|周伯 differs take", "wm2 follow chen|lin differs take+ask", "wm3 follow gone| only_here take+ask", "wm5 follow |lin only_there take+ask")
	if looked != 4 {
		t.Errorf("compared %d, want the four of employees who could be read", looked)
	}
	if way, ok := lines[2].Way(Take); !ok || way.Args["desks"] != "chen,lin" {
		t.Errorf("taking over reads %v, want both desks", way.Args)
	}
	if lines, _ := CompareContacts(here[:1], here[:1], nil); lines != nil {
		t.Errorf("the same differs: %v", told(lines))
	}
}

func TestGroupsAreComparedInEveryField(t *testing.T) {
	members := func(ids ...string) map[string]string {
		out := map[string]string{}
		for _, id := range ids {
			out[id] = "叫" + id
		}
		return out
	}
	here := []Chat{{ID: "g1", Name: "一群", Owner: "chen", Notice: "早", NoticeKept: true, Members: members("a", "b")}, {ID: "g2", Name: "二群"}, {ID: "g3", Name: "三群"}}
	there := []Chat{{ID: "g1", Name: "1群", Owner: "lin", OwnerLeft: true, Notice: "晚", Members: members("b", "c")}, {ID: "g4", Name: "四群", Unchosen: true}, {ID: "g5"}}
	lines, looked := CompareChats(here, there, []string{"g3"})
	want(t, lines, "g1 name 一群|1群 differs take+ask", "g1 owner chen|lin differs take+push", "g1 notice 早|晚 differs take+ask", "g1 members 叫a|叫c differs take+ask",
		"g2 known 二群| only_here take+ask", "g4 known |四群 unchosen take", "g5 known |g5 only_there take")
	if looked != 4 {
		t.Errorf("compared %d groups, want 4", looked)
	}
	many := members()
	for i := range 30 {
		many[fmt.Sprintf("m%02d", i)] = ""
	}
	lines, _ = CompareChats([]Chat{{ID: "g", Members: many}}, []Chat{{ID: "g"}}, nil)
	if !strings.HasSuffix(lines[0].Here, "m19 …") {
		t.Errorf("thirty members are told as %q, want twenty and a mark", lines[0].Here)
	}
}

func TestHandOversThatAreThroughOnBothSidesAreNotTold(t *testing.T) {
	lines := CompareHands([]Hand{
		{ID: "w4", State: "refused", From: "a", To: "b", Asked: 4, Left: true}, {ID: "w1", State: "done", DoneHere: true, Asked: 1}, {ID: "w2", State: "done", From: "a", To: "b", Asked: 2},
		{ID: "w3", State: "waiting", Asked: 3}, {ID: "g1", Group: true, State: "refused", From: "a", To: "b", Asked: 5},
	})
	want(t, lines, "w2 handed |a → b not_done take", "w3 handed | →  waiting ask", "w4 handed |a → b refused push+ask", "g1 handed |a → b refused push+ask")
	if way, _ := lines[2].Way(Push); way.Chore != "transfer.contacts" || way.Args["left"] != "true" || way.Args["contacts"] != "w4" {
		t.Errorf("asked again by %+v", way)
	}
	if way, _ := lines[3].Way(Push); way.Chore != "transfer.groups" || way.Args["groups"] != "g1" {
		t.Errorf("asked again by %+v", way)
	}
}

func TestWhatAPersonIsAtStaysWantedThoughTheirsWasTakenOver(t *testing.T) {
	task := community.ID{1}
	wishes := Wishes([]Line{{Subject: "g1", Field: Owner, Here: "chen", Task: task}, {Subject: "g1", Field: Name, Here: "一群"}, {Subject: "wm1", Name: "老周", Field: Follow, Here: "chen, lin", Task: task},
		{Subject: "g1", Field: Members, Here: "叫a", Task: task}})
	if len(wishes) != 3 {
		t.Fatalf("wishes = %v, want those with a task", told(wishes))
	}
	theirs := []Chat{{ID: "g1", Name: "1群", Owner: "lin"}}
	lines, _ := CompareChats(WishedChats(theirs, wishes), theirs, nil)
	want(t, Standing(lines, wishes), "g1 owner chen|lin differs take+ask", "g1 members 叫a|  ")
	done := []Chat{{ID: "g1", Name: "1群", Owner: "chen"}}
	if lines, _ := CompareChats(WishedChats(theirs, wishes), done, nil); lines != nil {
		t.Errorf("somebody did it and it differs: %v", told(lines))
	}
	desks := []Desk{{"lin", []Contact{{"wm1", "老周", ""}}}}
	lines, _ = CompareContacts(WishedDesks(desks, wishes), desks, nil)
	want(t, lines, "wm1 follow chen, lin|lin differs take+ask")
}
