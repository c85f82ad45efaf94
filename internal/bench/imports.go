package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/importer"
	"qunluo/internal/store"
)

// Sizes and targets of import.
const (
	importLines  = 1_000_000
	importPart   = 5 // rounds compare over a part of the file
	importTarget = 0.5
	searchTarget = 10_000 // rows per CPU-second
	memoryTarget = 512    // MB
)

// imports reads a ChatLab file: first the whole of it, for memory and the text index, then a part of it beside bare
// inserts of the same rows.
func imports(ctx context.Context, o Options) ([]Row, error) {
	dir, away, err := o.folder("import")
	if err != nil {
		return nil, err
	}
	defer away()
	n := o.rows(importLines, 5000)
	whole, part := filepath.Join(dir, "whole.jsonl"), filepath.Join(dir, "part.jsonl")
	if err := errors.Join(chatlab(whole, newSpeaker(o.Seed), n), chatlab(part, newSpeaker(o.Seed), n/importPart)); err != nil {
		return nil, err
	}
	o.tell("import: a file of %d lines; compared over %d", n, n/importPart)
	rows, err := importWhole(ctx, o, whole, n)
	if err != nil || o.Database != "" {
		return rows, err
	}
	r, err := importBeside(ctx, o, part, n/importPart)
	return append([]Row{r}, rows...), err
}

// importWhole measures memory while the file is imported and followed by the projections, and how fast the text index is.
func importWhole(ctx context.Context, o Options, file string, n int) ([]Row, error) {
	im := &importing{o: o, file: file, lines: n}
	if err := im.prepare(ctx); err != nil {
		return nil, err
	}
	forgetPeak()
	began, cpu := time.Now(), cpuSeconds()
	if _, err := im.run(ctx, inOne); err != nil {
		return nil, err
	}
	took, spent := time.Since(began).Seconds(), cpuSeconds()-cpu
	lag, err := im.house.store.Lag(ctx)
	if err != nil {
		return nil, err
	}
	began, cpu = time.Now(), cpuSeconds()
	if err := im.house.store.CatchUpWith(ctx, store.SearchView); err != nil {
		return nil, err
	}
	searched, searchCPU := time.Since(began).Seconds(), cpuSeconds()-cpu
	peak := peakMB()
	o.tell("whole file: %.1f s by the clock, %.1f CPU-seconds; then the text index %d rows behind: %.1f s, %.1f CPU-seconds; peak %.0f MB",
		took, spent, lag[store.SearchView], searched, searchCPU, peak)
	if o.Database != "" {
		return []Row{
			told("import.wall", float64(n)/took, "rows/s"),
			told("import.search.catchup", searched, "s"),
			most("import.memory", peak, "MB", memoryTarget),
		}, im.tidy()
	}
	rate := float64(n) / searchCPU
	return []Row{
		told("import.wall", float64(n)/took, "rows/s"),
		told("import.whole", float64(n)/spent, "rows/CPU-s"),
		{Name: "import.search", Value: rate, Unit: "rows/CPU-s", Target: searchTarget, Met: rate >= searchTarget},
		told("import.search.lag", float64(lag[store.SearchView]), "rows"),
		told("import.search.catchup", searched, "s"),
		most("import.memory", peak, "MB", memoryTarget),
	}, im.tidy()
}

func importBeside(ctx context.Context, o Options, file string, n int) (Row, error) {
	im := &importing{o: o, file: file, lines: n}
	table, err := im.rehearse(ctx)
	if err != nil {
		return Row{}, err
	}
	raw := rawSide(func() (string, func(), error) { return o.folder("raw") }, table.first(0), table, engine.AppendBatch)
	belt := &side{name: "import and counters", prepare: im.prepare, run: im.run, tidy: im.tidy}
	if err := compare(ctx, o, 1, raw, belt); err != nil {
		return Row{}, err
	}
	return ratioRow("import", raw, belt, importTarget), nil
}

// importing is the candidate: file → rows → belt → counters, in a house of its own each round.
type importing struct {
	o     Options
	file  string
	lines int
	house *house
	dir   string
	away  func()
}

func (im *importing) prepare(ctx context.Context) error {
	at, away, err := im.o.base(ctx, "house")
	if err != nil {
		return err
	}
	im.dir, im.away = at.dir, away
	im.house, err = openHouse(ctx, at)
	return err
}

func (im *importing) run(ctx context.Context, _ part) (int, error) {
	ctx = context.WithoutCancel(ctx) // as for the other side: see insertAll
	set, err := importer.Open([]string{im.file}, importer.Options{})
	if err != nil {
		return 0, err
	}
	rep, err := importer.Run(ctx, set, importer.Options{}, sink{im.house}, nil)
	if err = errors.Join(err, set.Close()); err != nil {
		return 0, err
	}
	if rep.Added != int64(im.lines) {
		return 0, fmt.Errorf("%d of %d lines added: %+v", rep.Added, im.lines, rep.Counts)
	}
	return im.lines, im.house.store.CatchUpWith(ctx, store.FiguresView)
}

func (im *importing) tidy() error {
	defer im.away()
	return im.house.close()
}

func (im *importing) rehearse(ctx context.Context) (*rawTable, error) {
	if err := im.prepare(ctx); err != nil {
		return nil, err
	}
	if _, err := im.run(ctx, inOne); err != nil {
		return nil, err
	}
	table, err := rawRows(ctx, filepath.Join(im.dir, "qunluo.db"))
	return table, errors.Join(err, im.tidy())
}

// sink hands rows to the belt, as the program does.
type sink struct{ house *house }

func (s sink) Append(ctx context.Context, info importer.RunInfo, rows []community.Inbound) (added, duplicates int, err error) {
	return s.house.engine.Append(ctx, engine.Run{Key: 1, Org: s.house.org, Platform: info.Platform}, rows)
}

// chatlab writes a file of n messages of one group as ChatLab tools write it (formats.md §7), over 300 days.
func chatlab(path string, s *speaker, n int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, `{"_type":"header","chatlab":{"version":"0.0.2"},"meta":{"name":"读书群","platform":"qq","type":"group","groupId":"712345678"}}`)
	step := max(1, 300*86400/n)
	for i := range n {
		member := s.chance.IntN(300)
		content, err := json.Marshal(s.line(false))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, `{"_type":"message","platformMessageId":"%d","sender":"wxid_%d","accountName":"书友%d","groupNickname":"第%d排","timestamp":%d,"type":0,"content":%s}`+"\n",
			7_301_928_374_650+i, member, member, member%20, firstSecond+i*step, content)
	}
	return w.Flush()
}

// forgetPeak lets the kernel count this process's peak memory anew (Linux; elsewhere peakMB is that since the start).
func forgetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// peakMB is the most memory this process has held (VmHWM), in MB; 0 where the system does not say.
func peakMB() float64 {
	sizes, _ := statusOf("self") // without it every size is 0
	return sizes["VmHWM"] / (1 << 20)
}
