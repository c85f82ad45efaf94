package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func roster() Table {
	return Table{Title: "报名", Access: MembersEdit, Columns: []Column{
		{ID: "c1", Name: "姓名", Kind: Person, Needed: true}, {ID: "c2", Name: "人数", Kind: Number}, {ID: "c3", Name: "哪天", Kind: Date},
		{ID: "c4", Name: "场次", Kind: Choice, Options: []string{"早", "午", "晚"}}, {ID: "c5", Name: "到了", Kind: Check}, {ID: "c6", Name: "资料", Kind: Link}, {ID: "c7", Name: "备注", Kind: Text},
	}}
}

func TestCellsHoldOnlyWhatFitsTheirColumn(t *testing.T) {
	tab := roster()
	for _, c := range []struct{ column, in, want string }{
		{"c1", " 大刘 ", "大刘"}, {"c1", "", "!"}, {"c1", strings.Repeat("长", 41), "!"},
		{"c2", "1,234.50", "1234.5"}, {"c2", "￥12", "12"}, {"c2", "15%", "0.15"}, {"c2", "１２", "12"}, {"c2", "-0", "0"}, {"c2", "0x10", "!"}, {"c2", "NaN", "!"}, {"c2", "1e400", "!"}, {"c2", "三", "!"}, {"c2", "", ""},
		{"c3", "2026/1/5", "2026-01-05"}, {"c3", "2026年1月5日", "2026-01-05"}, {"c3", "46027", "2026-01-05"}, {"c3", "2026-02-30", "!"}, {"c3", "明天", "!"},
		{"c4", "午", "午"}, {"c4", "夜", "!"}, {"c5", "是", "1"}, {"c5", "√", "1"}, {"c5", "否", ""}, {"c5", "也许", "!"},
		{"c6", "https://a.example/x", "https://a.example/x"}, {"c6", "javascript:alert(1)", "!"}, {"c6", "https://u:p@a.example", "!"}, {"c6", "ftp://a.example", "!"},
		{"c7", "=SUM(A1)", "=SUM(A1)"}, {"c7", "a\u202eb\x00c", "abc"}, {"c7", strings.Repeat("长", 2001), "!"}, {"c7", "一\n二", "一\n二"},
	} {
		col, _ := tab.Column(c.column)
		got, err := col.Clean(c.in)
		if (err != nil) != (c.want == "!") || err == nil && got != c.want {
			t.Errorf("%s %q = %q, %v, want %q", col.Name, c.in, got, err, c.want)
		}
		if err != nil && (community.CodeOf(err) == community.CodeInternal || sayOf(err)[0] == sayOf(err)[1]) {
			t.Errorf("%s %q: no sentence for people: %v", col.Name, c.in, err)
		}
		if again, err := col.Clean(got); err == nil && again != got {
			t.Errorf("%s %q: tidied twice it is %q", col.Name, got, again)
		}
	}
}

func TestAnEditHoldsOnlyOnWhatItsWriterSaw(t *testing.T) {
	row := Row{No: 3, Rev: 9, Cells: map[string]Cell{"c1": {"大刘", 3}, "c2": {"5", 9}}}
	for _, c := range []struct {
		name  string
		gone  bool
		e     Edit
		state string
		value string
	}{
		{"seen", false, Edit{Verb: Set, Column: "c2", Seen: 9, Value: "6"}, Kept, "6"},
		{"stale", false, Edit{Verb: Set, Column: "c2", Seen: 3, Value: "6"}, Conflict, "5"},
		{"stale but the same", false, Edit{Verb: Set, Column: "c2", Seen: 3, Value: "5"}, Same, "5"},
		{"never written", false, Edit{Verb: Set, Column: "c7", Seen: 0, Value: "x"}, Kept, "5"},
		{"from the future", false, Edit{Verb: Set, Column: "c2", Seen: 99, Value: "6"}, Conflict, "5"},
		{"row gone", true, Edit{Verb: Set, Column: "c2", Seen: 9, Value: "6"}, Gone, "5"},
		{"remove", false, Edit{Verb: Remove, Seen: 9}, Kept, "5"},
		{"remove what changed", false, Edit{Verb: Remove, Seen: 3}, Conflict, "5"},
		{"remove twice", true, Edit{Verb: Remove, Seen: 3}, Same, "5"},
		{"restore", true, Edit{Verb: Restore}, Kept, "5"},
		{"restore what is there", false, Edit{Verb: Restore}, Same, "5"},
	} {
		r := row
		r.Gone = c.gone
		after, e := Apply(r, c.e, 12)
		if e.State != c.state || after.Cells["c2"].Value != c.value || e.No != 12 {
			t.Errorf("%s = %s with %q, want %s with %q", c.name, e.State, after.Cells["c2"].Value, c.state, c.value)
		}
		if kept := e.State == Kept; kept != (after.Rev == 12) {
			t.Errorf("%s: revision of the row is %d", c.name, after.Rev)
		}
	}
	if row.Cells["c2"].Value != "5" || len(row.Cells) != 2 {
		t.Errorf("the row handed over was written into: %v", row)
	}
}

// TestReplicasAgreeWhateverTheyBeginWith: whoever begins with the rows of any moment and follows the edits after an earlier number holds in the
// end what the table holds; edits that come twice change nothing.
func TestReplicasAgreeWhateverTheyBeginWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rows, log, snaps := map[int64]Row{}, []Edit{}, []*Replica{NewReplica(0, nil)}
		all := func() (out []Row) {
			for _, r := range rows {
				out = append(out, r)
			}
			return out
		}
		for no := int64(1); no <= 60; no++ {
			e := Edit{Verb: Set, Column: fmt.Sprint("c", chance.IntN(3)), Value: fmt.Sprint(chance.IntN(4)), Row: 1 + chance.Int64N(no)}
			row, known := rows[e.Row]
			switch n := chance.IntN(10); {
			case n < 3 || !known:
				row, e = Added(Edit{Verb: Add, Values: map[string]string{"c0": fmt.Sprint(no)}}, no)
			case n == 3:
				e.Verb, e.Seen = Remove, row.Rev
				row, e = Apply(row, e, no)
			case n == 4:
				e.Verb = Restore
				row, e = Apply(row, e, no)
			default:
				if e.Seen = row.Cells[e.Column].Rev; chance.IntN(4) == 0 {
					e.Seen--
				}
				row, e = Apply(row, e, no)
			}
			rows[e.Row] = row
			if e.State == Kept {
				log = append(log, e)
			}
			if chance.IntN(8) == 0 {
				snaps = append(snaps, NewReplica(max(0, no-chance.Int64N(5)), all()))
			}
		}
		for i, r := range snaps {
			for range 2 {
				for _, e := range log {
					if e.No > r.Head-3 {
						r.Follow(e)
					}
				}
			}
			for no, want := range rows {
				if got := r.Rows[no]; got.Gone != want.Gone || got.Rev != want.Rev || fmt.Sprint(got.Cells) != fmt.Sprint(want.Cells) {
					t.Fatalf("copy %d, row %d = %+v, want %+v", i, no, got, want)
				}
			}
			if len(r.Rows) != len(rows) {
				t.Fatalf("copy %d has %d rows, want %d", i, len(r.Rows), len(rows))
			}
		}
	})
}

func TestViewsFilterAndSortByKind(t *testing.T) {
	tab := roster()
	var rows []Row
	for i, v := range []map[string]string{{"c1": "B", "c2": "10", "c4": "晚"}, {"c1": "a", "c2": "9", "c4": "早"}, {"c1": "C"}, {"c1": "d", "c2": "-3", "c4": "午", "c7": "迟到"}} {
		row, _ := Added(Edit{Values: v}, int64(i+1))
		rows = append(rows, row)
	}
	gone, _ := Added(Edit{Values: map[string]string{"c1": "e"}}, 9)
	gone.Gone = true
	rows = append(rows, gone)
	for name, c := range map[string]struct {
		v    View
		want []int64
	}{
		"all": {View{}, []int64{1, 2, 3, 4}}, "newest": {View{Desc: true}, []int64{4, 3, 2, 1}}, "gone": {View{Gone: true}, []int64{9}},
		"numbers by size": {View{Sort: "c2"}, []int64{4, 2, 1, 3}}, "and down, empty last": {View{Sort: "c2", Desc: true}, []int64{1, 2, 4, 3}},
		"choices by their list": {View{Sort: "c4"}, []int64{2, 4, 1, 3}}, "text": {View{Text: "A"}, []int64{2}}, "text in another column": {View{Text: "迟"}, []int64{4}},
		"over": {View{Filters: []Filter{{"c2", Over, "9"}}}, []int64{1}}, "under, as people write it": {View{Filters: []Filter{{"c2", Under, "１０"}}}, []int64{2, 4}},
		"empty": {View{Filters: []Filter{{"c2", Empty, ""}}}, []int64{3}}, "is and filled": {View{Filters: []Filter{{"c4", Is, "午"}, {"c7", Filled, ""}}}, []int64{4}}, "not": {View{Filters: []Filter{{"c4", Not, "午"}}}, []int64{1, 2, 3}},
		"holds": {View{Filters: []Filter{{"c1", Holds, "b"}}}, []int64{1}}, "a column that is not there": {View{Sort: "c99", Filters: []Filter{{"c99", Is, "x"}}}, []int64{1, 2, 3, 4}},
	} {
		var got []int64
		for _, r := range tab.Arrange(rows, c.v) {
			got = append(got, r.No)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s = %v, want %v", name, got, c.want)
		}
	}
}

func TestColumnsKeepTheirIdsAndWhatTheyHold(t *testing.T) {
	have := roster().Columns
	got, err := Reshape(have, []Column{{ID: "c2", Name: "几位", Kind: Number}, {ID: "c1", Name: "姓名", Kind: Text}, {Name: "电话", Kind: Text}})
	if err != nil || got[0].ID != "c2" || got[1].Kind != Text || got[2].ID != "c8" || len(got) != 8 || !got[3].Gone || got[0].Gone {
		t.Fatalf("reshaped = %+v, %v", got, err)
	}
	for name, want := range map[string][]Column{"another kind": {{ID: "c7", Name: "备注", Kind: Number}}, "unknown": {{ID: "c77", Name: "x", Kind: Text}}, "twice": {{ID: "c1", Name: "a", Kind: Person}, {ID: "c1", Name: "b", Kind: Person}}} {
		if _, err := Reshape(have, want); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	for name, change := range map[string]func(*Table){
		"no title": func(t *Table) { t.Title = " \x00" }, "same name": func(t *Table) { t.Columns[1].Name = "姓名" }, "no options": func(t *Table) { t.Columns[3].Options = []string{" "} },
		"no column": func(t *Table) { t.Columns = nil }, "kind": func(t *Table) { t.Columns[0].Kind = "money" }, "access": func(t *Table) { t.Access = "all" },
		"too many": func(t *Table) { t.Columns = slices.Repeat(t.Columns, 6) },
	} {
		tab := roster()
		if change(&tab); tab.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestFilesAreBroughtInWholeOrNotAtAll(t *testing.T) {
	head := []string{"名字", "金额", "日子", "网址", "电话", "", "公式"}
	below := [][]string{{"大刘", "12.5", "2026-01-05", "https://a.example", "13800138000", "", "=1+1"}, {"米粒", "3", "", "", "02012345678", "", ""}, {"", "", "", "", "", "", ""}}
	cols, err := Head(head, below)
	var kinds []Kind
	for _, c := range cols {
		kinds = append(kinds, c.Kind)
	}
	if err != nil || !slices.Equal(kinds, []Kind{Text, Number, Date, Link, Text, Text}) {
		t.Fatalf("columns = %+v, %v", cols, err)
	}
	tab := Table{Title: "x", Access: StaffOnly, Columns: cols}
	b, err := tab.BringAll(below)
	if err != nil || len(b.Rows) != 2 || b.Formulas != 1 || b.Rows[0]["c7"] != "=1+1" || b.Rows[1]["c5"] != "02012345678" {
		t.Fatalf("brought = %+v, %v", b, err)
	}
	have := roster()
	b, err = have.Bring([]string{"人数", "姓名", "别的", "备注"}, [][]string{{"3", "大刘", "?", "'=x()"}})
	if err != nil || b.Rows[0]["c2"] != "3" || b.Rows[0]["c7"] != "=x()" || !slices.Equal(b.Unknown, []string{"别的"}) {
		t.Fatalf("brought into a table = %+v, %v", b, err)
	}
	_, err = have.Bring([]string{"姓名", "人数"}, [][]string{{"大刘", "3"}, {"", "3"}, {"米粒", "许多"}})
	if said := sayOf(err); err == nil || !strings.Contains(said[0], "第 3 行") || !strings.Contains(said[0], "第 4 行") || !strings.Contains(said[1], "row 4") {
		t.Errorf("cells that do not fit: %v", err)
	}
	if _, err := have.Bring([]string{"谁", "几个"}, [][]string{{"大刘", "3"}}); err == nil {
		t.Error("a file of other columns was taken")
	}
	_, err = have.Bring([]string{"姓名"}, slices.Repeat([][]string{{"大刘"}}, 50_000))
	if said := sayOf(err); community.CodeOf(err) != community.CodeTooLarge || !strings.Contains(said[0], "50000") || !strings.Contains(said[0], "10000") {
		t.Errorf("50,000 rows: %v", err)
	}
	if community.CodeOf(TooMany(9000, 0, 40)) != community.CodeTooLarge || community.CodeOf(TooMany(1, MaxRows, 1)) != community.CodeTooLarge || TooMany(MaxRows, 0, 20) != nil {
		t.Error("bounds of a file are not what they say")
	}
}

func TestFilesForSpreadsheetsHoldNoFormula(t *testing.T) {
	for in, want := range map[string]string{"=1": "'=1", "＝1": "'＝1", "+86 138": "'+86 138", "@x": "'@x", "a=1": "a=1", "": ""} {
		if got := (Column{Kind: Text}).Harmless(in); got != want {
			t.Errorf("%q = %q, want %q", in, got, want)
		}
	}
	if got := (Column{Kind: Number}).Harmless("-3.5"); got != "-3.5" {
		t.Errorf("a number = %q", got)
	}
}

func TestAFormMakesEditsOfWhatItsWriterChanged(t *testing.T) {
	tab := roster()
	list, err := tab.Changes(7, "k", []Change{{Column: "c1", Was: "大刘", Seen: 3, Value: " 大刘"}, {Column: "c2", Was: "5", Seen: 9, Value: "６"}, {Column: "c5", Was: "1", Seen: 4, Value: ""}, {Column: "c7", Was: "旧", Seen: 4, Dropped: true}})
	if err != nil || len(list) != 2 || list[0].Key != "k.c2" || list[0].Value != "6" || list[0].Seen != 9 || list[0].Row != 7 || list[1].Column != "c5" || list[1].Value != "" {
		t.Errorf("edits = %+v, %v", list, err)
	}
	if _, err := tab.Changes(7, "k", []Change{{Column: "c1", Was: "大刘", Value: ""}}); err == nil {
		t.Error("what is needed was emptied")
	}
}
