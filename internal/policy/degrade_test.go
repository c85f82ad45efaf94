package policy

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"qunluo/internal/community"
)

// TestLadderDegradesToWhatCanBeDone, and what comes of it is a sound book.
func TestLadderDegradesToWhatCanBeDone(t *testing.T) {
	for name, tc := range map[string]struct {
		cannot []community.Verb
		want   [][]string
		swaps  []Swap
	}{
		"everything can": {nil, [][]string{{ActRecall, ActWarn}, {ActMute}, {ActRemove}}, nil},
		"plain WeChat": {[]community.Verb{community.RecallMsg, community.Mute}, [][]string{{ActWarn}, {ActWarn}, {ActRemove}},
			[]Swap{{1, ActRecall, ActWarn}, {2, ActMute, ActWarn}}},
		"no mute": {[]community.Verb{community.Mute}, [][]string{{ActRecall, ActWarn}, {ActRecall}, {ActRemove}}, []Swap{{2, ActMute, ActRecall}}},
		"nothing can": {[]community.Verb{community.RecallMsg, community.Mute, community.Remove, community.Send}, nil,
			[]Swap{{1, ActRecall, ""}, {1, ActWarn, ""}, {2, ActMute, ""}, {3, ActRemove, ""}}},
	} {
		can := func(v community.Verb) bool { return !slices.Contains(tc.cannot, v) }
		got, swaps := Degrade(DefaultLadder(), can)
		var acts [][]string
		for _, r := range got {
			acts = append(acts, r.Actions)
		}
		if !reflect.DeepEqual(acts, tc.want) || !reflect.DeepEqual(swaps, tc.swaps) {
			t.Errorf("%s: %v %v, want %v %v", name, acts, swaps, tc.want, tc.swaps)
		}
		book, err := Default(PresetGeneral)
		if err != nil {
			t.Fatal(err)
		}
		if book.Ladder = got; got == nil {
			continue
		}
		raw, err := json.Marshal(book)
		if err != nil {
			t.Fatal(err)
		}
		rb, err := Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, n := range rb.Needs() {
			if !can(n.Verb) {
				t.Errorf("%s: still needs %s at %s", name, n.Verb, n.Path)
			}
		}
	}
}
