package console

import (
	"io"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/wordlist"
)

// wordImport shows the form for a file, and what was imported before.
func (c *Console) wordImport(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	runs, total, err := k.words().Runs(k.ctx(), l.ID, at)
	if err != nil {
		return err
	}
	p := view.WordImport{Back: atList(l)}
	p.Head, p.Tabs = k.wordTabs(l, "import")
	p.Form = view.PlanForm{Action: atList(l) + "/import", Multi: true, Do: k.T("words.lint"), Groups: []view.PlanFields{{Title: k.T("words.import_title"), Note: k.T("words.import_note"), Rows: []ui.Input{
		{Kind: "text", Name: "note", Label: k.T("form.reason"), Max: 200},
		{Kind: "file", Name: "file", Label: k.T("words.file"), Help: k.T("words.file_help"), Accept: ".txt,.csv,.tsv,.xlsx", Required: true}}}}}
	p.Exports = []ui.Option{}
	for _, form := range []string{"txt", "csv", "xlsx"} {
		p.Exports = append(p.Exports, ui.Option{Value: atList(l) + "/export?form=" + form, Text: k.T("words.export", "form", form)})
	}
	p.Runs = ui.Table{Label: k.T("words.runs"), Columns: []ui.Column{{Title: k.T("words.what")}, {Title: k.T("words.state")}, {Title: k.T("words.result")}, {Title: k.T("words.when")}, {Title: k.T("words.who"), Hide: true}},
		Empty: ui.Empty{Icon: "file-import", Title: k.T("words.no_runs"), Text: k.T("words.no_runs_text")}, Pager: k.pager(at, len(runs), total)}
	for _, r := range runs {
		p.Runs.Rows = append(p.Runs.Rows, ui.Row{Link: atList(l) + "/runs/" + r.ID.String(), Cells: []templ.Component{ui.Two(k.T("words.run_"+r.Kind), short(r.File, 40)), k.runState(r), ui.Text(k.runResult(r)), ui.Moment(r.At), ui.Name(who(r.User))}})
	}
	return k.show(l.Name, view.WordImportPage(p))
}

var runTones = map[string][2]string{wordlist.RunBusy: {"info", "refresh"}, wordlist.RunReady: {"warning", "eye"}, wordlist.RunDone: {"good", "circle-check"}, wordlist.RunFault: {"danger", "alert-triangle"}, wordlist.RunGone: {"", "x"}}

func (k *call) runState(r wordlist.Run) templ.Component {
	tone := runTones[r.State]
	if r.State == wordlist.RunDone && r.Error != "" {
		tone = runTones[wordlist.RunFault]
	}
	said := k.T("words.run_" + r.State)
	if r.State == wordlist.RunBusy && r.Of > 0 {
		said += " " + strconv.FormatInt(r.Done*100/r.Of, 10) + " %"
	}
	return ui.Pill(tone[0], tone[1], said)
}

func (k *call) runResult(r wordlist.Run) string {
	switch {
	case r.Error != "":
		return short(r.Error, 120)
	case r.Kind == wordlist.RunPublish:
		return k.T("words.published_n", "done", r.Done, "of", r.Of)
	case r.State == wordlist.RunBusy:
		return ""
	}
	return k.T("words.linted_n", "kept", r.Report.Kept, "held", r.Report.Quarantined, "rejected", r.Report.Rejected)
}

// wordUpload reads a file and begins to lint it.
func (c *Console) wordUpload(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	up, err := k.upload()
	if err != nil {
		return err
	}
	to := "/words/" + id.String() + "/import"
	raw, err := io.ReadAll(io.LimitReader(up.File, wordlist.MaxFile+1))
	if err != nil {
		return uploadError(err)
	}
	run, err := k.words().Import(k.ctx(), k.who(), id, up.Name, raw, clip(up.Fields["note"]), nil)
	if err != nil {
		return k.refused(to, err)
	}
	return k.redirect("/words/" + id.String() + "/runs/" + run.ID.String())
}

// runHere is the list and the run of the address.
func (k *call) runHere() (wordlist.List, wordlist.Run, error) {
	l, err := k.wordHere()
	if err != nil {
		return l, wordlist.Run{}, err
	}
	id, err := community.ParseID(k.R.PathValue("run"))
	if err != nil {
		return l, wordlist.Run{}, community.Errorf(community.CodeNotFound, "run %q", k.R.PathValue("run"))
	}
	r, err := k.words().Run(k.ctx(), l.ID, id)
	return l, r, err
}

// wordRun shows an import before it is taken in, or how far a publication is.
func (c *Console) wordRun(k *call) error {
	l, r, err := k.runHere()
	if err != nil {
		return err
	}
	here := atList(l) + "/runs/" + r.ID.String()
	p := view.PlanPage{Head: ui.Head{Title: k.T("words.run_" + r.Kind), Sub: l.Name, Back: atList(l) + "/import"}, State: k.runState(r), Means: r.File}
	if r.State == wordlist.RunBusy {
		p.Text, p.Links = k.T("words.busy", "done", r.Done, "of", r.Of), []ui.Option{{Value: here, Text: k.T("words.again")}}
	}
	if r.Error != "" {
		p.Text = r.Error
	}
	if r.Kind == wordlist.RunPublish {
		p.Stats = []ui.Number{{Label: k.T("words.groups"), Value: k.Words.Number(r.Done) + " / " + k.Words.Number(r.Of)}}
		p.Links = append(p.Links, ui.Option{Value: atList(l) + "/groups", Text: k.T("words.tab_groups")})
		return k.show(p.Head.Title, view.PlanShow(p))
	}
	if r.State != wordlist.RunDone && r.State != wordlist.RunGone {
		p.Asks, p.Openers = k.runAsks(l, r, here)
	}
	if r.State != wordlist.RunBusy && r.State != wordlist.RunFault {
		if err := k.runReport(&p, l, r, here); err != nil {
			return err
		}
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}

func (k *call) runAsks(l wordlist.List, r wordlist.Run, here string) (asks []ui.Confirm, open []ui.Opener) {
	if r.State == wordlist.RunReady && r.Report.Kept+r.Report.Quarantined > 0 {
		asks = append(asks, ui.Confirm{ID: "take", Title: k.T("words.take"), Object: l.Name, Effect: k.T("words.take_effect", "kept", r.Report.Kept, "held", r.Report.Quarantined), Action: here + "/take", Button: k.T("words.take"), Reason: k.T("form.reason")})
		open = append(open, ui.Opener{Target: "take", Text: k.T("words.take"), Icon: "check"})
	}
	asks = append(asks, ui.Confirm{ID: "discard", Title: k.T("words.discard"), Object: r.File, Effect: k.T("words.discard_effect"), Action: here + "/discard", Button: k.T("words.discard"), Danger: true})
	return asks, append(open, ui.Opener{Target: "discard", Text: k.T("words.discard"), Icon: "x", Danger: true})
}

// runReport shows what lint found: before and after, why, which words hit most, and row by row.
func (k *call) runReport(p *view.PlanPage, l wordlist.List, r wordlist.Run, here string) error {
	rep := r.Report
	num := func(key string, n int) ui.Number {
		return ui.Number{Label: k.T("words." + key), Value: k.Words.Number(n), Note: k.T("words." + key + "_note")}
	}
	p.Stats = []ui.Number{num("kept", rep.Kept), num("quarantined", rep.Quarantined), num("rejected", rep.Rejected),
		{Label: k.T("words.before"), Value: k.share(rep.Before, rep.Messages), Note: k.T("words.of_messages", "n", rep.Before, "of", rep.Messages), Tone: "bad"},
		{Label: k.T("words.after"), Value: k.share(rep.After, rep.Messages), Note: k.T("words.of_messages", "n", rep.After, "of", rep.Messages), Tone: "good"}}
	if !rep.Judged {
		p.Text = k.T("words.not_judged", "least", wordlist.MinMessages, "n", rep.Ordinary)
	} else if rep.Messages > 0 {
		p.Text = k.T("words.would", "before", k.Words.Number(rep.Before), "of", k.Words.Number(rep.Messages), "after", k.Words.Number(rep.After))
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("words.why"), Note: k.T("words.why_note"), Table: k.toldTable(rep, here)}, view.PlanTable{Title: k.T("words.top"), Note: k.T("words.top_note"), Table: k.topTable(rep)})
	verdict, code := wordlist.Verdict(k.query("verdict")), k.query("code")
	at := k.wordsPage()
	rows, total, err := k.words().Preview(k.ctx(), l.ID, r.ID, verdict, code, at)
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("words.rows"), Columns: []ui.Column{{Title: k.T("words.line"), Num: true}, {Title: k.T("words.word")}, {Title: k.T("words.verdict")}, {Title: k.T("words.because")}}, Empty: ui.Empty{Icon: "filter", Title: k.T("words.no_rows"), Text: k.T("words.no_rows_text")}, Pager: k.pager(at, len(rows), total)}
	if t.Pager != nil {
		t.Pager.Over = false
	}
	for i := range rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Figure(int64(rows[i].Line)), ui.Two(rows[i].Entry.Text, rows[i].Entry.Category), k.verdict(rows[i].Verdict()), ui.Text(k.reasons(rows[i].Reasons))}})
	}
	title := k.T("words.rows")
	if code != "" {
		title += " · " + code
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: title, Table: t})
	for _, v := range []wordlist.Verdict{"", wordlist.Keep, wordlist.Quarantine, wordlist.Reject} {
		to := here
		if v != "" {
			to += "?verdict=" + string(v)
		}
		p.Links = append(p.Links, ui.Option{Value: to, Text: k.T("words.only_" + string(v))})
	}
	return nil
}

func (k *call) share(n, of int) string {
	if of == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*float64(n)/float64(of), 'f', 2, 64) + " %"
}

var verdictTones = map[wordlist.Verdict][2]string{wordlist.Keep: {"good", "check"}, wordlist.Quarantine: {"warning", "alert-triangle"}, wordlist.Reject: {"danger", "ban"}}

func (k *call) verdict(v wordlist.Verdict) templ.Component {
	tone := verdictTones[v]
	return ui.Pill(tone[0], tone[1], k.T("words.verdict_"+string(v)))
}

func (k *call) toldTable(rep wordlist.Report, here string) ui.Table {
	t := ui.Table{Label: k.T("words.why"), Columns: []ui.Column{{Title: k.T("words.because")}, {Title: k.T("words.verdict")}, {Title: k.T("words.count"), Num: true}, {Title: k.T("words.examples"), Hide: true}}, Empty: ui.Empty{Icon: "circle-check", Title: k.T("words.no_why"), Text: k.T("words.no_why_text")}}
	for _, told := range rep.Reasons {
		examples := ""
		for i, e := range told.Examples {
			if i > 0 {
				examples += "  "
			}
			examples += short(e, 16)
		}
		r := wordlist.Reason{Code: told.Code}
		t.Rows = append(t.Rows, ui.Row{Link: here + "?code=" + told.Code, Cells: []templ.Component{ui.Text(k.T("words.code_" + told.Code)), k.verdict(r.Verdict()), ui.Figure(int64(told.N)), ui.Text(examples)}})
	}
	return t
}

func (k *call) topTable(rep wordlist.Report) ui.Table {
	t := ui.Table{Label: k.T("words.top"), Columns: []ui.Column{{Title: k.T("words.word")}, {Title: k.T("words.hits"), Num: true}, {Title: k.T("words.verdict")}}, Empty: ui.Empty{Icon: "circle-check", Title: k.T("words.no_top"), Text: k.T("words.no_top_text")}}
	for _, top := range rep.Top {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(top.Text), ui.Figure(int64(top.Hits)), k.verdict(top.Verdict)}})
	}
	return t
}

// wordTake takes a linted import in.
func (c *Console) wordTake(k *call) error {
	l, r, err := k.runHere()
	if err != nil {
		return err
	}
	v, err := k.words().Take(k.ctx(), k.who(), l.ID, r.ID, k.form("reason"))
	if err != nil {
		return k.refused(atList(l)+"/runs/"+r.ID.String(), err)
	}
	return k.ok(atList(l), k.T("words.added", "v", v.Number, "n", v.Added, "changed", v.Changed))
}

// wordDiscard throws an import away.
func (c *Console) wordDiscard(k *call) error {
	l, r, err := k.runHere()
	if err != nil {
		return err
	}
	if err := k.words().Discard(k.ctx(), k.who(), l.ID, r.ID); err != nil {
		return k.refused(atList(l)+"/import", err)
	}
	return k.ok(atList(l)+"/import", k.T("words.saved"))
}

// wordVersions lists who changed what, when and why.
func (c *Console) wordVersions(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.words().Versions(k.ctx(), l.ID, at)
	if err != nil {
		return err
	}
	var p view.List
	p.Head, p.Tabs = k.wordTabs(l, "versions")
	p.Table = ui.Table{Label: k.T("words.tab_versions"), Columns: []ui.Column{{Title: k.T("words.version")}, {Title: k.T("words.changes")}, {Title: k.T("words.when")}, {Title: k.T("words.who")}, {Title: k.T("form.reason")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("words.no_versions"), Text: k.T("words.no_words_text")}, Pager: k.pager(at, len(list), total)}
	for _, v := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: atList(l) + "/versions/" + strconv.Itoa(v.Number), Cells: []templ.Component{ui.Text("v" + strconv.Itoa(v.Number)),
			ui.Two(k.T("words.kind_"+v.Kind), k.T("words.delta", "added", v.Added, "removed", v.Removed, "changed", v.Changed)), ui.Moment(v.At), ui.Name(who(v.User)), ui.Text(short(v.Note, 120))}})
	}
	return k.show(l.Name, view.ListPage(p))
}

// wordVersion shows what a version changed, against the one before or another, and leads back to it.
func (c *Console) wordVersion(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	n := number(k.R.PathValue("n"), 1, l.Version, 0)
	if n == 0 {
		return community.Errorf(community.CodeNotFound, "version %q", k.R.PathValue("n"))
	}
	from := number(k.query("from"), 0, l.Version, n-1)
	at := k.wordsPage()
	list, total, err := k.words().Changes(k.ctx(), l.ID, from, n, at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("words.diff", "from", from, "to", n), Sub: l.Name, Back: atList(l) + "/versions"}}
	p.Filters = ui.Filters{Action: atList(l) + "/versions/" + strconv.Itoa(n), Fields: []ui.Filter{{Kind: "text", Name: "from", Label: k.T("words.against"), Value: strconv.Itoa(from)}}}
	p.Table = ui.Table{Label: k.T("words.changes"), Columns: []ui.Column{{Title: k.T("words.word")}, {Title: k.T("words.change")}, {Title: k.T("words.was")}, {Title: k.T("words.is")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("words.no_changes"), Text: k.T("words.no_rows_text")}, Pager: k.pager(at, len(list), total)}
	for _, ch := range list {
		word, did := "", "changed"
		if ch.After == nil {
			did = "removed"
		} else {
			word = ch.After.Text
		}
		if ch.Before == nil {
			did = "added"
		} else {
			word = ch.Before.Text
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{ui.Text(word), ui.Text(k.T("words.did_" + did)), ui.Text(k.wordLine(ch.Before)), ui.Text(k.wordLine(ch.After))}})
	}
	if n < l.Version {
		ask := ui.Confirm{ID: "back", Title: k.T("words.rollback"), Object: "v" + strconv.Itoa(n), Effect: k.T("words.rollback_effect", "n", n, "next", l.Version+1), Action: atList(l) + "/versions/" + strconv.Itoa(n) + "/rollback", Button: k.T("words.rollback"), Reason: k.T("form.reason")}
		p.Asks, p.Head.Actions = []ui.Confirm{ask}, view.Openers([]ui.Opener{{Target: "back", Text: ask.Title, Icon: "arrow-back-up"}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// wordLine is a word's state in one line.
func (k *call) wordLine(e *wordlist.Entry) string {
	if e == nil {
		return "–"
	}
	out := e.Text + " · " + orDash(e.Category) + " · " + k.levelOf(e.Level) + " · " + k.T("words.state_"+string(e.State))
	if e.Expires != 0 {
		out += " · " + k.expiryOf(e.Expires)
	}
	return out
}

// wordRollback goes back to a version.
func (c *Console) wordRollback(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	n := number(k.R.PathValue("n"), 1, l.Version-1, 0)
	if n == 0 {
		return community.Errorf(community.CodeNotFound, "version %q", k.R.PathValue("n"))
	}
	v, err := k.words().Rollback(k.ctx(), k.who(), l.ID, n, k.form("reason"))
	if err != nil {
		return k.refused(atList(l)+"/versions", err)
	}
	return k.ok(atList(l)+"/versions", k.T("words.rolled", "v", v.Number, "n", n))
}

// wordGroups shows the groups, and which of them use the list.
func (c *Console) wordGroups(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	f := community.GroupFilter{Text: k.query("q"), Page: k.page(listLimit)}
	rows, total, err := k.Desk.FindGroups(k.ctx(), f)
	if err != nil {
		return err
	}
	var keys []community.GroupKey
	for _, g := range rows {
		keys = append(keys, g.Key)
	}
	uses, err := k.words().UsesIn(k.ctx(), l.ID, keys)
	if err != nil {
		return err
	}
	var p view.List
	p.Head, p.Tabs = k.wordTabs(l, "groups")
	p.Note = k.T("words.groups_note")
	p.Filters = ui.Filters{Action: atList(l) + "/groups", Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("group.name"), Value: f.Text}}}
	var modes []ui.Option
	for _, m := range []string{"dry", "live", "off"} {
		modes = append(modes, ui.Option{Value: m, Text: k.T("words.mode_" + m)})
	}
	ask := ui.Confirm{ID: "use", Title: k.T("words.use"), Object: l.Name, Effect: k.T("words.use_effect"), Action: atList(l) + "/groups", Button: k.T("words.use"), Form: "use-form", Reason: k.T("form.reason"), Inputs: []ui.Input{{Kind: "select", Name: "mode", Label: k.T("words.mode"), Options: modes}}}
	p.Asks = []ui.Confirm{ask}
	open := []ui.Opener{{Target: "use", Text: ask.Title, Icon: "check"}}
	if l.Behind > 0 {
		a := ui.Confirm{ID: "publish", Title: k.T("words.publish"), Object: l.Name, Effect: k.T("words.publish_effect", "n", l.Behind, "v", l.Version), Action: atList(l) + "/publish", Button: k.T("words.publish_n", "n", l.Behind), Reason: k.T("form.reason")}
		p.Asks, open = append(p.Asks, a), append(open, ui.Opener{Target: "publish", Text: a.Button})
	}
	p.Head.Actions = view.Openers(open)
	p.Table = ui.Table{Label: k.T("words.tab_groups"), Select: "g", Form: "use-form", Columns: []ui.Column{{Title: k.T("group.name")}, {Title: k.T("group.mode")}, {Title: k.T("words.in_group")}, {Title: k.T("words.version"), Num: true}},
		Empty: ui.Empty{Icon: "users-group", Title: k.T("words.no_groups"), Text: k.T("words.no_rows_text")}, Pager: k.pager(f.Page, len(rows), total)}
	for _, g := range rows {
		u, on := uses[g.Key]
		mode, version := k.T("words.off"), "–"
		if on {
			mode, version = k.T("words.mode_"+u.Mode), "v"+strconv.Itoa(u.Version)
		}
		if u.Fault != "" {
			version = k.T("words.not_brought")
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: g.ID.String(), Cells: []templ.Component{ui.Two(g.Name, short(u.Fault, 80)), ui.Text(k.T("mode." + string(g.Mode))), ui.Text(mode), ui.Text(version)}})
	}
	return k.show(l.Name, view.ListPage(p))
}

// wordUse switches a list in the groups that are ticked.
func (c *Console) wordUse(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	to := atList(l) + "/groups"
	var groups []community.GroupKey
	for _, text := range k.R.PostForm["g"] {
		g, err := k.groupNamed(clip(text))
		if err != nil {
			return k.refused(to, err)
		}
		groups = append(groups, g.Key)
	}
	if len(groups) == 0 {
		return k.done(to, "danger", k.T("words.no_group_ticked"), community.ID{})
	}
	run, err := k.words().Use(k.ctx(), k.who(), l.ID, groups, k.form("mode"), k.form("reason"), nil)
	if err != nil {
		return k.refused(to, err)
	}
	return k.redirect(atList(l) + "/runs/" + run.ID.String())
}

// wordPublish brings all groups that use a list to its newest version.
func (c *Console) wordPublish(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	run, err := k.words().Publish(k.ctx(), k.who(), l.ID, k.form("reason"), nil)
	if err != nil {
		return k.refused(atList(l), err)
	}
	return k.redirect(atList(l) + "/runs/" + run.ID.String())
}

// wordScores shows how each word proved itself.
func (c *Console) wordScores(k *call) error {
	l, err := k.wordHere()
	if err != nil {
		return err
	}
	at := k.wordsPage()
	list, total, err := k.words().Scores(k.ctx(), l.ID, at)
	if err != nil {
		return err
	}
	var p view.List
	p.Head, p.Tabs = k.wordTabs(l, "scores")
	p.Note = k.T("words.scores_note", "n", wordlist.MinJudged)
	p.Table = ui.Table{Label: k.T("words.tab_scores"), Columns: []ui.Column{{Title: k.T("words.word")}, {Title: k.T("words.hits"), Num: true}, {Title: k.T("words.judged"), Num: true}, {Title: k.T("words.wrong"), Num: true}, {Title: k.T("words.precision")}, {Title: k.T("words.last"), Hide: true}},
		Empty: ui.Empty{Icon: "activity", Title: k.T("words.no_scores"), Text: k.T("words.no_scores_text")}, Pager: k.pager(at, len(list), total)}
	for _, s := range list {
		precision := "–"
		if s.Judged > 0 {
			share, low, high := s.Precision()
			precision = k.T("words.precision_of", "p", percentOf(share), "low", percentOf(low), "high", percentOf(high))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: atList(l) + "?q=" + url.QueryEscape(s.Text), Cells: []templ.Component{ui.Text(s.Text), ui.Figure(int64(s.Hits)), ui.Figure(int64(s.Judged)), ui.Figure(int64(s.Wrong)), ui.Text(precision), ui.Moment(s.Last)}})
	}
	return k.show(l.Name, view.ListPage(p))
}

func percentOf(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + " %" }
