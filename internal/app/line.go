package app

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/console"
	"qunluo/internal/hold"
	"qunluo/internal/importer"
	"qunluo/internal/measure"
	"qunluo/internal/media"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// CommandLine is what the command line needs of the house.
func CommandLine() cli.Houses {
	return cli.Houses{
		Open: openForLine,
		Migrations: func(ctx context.Context, cfg config.Config, up bool) ([]cli.Migration, error) {
			steps, err := store.Migrations(ctx, store.Options{URL: cfg.Database.URL, DataDir: cfg.DataDir}, up)
			list := make([]cli.Migration, len(steps))
			for i, s := range steps {
				list[i] = cli.Migration{Version: s.Version, Name: s.Name, Applied: cli.Moment(s.Applied)}
			}
			return list, err
		},
		Inspect:  store.Inspect,
		Storage:  storage{},
		Zoneless: zoneless,
		Demo: func(ctx context.Context, o cli.DemoOrder) error {
			return Demo(ctx, DemoOptions{Dir: o.Dir, Days: o.Days, Seed: o.Seed, Speed: o.Speed, Once: o.Once, Out: o.Out, Listen: o.Listen,
				Log: o.Log, Progress: o.Progress, Ready: o.Ready})
		},
	}
}

func openForLine(ctx context.Context, cfg config.Config, held *hold.Hold, log *slog.Logger) (*cli.House, error) {
	a, err := Open(ctx, Options{Config: cfg, Held: held, Log: log})
	if err != nil {
		return nil, err
	}
	return a.house(), nil
}

// house is this house as the command line sees it.
func (a *App) house() *cli.House {
	l := line{a}
	return &cli.House{
		Orgs:        l.orgs,
		Desk:        func(org community.OrgKey) cli.Desk { return a.store.For(community.Scope{Org: org}) },
		Hands:       func(org community.OrgKey) cli.Hands { return a.Hands(org, nil) },
		People:      linePeople{a.store, a},
		Gate:        a.gate,
		Veil:        a.Veil(),
		Wires:       a.wires,
		Books:       lineBooks{a},
		Files:       lineFiles{a},
		Queue:       lineQueue{a.store},
		Keeping:     lineKeeping{a.store, a.shelf},
		Figures:     func(org community.OrgKey) cli.Figures { return lineFigures{a, org} },
		Insights:    func(org community.OrgKey) cli.Insights { return a.Figures(org, nil) },
		Plans:       func(org community.OrgKey) cli.Plans { return a.Plans(org, nil) },
		Calendars:   func(org community.OrgKey) cli.Calendars { return a.Calendars(org, nil) },
		Codes:       func(org community.OrgKey) cli.Codes { return a.Codes(org, nil) },
		Tags:        func(org community.OrgKey) cli.Tags { return a.Tags(org, nil) },
		Today:       func(org community.OrgKey) cli.Today { return a.Today(org, nil) },
		Leads:       func(org community.OrgKey) cli.Leads { return a.Leads(org, nil) },
		Overlaps:    func(org community.OrgKey) cli.Overlaps { return a.Codes(org, nil) },
		Moments:     func(org community.OrgKey) cli.Moments { return a.Moments(org) },
		Articles:    func(org community.OrgKey) cli.Articles { return a.Articles(org) },
		Shorts:      func(org community.OrgKey) cli.Shorts { return a.Shorts(org, nil) },
		Words:       func(org community.OrgKey) cli.Wordlists { return a.Words(org, nil) },
		Persons:     func(org community.OrgKey) cli.Persons { return a.Persons(org, nil) },
		Standbys:    func(org community.OrgKey) cli.Standbys { return a.Standbys(org, nil) },
		Drifts:      func(org community.OrgKey) cli.Drifts { return a.Drifts(org, nil) },
		Handovers:   func(org community.OrgKey) cli.Handovers { return a.Handovers(org, nil) },
		Cases:       func(org community.OrgKey) cli.Cases { return a.Cases(org, nil) },
		Charters:    func(org community.OrgKey) cli.Charters { return a.Charters(org, nil) },
		Bulks:       func(org community.OrgKey) cli.Bulks { return a.Bulks(org, nil) },
		Lab:         func(org community.OrgKey) cli.Lab { return a.Lab(org, nil) },
		Appeals:     func(org community.OrgKey) cli.Appeals { return a.Appeals(org, nil) },
		Reports:     func(org community.OrgKey) cli.Reports { return a.Reports(org, nil) },
		Duty:        func(org community.OrgKey) cli.Duty { return a.Duty(org, nil) },
		Bots:        func(org community.OrgKey) cli.Bots { return a.Hands(org, nil) },
		Hooks:       func(org community.OrgKey) cli.Hooks { return a.Hands(org, nil) },
		Tokens:      func(org community.OrgKey) cli.Tokens { return a.Tokens(org) },
		Outlets:     func(org community.OrgKey) cli.Outlets { return a.Outlets(org) },
		Spaces:      func(org community.OrgKey) cli.Spaces { return a.Space(org) },
		Models:      func(org community.OrgKey) cli.Models { return a.Models(org, nil) },
		Settle:      a.store.CatchUp,
		Payments:    func(org community.OrgKey) cli.Payments { return a.Payments(org, nil) },
		Points:      func(org community.OrgKey) cli.Points { return a.Points(org, nil) },
		Goals:       func(org community.OrgKey) cli.Goals { return a.Goals(org, nil) },
		Foundings:   func(org community.OrgKey) cli.Foundings { return a.Foundings(org, nil) },
		Beginning:   func(org community.OrgKey) cli.Beginning { return a.Beginning(org) },
		Digests:     func(org community.OrgKey) cli.Digests { return a.Digests(org, nil) },
		Essences:    func(org community.OrgKey) cli.Essences { return a.Essences(org, nil) },
		Drafts:      func(org community.OrgKey) cli.Drafts { return a.Manuscripts(org, nil) },
		Libraries:   func(org community.OrgKey) cli.Libraries { return a.Libraries(org, nil) },
		Tables:      func(org community.OrgKey) cli.Tables { return a.Tables(org, nil) },
		LiveQAs:     func(org community.OrgKey) cli.LiveQAs { return a.LiveQAs(org, nil) },
		Draws:       func(org community.OrgKey) cli.Draws { return a.Draws(org, nil) },
		Mornings:    func(org community.OrgKey) cli.Mornings { return a.Mornings(org, nil) },
		Weeklies:    func(org community.OrgKey) cli.Weeklies { return a.Weeklies(org, nil) },
		Tiers:       func(org community.OrgKey) cli.Tiers { return a.Tiers(org, nil) },
		Blocklists:  func(org community.OrgKey) cli.Blocklists { return a.Blocklists(org, nil) },
		Suggests:    func(org community.OrgKey) cli.Suggests { return a.Suggests(org, nil) },
		Shields:     func(org community.OrgKey) cli.Shields { return a.Shields(org, nil) },
		Experiments: func(org community.OrgKey) cli.Experiments { return a.Experiments(org, nil) },
		Posters:     func(org community.OrgKey) cli.Posters { return a.Posters(org, nil) },
		Votes:       func(org community.OrgKey) cli.Votes { return a.Votes(org, nil) },
		Serve: func(ctx context.Context, listen cli.Listen, ready func(cli.Served)) error {
			return a.Serve(ctx, Doors{Listen: listen}, func(s Served) { ready(cli.Served(s)) })
		},
		Close: a.Close,
	}
}

type line struct{ app *App }

// orgs lists the organisations; the first call of a new installation makes one, so that import and user add can begin.
func (l line) orgs(ctx context.Context) ([]cli.Org, error) {
	found, err := l.app.store.Orgs(ctx)
	if err == nil && len(found) == 0 {
		if _, err = l.app.store.Org(ctx, "", false); err == nil {
			found, err = l.app.store.Orgs(ctx)
		}
	}
	list := make([]cli.Org, len(found))
	for i, o := range found {
		list[i] = cli.Org(o)
	}
	return list, err
}

type linePeople struct {
	*store.Store
	app *App
}

// HashPassword gives the PHC form; community.CodeBadInput when the password is too weak.
func (p linePeople) HashPassword(login, password string) (string, error) {
	switch console.PasswordFault(login, password) {
	case "":
		return console.HashPassword(password), nil
	case "same":
		return "", community.Errorf(community.CodeBadInput, "password: must not be the login")
	}
	return "", community.Errorf(community.CodeBadInput, "password: want %d to %d characters", console.MinPassword, console.MaxPassword)
}

// linkLife is how long a set-up link lives.
const linkLife = 15 * time.Minute

func (p linePeople) NewSetup(ctx context.Context) (string, int64, error) {
	url, err := p.app.NewSetup(ctx, "")
	return url, p.app.clock().Add(linkLife).UnixMilli(), err
}

type lineBooks struct{ app *App }

// Body gives a version of a group's book; 0 = the one in force, which is the default before the first publication.
func (b lineBooks) Body(ctx context.Context, g community.GroupKey, version int) (json.RawMessage, error) {
	if version != 0 {
		return b.app.store.BookBody(ctx, g, max(version, 0)) // the draft is kept as version 0
	}
	last, err := b.app.store.LastBook(ctx, g)
	if err != nil {
		return nil, err
	}
	if last == 0 {
		return json.Marshal(b.app.library.Default().Book())
	}
	return b.app.store.BookBody(ctx, g, last)
}

// Ready makes a book ready to judge, with the content that it names.
func (b lineBooks) Ready(raw json.RawMessage) (*policy.Rulebook, error) {
	return b.app.library.Parse(raw)
}

func (b lineBooks) Replay(ctx context.Context, o cli.ReplayOrder, progress func(done, of int64)) (cli.ReplayReport, error) {
	began := time.Now()
	r := cli.ReplayReport{Rules: []cli.RuleCount{}, Rows: []cli.ReplayedLine{}, Gone: []cli.ReplayedLine{}}
	var err error
	switch {
	case o.AsDecided:
		err = b.asDecided(ctx, o, &r)
	case len(o.Base) == 0:
		err = b.whatIf(ctx, o, &r, progress)
	default:
		err = b.diff(ctx, o, &r, progress)
	}
	r.Millis = time.Since(began).Milliseconds()
	return r, err
}

func (b lineBooks) asDecided(ctx context.Context, o cli.ReplayOrder, r *cli.ReplayReport) error {
	same, err := b.app.AsDecided(ctx, o.Group)
	r.Events, r.Messages, r.Erased, r.Decisions, r.Different = same.Events, same.Messages, same.Erased, same.Decisions, same.Different
	for _, d := range same.Differences {
		r.Rows = append(r.Rows, cli.ReplayedLine{Event: d.Event, Verdict: string(d.Type), Rules: []string{}, Does: []string{}})
	}
	return err
}

// events is a group's past in the order of its happening, telling how much of the span is read.
func (b lineBooks) events(ctx context.Context, o cli.ReplayOrder, progress func(done, of int64)) replay.Events {
	return func(yield func(community.Event, error) bool) {
		var first, n int64
		end := o.To
		if end == 0 {
			end = b.app.millis()
		}
		for ev, err := range b.app.store.EventsByTime(ctx, o.Group, o.To) {
			if first == 0 {
				first = ev.OccurredAt
			}
			if n++; n%4096 == 0 && end > first {
				progress(ev.OccurredAt-first, end-first)
			}
			if !yield(ev, err) {
				return
			}
		}
	}
}

func (b lineBooks) whatIf(ctx context.Context, o cli.ReplayOrder, r *cli.ReplayReport, progress func(done, of int64)) error {
	rb, err := b.app.library.Parse(o.Book)
	if err != nil {
		return err
	}
	past, err := b.app.lookAcross(ctx, o.Group, o.From, o.To, rb)
	if err != nil {
		return err
	}
	out, err := replay.WhatIf(o.Group, rb, past.over(b.events(ctx, o, progress)), replay.Span{From: o.From, To: o.To, Examples: max(o.Rows, 1)})
	if err != nil {
		return err
	}
	r.Events, r.Messages, r.Decisions = out.Events, out.Messages, out.Decisions
	for _, c := range out.Rules {
		r.Rules = append(r.Rules, cli.RuleCount{Rule: c.Rule, Hits: c.Hits + c.Dry, Members: c.Members, Chosen: c.Chosen, Spared: c.Spared, Would: c.Would})
	}
	r.Would, r.Concerned = out.Would, out.Concerned
	if r.Labelled, err = b.app.caseSums(ctx, o.Group, rb); err != nil {
		return err
	}
	r.Rows, err = b.lines(ctx, out.Examples, o.Rows)
	return err
}

func (b lineBooks) diff(ctx context.Context, o cli.ReplayOrder, r *cli.ReplayReport, progress func(done, of int64)) error {
	next, err := b.app.library.Parse(o.Book)
	if err != nil {
		return err
	}
	base, err := b.app.library.Parse(o.Base)
	if err != nil {
		return err
	}
	past, err := b.app.lookAcross(ctx, o.Group, o.From, o.To, base, next)
	if err != nil {
		return err
	}
	c, err := replay.Diff(o.Group, base, next, past.over(b.events(ctx, o, progress)), replay.Span{From: o.From, To: o.To, Examples: max(o.Rows, 1)})
	if err != nil {
		return err
	}
	r.Events, r.Messages, r.Different, r.Decisions = c.Events, c.Messages, c.Different, c.Same+c.Different
	r.Would, r.Concerned = c.Would, c.Concerned
	if r.Labelled, err = b.app.caseSums(ctx, o.Group, next); err != nil {
		return err
	}
	for _, d := range c.Rules {
		r.Rules = append(r.Rules, cli.RuleCount{Rule: d.Rule, Hits: d.Both + d.OnlyB, Members: d.MembersB, BaseHits: d.Both + d.OnlyA, Would: d.Would})
	}
	now, gone := sides(c)
	if r.Rows, err = b.lines(ctx, now, o.Rows); err != nil {
		return err
	}
	r.Gone, err = b.lines(ctx, gone, o.Rows)
	return err
}

func (b lineBooks) lines(ctx context.Context, hits []replay.Hit, most int) ([]cli.ReplayedLine, error) {
	rows, err := b.app.evidence(ctx, hits, most)
	list := make([]cli.ReplayedLine, len(rows))
	for i, row := range rows {
		rules, does := make([]string, len(row.Hits)), []string{}
		for k, h := range row.Hits {
			rules[k] = h.Rule
		}
		if row.Why != "" {
			does = strings.Split(row.Why, "+")
		}
		list[i] = cli.ReplayedLine{At: cli.Moment(row.At), Member: row.MemberName, Verdict: string(row.Verdict), Rules: rules, Does: does,
			Text: row.Message.Text, Event: row.Event}
	}
	return list, err
}

type lineFiles struct{ app *App }

func (f lineFiles) Formats() []string { return f.app.imports.Formats() }

func (f lineFiles) Import(ctx context.Context, o cli.ImportOrder, progress func(label string, done, of int64)) (cli.ImportDone, error) {
	order := console.ImportOrder{Format: o.Format, Zone: o.Zone, Called: o.Group, Chats: o.Chats, KeepNear: o.KeepNear, At: o.At, Dry: o.Dry, Live: o.Live, Renamed: o.Renamed, Show: o.Show}
	rep, run, err := f.app.Import(ctx, o.User, o.Org, order, o.Paths, func(p importer.Progress) { progress(p.Name, p.Bytes, p.Total) })
	done := cli.ImportDone{Rows: rep.Rows, Extra: rep.Extra, Added: rep.Added, Same: rep.Duplicates, Near: rep.Near, Skipped: rep.Skipped, Rejected: rep.Bad, Groups: len(rep.Units), Bad: []cli.BadLine{}}
	if !run.ID.IsZero() {
		done.Run = run.ID.String()
	}
	for _, u := range rep.Units {
		for _, bad := range u.BadRows {
			done.Bad = append(done.Bad, cli.BadLine{File: bad.File, Line: bad.Place, Reason: bad.Why, Text: bad.Text})
		}
		if u.Error != "" {
			done.Stopped++
			done.Bad = append(done.Bad, cli.BadLine{File: u.Run.Group.Name, Reason: u.Error})
		}
	}
	if err != nil {
		return done, err
	}
	done.Words = [2]string{rep.Text("zh-CN"), rep.Text("en")}
	done.Report, err = json.Marshal(rep)
	return done, err
}

func (f lineFiles) Undo(ctx context.Context, user string, org community.OrgKey, run community.ID, reason string) error {
	return f.app.imports.Undo(ctx, user, org, run, reason)
}

func (f lineFiles) Export(ctx context.Context, o cli.ExportOrder, w io.Writer, progress func(done, of int64)) (int64, error) {
	return f.app.Export(ctx, o.Org, o.Group, o.Format, o.From, o.To, w, func(done int64) { progress(done, 0) })
}

type lineQueue struct{ store *store.Store }

func (q lineQueue) Jobs(ctx context.Context, state string, p community.Page) ([]community.JobRow, int, error) {
	return q.store.For(community.Scope{}).FindJobs(ctx, state, p)
}

func (q lineQueue) Retry(ctx context.Context, id community.ID) (int64, error) {
	return q.store.ReviveJobs(ctx, id)
}

type lineKeeping struct {
	store *store.Store
	shelf *media.Shelf
}

func (k lineKeeping) Projections() []string { return store.Views() }

func (k lineKeeping) Rebuild(ctx context.Context, names []string, progress func(label string, done, of int64)) ([]cli.Rebuilt, error) {
	if len(names) == 0 {
		names = k.Projections()
	}
	began := time.Now()
	label := strings.Join(names, "+")
	var read int64
	err := k.store.Rebuild(ctx, func(done, of int64) {
		read = done
		progress(label, done, of)
	}, names...)
	return []cli.Rebuilt{{Name: label, Events: read, Millis: time.Since(began).Milliseconds()}}, err
}

func (k lineKeeping) Snapshot(ctx context.Context, path string) error {
	return k.store.Snapshot(ctx, path)
}

func (k lineKeeping) Files(ctx context.Context) ([]cli.ManifestFile, error) {
	list, err := k.shelf.Pinned(ctx)
	return filesOf(list), err
}

func filesOf(list []media.Pinned) []cli.ManifestFile {
	files := make([]cli.ManifestFile, len(list))
	for i, f := range list {
		files[i] = cli.ManifestFile{Name: filepath.ToSlash(filepath.Join(mediaFolder, f.Path)), Size: f.Bytes, SHA256: f.Hash}
	}
	return files
}

func (k lineKeeping) AtOneInstant(ctx context.Context, progress func(table string, rows int64), dump func(snapshot string) error) (map[string]community.TableSum, error) {
	return k.store.AtOneInstant(ctx, progress, dump)
}

func (k lineKeeping) Facts(ctx context.Context) (cli.Facts, error) {
	f, err := k.store.Facts(ctx)
	if err != nil {
		return cli.Facts{}, err
	}
	files, bytes, err := k.store.MediaKept(ctx)
	return cli.Facts{MediaFiles: files, MediaBytes: bytes, MediaMost: media.KeepMost, Dialect: f.Dialect, Version: f.Version, Level: f.Level, Wants: f.Wants, Journal: f.Journal, Synchronous: f.Synchronous,
		Integrity: f.Integrity, Head: f.Head, Lags: f.Lag, Dead: f.Dead, Oldest: f.Oldest, Unknown: f.Unknown}, err
}

type lineFigures struct {
	app *App
	org community.OrgKey
}

// Report measures a group over the days that touch [from, to) (UTC ms, to 0 = now), cut in its zone; with the zero row the
// groups with the tag, or all, each cut in its own.
func (f lineFigures) Report(ctx context.Context, g community.GroupRow, tag string, from, to int64, top int) (cli.FigureReport, error) {
	if g.Key == 0 {
		g.Zone = store.DefaultZone
	}
	zone, err := time.LoadLocation(g.Zone)
	if err != nil {
		return cli.FigureReport{}, community.Errorf(community.CodeBadInput, "zone %q of the group: %w", g.Zone, err)
	}
	if to == 0 {
		to = f.app.millis()
	}
	first, _ := measure.DayOf(from, zone)
	last, _ := measure.DayOf(to-1, zone)
	act, err := f.app.Figures(f.org, nil).Activity(ctx, g.Key, tag, first, last)
	if err != nil {
		return cli.FigureReport{}, err
	}
	r := cli.FigureReport{From: act.From.String(), To: act.To.String(), Zone: g.Zone, Days: act.Coverage.Of, Covered: act.Coverage.Covered,
		Messages: act.Messages, Speakers: act.Speakers, DAU: ratio(act.MeanDAU), Stickiness: ratio(act.Stickiness), Rate: ratio(act.SpeakingRate),
		Silent: ratio(act.NeverSpoke), Median: act.Median, P90: act.P90, Top10: ratio(act.Top10), Hours: act.Hours, Weekdays: act.Weekdays,
		Daily: []cli.FigureDay{}, Top: []cli.FigureLine{}}
	for _, d := range act.Daily {
		r.Joins, r.Leaves = r.Joins+d.Joins, r.Leaves+d.Leaves
		r.Daily = append(r.Daily, cli.FigureDay{Day: d.Day.String(), Known: d.Covered > 0, Messages: d.Messages, DAU: d.DAU, WAU: d.WAU, MAU: d.MAU, Joins: d.Joins, Leaves: d.Leaves, Roster: d.Roster})
	}
	if n := len(act.Daily); n > 0 {
		r.WAU, r.MAU = act.Daily[n-1].WAU, act.Daily[n-1].MAU
	}
	for day, hours := range act.Heat {
		for hour, slot := range hours {
			r.Heat[day][hour] = slot.Messages
		}
	}
	return r, f.talkers(ctx, act.Top, top, &r)
}

func (f lineFigures) talkers(ctx context.Context, list []measure.Speaker, most int, r *cli.FigureReport) error {
	names := f.app.store.NewDirectory()
	for _, t := range list[:min(len(list), most)] {
		who, err := names.Who(ctx, t.Member)
		if err != nil {
			return err
		}
		r.Top = append(r.Top, cli.FigureLine{Member: who.Shown(), External: who.ID, Messages: t.Messages, Days: t.Days, Share: share(t.Messages, r.Messages)})
	}
	return nil
}

func share(part, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

func ratio(f measure.Figure) cli.Ratio {
	return cli.Ratio{Value: f.Value, Num: f.Num, Den: f.Den, Covered: f.Coverage.Covered, Of: f.Coverage.Of, Withheld: f.Withheld}
}

// zoneless reports whether any chat in files tells times without a zone.
func zoneless(paths []string, format string) (bool, error) {
	set, err := importer.Open(paths, importer.Options{Format: format, Limits: importer.LocalLimits})
	if err != nil {
		return false, err
	}
	need := slices.ContainsFunc(set.Units, func(u *importer.Unit) bool { return u.NeedZone })
	return need, set.Close()
}
