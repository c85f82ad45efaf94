package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/cli"
)

// TestBoardJourneyAndPaymentsOnTheCommandLine counts a small channel in which two joined, and enters what they paid.
func TestBoardJourneyAndPaymentsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		for day, text := range map[string]string{
			"01": "[10:00] <alice> 大家好\n",
			"02": "[09:00] *** Joins: dave (d@host)\n[09:05] <dave> 请教一下装备\n[09:06] <alice> dave: 先看置顶\n[09:10] *** Joins: erin (e@host)\n",
			"27": "[09:00] <dave> 谢谢\n[09:01] <alice> dave: 不客气\n[09:02] <dave> alice: 好\n",
		} {
			dir := filepath.Join(w.dir, "2024", "05", day)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "#hike.txt"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.must(t, nil, "import", "--zone", "Asia/Shanghai", filepath.Join(w.dir, "2024"))
		var b cli.BoardReport
		w.must(t, &b, "insight", "board", "#hike", "--from", "2024-05-01", "--to", "2024-05-31")
		if b.Came != 2 || b.Activated.Num != 1 || b.Activated.Den != 2 || len(b.Revenue) != 0 || len(b.People) != 5 || len(b.People[1].Counted) != 1 {
			t.Fatalf("board = %+v", b)
		}
		var j cli.JourneyReport
		w.must(t, &j, "insight", "journey", "#hike", "--from", "2024-05-01", "--to", "2024-05-31")
		if len(j.Steps) != 7 || j.Steps[3].Went != 1 || j.Steps[3].Of != 2 || len(j.Steps[3].Dropped) != 1 || len(j.Paths) == 0 {
			t.Errorf("journey = %+v", j)
		}
		var ties cli.BondReport
		w.must(t, &ties, "insight", "bonds", "#hike", "--from", "2024-05-01", "--to", "2024-05-31")
		if ties.Edges != 2 || ties.Messages != 3 || ties.Reciprocity.Num != 2 || len(ties.Members) != 2 {
			t.Errorf("bonds = %+v", ties)
		}
		w.must(t, nil, "payment", "add", "#hike", "dave", "99", "--at", "2024-05-20", "--ref", "A1", "--what", "年卡")
		if code, _, _ := w.types(t, "payment", "add", "#hike", "dave", "99", "--at", "2024-05-20", "--ref", "A1"); code == cli.ExitDone {
			t.Error("the same number is entered twice")
		}
		file := filepath.Join(w.dir, "orders.csv")
		write := func(text string) {
			t.Helper()
			check(t, os.WriteFile(file, []byte(text), 0o600))
		}
		write("\ufeffmember,amount,at,currency,what,ref\nerin,50.5,2024-05-21 10:00,CNY,体验课,B1\ndave,-9,2024-05-22,CNY,退款,B2\ndave,99,2024-05-20,CNY,年卡,A1\n")
		var got cli.PaymentImport
		w.must(t, &got, "payment", "import", "#hike", file)
		if got.Added != 2 || got.Known != 1 {
			t.Errorf("file = %+v, want 2 new and 1 known", got)
		}
		for name, text := range map[string]string{"nobody": "member,amount,at\nzoe,1,2024-05-01\n", "word": "member,amount,at\nerin,一,2024-05-01\n", "no head": "erin,1,2024-05-01\n", "empty": "", "currency": "member,amount,at,currency\nerin,1,2024-05-01,XYZ\n",
			"day": "member,amount,at\nerin,1,gestern\n"} {
			write(text)
			if code, _, _ := w.types(t, "payment", "import", "#hike", file); code == cli.ExitDone {
				t.Errorf("%s: entered", name)
			}
		}
		w.must(t, &b, "insight", "board", "#hike", "--from", "2024-05-01", "--to", "2024-05-31")
		if len(b.Revenue) != 1 || b.Revenue[0].Net != 14050 || b.Revenue[0].Gross != 14950 || b.Revenue[0].Payers != 2 {
			t.Errorf("revenue = %+v, want 140.50 net of 149.50 by two", b.Revenue)
		}
		var list rows[struct{ ID, Amount string }]
		w.must(t, &list, "payment", "list", "#hike")
		if len(list.Rows) != 3 || list.Rows[0].Amount != "-9.00" {
			t.Fatalf("payments = %+v", list)
		}
		w.must(t, nil, "payment", "void", list.Rows[0].ID, "--reason", "记错了")
		w.must(t, &b, "insight", "board", "#hike", "--from", "2024-05-01", "--to", "2024-05-31")
		if b.Revenue[0].Net != 14950 {
			t.Errorf("net = %v after the refund is void, want 149.50", b.Revenue[0].Net)
		}
		for _, bad := range [][]string{{"insight", "board"}, {"insight", "journey", "#nowhere"}, {"insight", "bonds", "#hike", "--limit", "0"}, {"payment", "void", list.Rows[0].ID, "--reason", "again"}, {"payment", "add", "#hike", "dave", "0"}} {
			if code, _, _ := w.types(t, bad...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}
