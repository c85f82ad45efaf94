package policy

import (
	"encoding/json"
	"errors"
	"testing"
)

// TestABookMayCallGroupsAndMembersByName: names stand for keys wherever a list of groups or members is wanted, and
// nowhere else; what needs nothing is not touched.
func TestABookMayCallGroupsAndMembersByName(t *testing.T) {
	missing := errors.New("no such group")
	group := func(name string) (int64, error) {
		if name == "二群" {
			return 9_007_199_254_740_993, nil // more than a float holds
		}
		return 0, missing
	}
	member := func(string) (int64, error) { return 42, nil }
	raw := `{"name":"二群","mode":"live","zone":"UTC","staff":["小何",7],"allow":{"members":["小美"],"phrases":["小美"]},"memory_days":30,
		"rules":[{"id":"sync","name":"同步","kind":"mirror","mode":"live","params":{"to":["二群",3],"words":["二群"]}}]}`
	out, err := Named([]byte(raw), group, member)
	if err != nil {
		t.Fatal(err)
	}
	rb, err := Parse(out)
	if err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	b := rb.Book()
	if b.Staff[0] != 42 || b.Staff[1] != 7 || b.Allow.Members[0] != 42 || b.Allow.Phrases[0] != "小美" || b.Name != "二群" {
		t.Errorf("book = %+v", b)
	}
	var p struct {
		To    []int64
		Words []string
	}
	if err := json.Unmarshal(b.Rules[0].Params, &p); err != nil || p.To[0] != 9_007_199_254_740_993 || p.To[1] != 3 || p.Words[0] != "二群" {
		t.Errorf("mirror = %+v, %v", p, err)
	}
	if _, err := Named([]byte(`{"rules":[{"kind":"mirror","params":{"to":["三群"]}}]}`), group, member); !errors.Is(err, missing) {
		t.Errorf("an unknown group: %v", err)
	}
	for _, same := range []string{``, `[]`, `{"name": 1e3}`, `{"rules": "x"}`, `{"rules":[{"kind":7,"params":[]}]}`, `{"staff":[ 7, "" ]}`} {
		if out, err := Named([]byte(same), group, member); err != nil || string(out) != same {
			t.Errorf("%q became %q: %v", same, out, err)
		}
	}
}
