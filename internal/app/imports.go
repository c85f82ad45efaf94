package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/importer"
	"qunluo/internal/store"
)

// imports takes chat histories in, from uploads and from paths.
type imports struct {
	app  *App
	dir  string // uploads wait here until they are read; those of dry runs until they are read in earnest
	wg   sync.WaitGroup
	turn chan struct{} // held by the one import that writes: each sees all that those before it brought

	mu    sync.Mutex
	under map[community.ID]chan struct{} // runs under way; closed when they end
}

func newImports(a *App, dir string) *imports {
	return &imports{app: a, dir: dir, turn: make(chan struct{}, 1), under: map[community.ID]chan struct{}{}}
}

// wait returns when no import is under way.
func (im *imports) wait() { im.wg.Wait() }

// order is one import: what to read and how.
type order struct {
	Org    community.OrgKey   `json:"org"`
	User   string             `json:"user"`
	Name   string             `json:"name"`
	Paths  []string           `json:"-"`
	Format string             `json:"format"`
	Zone   string             `json:"zone"`
	Group  community.GroupKey `json:"group"`
	Called string             `json:"called"` // a group by id or name; a name that no group has makes one
	Chats  []string           `json:"chats"`  // of several in the files; nil = all, or the one that bears the group's name
	// KeepNear takes near-matches of other programs' records in too; else they are left out and listed.
	KeepNear bool              `json:"keep_near"`
	At       int64             `json:"at"` // UTC ms: of a list of members, or of a pasted text; 0 = not said
	Dry      bool              `json:"dry"`
	Local    bool              `json:"-"`                 // files of this machine, not an upload: the bounds are wider
	Live     bool              `json:"live,omitempty"`    // what is new is decided about
	Renamed  map[string]string `json:"renamed,omitempty"` // old names by new ones
	Show     int               `json:"show,omitempty"`
}

// set takes what a person chose.
func (o order) set(c console.ImportOrder) order {
	o.Format, o.Zone, o.Group, o.Called, o.Chats, o.KeepNear, o.At, o.Dry = c.Format, c.Zone, c.Group, c.Called, c.Chats, c.KeepNear, c.At, c.Dry
	o.Live, o.Renamed, o.Show = c.Live, c.Renamed, c.Show
	return o
}

// Formats names what can be read.
func (im *imports) Formats() []string {
	var names []string
	for _, f := range importer.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// Start keeps the file and begins to read it; the run goes on after ctx ends.
func (im *imports) Start(ctx context.Context, user string, org community.OrgKey, o console.ImportOrder) (community.ID, error) {
	id := im.app.store.NewID().String()
	dir := filepath.Join(im.dir, id)
	path, err := im.save(dir, o.Name, o.File)
	if err != nil {
		return community.ID{}, errors.Join(err, os.RemoveAll(dir))
	}
	ord := order{Org: org, User: user, Name: filepath.Base(path), Paths: []string{path}}
	return im.begin(ctx, ord.set(o), dir)
}

// begin notes the run and reads in the background. The kept folder of a dry run is found again by the run's id.
func (im *imports) begin(ctx context.Context, ord order, dir string) (community.ID, error) {
	run, err := im.open(ctx, ord)
	if err != nil {
		return run.ID, err
	}
	kept := filepath.Join(im.dir, run.ID.String())
	if err := os.Rename(dir, kept); err != nil {
		return run.ID, err
	}
	for i, p := range ord.Paths {
		ord.Paths[i] = filepath.Join(kept, filepath.Base(p))
	}
	raw, err := json.Marshal(ord)
	if err != nil {
		return run.ID, err
	}
	if err := os.WriteFile(filepath.Join(kept, orderFile), raw, 0o600); err != nil {
		return run.ID, err
	}
	ended := make(chan struct{})
	im.mu.Lock()
	im.under[run.ID] = ended
	im.mu.Unlock()
	im.wg.Go(func() {
		defer im.over(run.ID, ended)
		ctx := context.WithoutCancel(ctx)
		done, err := im.work(ctx, ord, run)
		if err != nil || done.State != "dry" {
			err = errors.Join(err, os.RemoveAll(kept))
		}
		if err != nil {
			im.app.log.Error("import", "run", run.ID, "err", err)
		}
	})
	return run.ID, nil
}

func (im *imports) over(run community.ID, ended chan struct{}) {
	im.mu.Lock()
	delete(im.under, run)
	im.mu.Unlock()
	close(ended)
}

// Await returns once a run of this process has ended, or with ctx's error.
func (im *imports) Await(ctx context.Context, run community.ID) error {
	im.mu.Lock()
	ended, ok := im.under[run]
	im.mu.Unlock()
	if !ok {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work opens and reads an upload. What is wrong with the file stands in the run's report and is no error here.
func (im *imports) work(ctx context.Context, ord order, run community.ImportRow) (community.ImportRow, error) {
	files, err := im.prepare(ctx, ord)
	if err == nil {
		_, run, err = im.read(ctx, ord, files, run, nil)
		return run, err
	}
	run.State, run.Report = "failed", failure(err)
	ended := im.app.store.EndRun(ctx, run)
	im.app.live.tell(console.Change{Org: ord.Org, Kind: "import"})
	if _, ok := errors.AsType[*importer.Fault](err); ok {
		err = nil
	}
	return run, errors.Join(err, ended)
}

// failure is the report of a run that did not come to read anything.
func failure(err error) json.RawMessage {
	words := map[string]any{"error": err.Error(), "code": community.CodeOf(err)}
	if fault, ok := errors.AsType[*importer.Fault](err); ok {
		words["why"], words["what"], words["ignored"] = fault.Code, fault.What, fault.Files
	}
	raw, _ := json.Marshal(words) // plain values
	return raw
}

// orderFile keeps a dry run's settings beside its file.
const orderFile = "order.json"

// save writes an upload into a folder of its own, under the last part of the name the person's machine gave it.
func (im *imports) save(dir, name string, from io.Reader) (string, error) {
	name = filepath.Base(strings.ReplaceAll(name, "\\", "/"))
	if name == "." || name == ".." || name == "/" || name == orderFile || strings.ContainsRune(name, 0) {
		name = "upload"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, from)
	return path, errors.Join(err, f.Close())
}

// Commit reads the kept file of a dry run in earnest, with the dry run's settings. community.CodeConflict when the dry run
// left something to be decided.
func (im *imports) Commit(ctx context.Context, user string, org community.OrgKey, id community.ID) (community.ID, error) {
	dry, ord, err := im.kept(ctx, org, id)
	if err != nil {
		return id, err
	}
	var rep told
	if err := json.Unmarshal(dry.Report, &rep); err != nil || rep.Blocked != "" {
		return id, community.Errorf(community.CodeConflict, "import %s: %s", id, rep.Blocked)
	}
	ord.Dry, ord.User = false, user
	return im.begin(ctx, ord, filepath.Join(im.dir, dry.ID.String()))
}

// Again tries the kept file of a dry run once more, as the person has decided now.
func (im *imports) Again(ctx context.Context, user string, org community.OrgKey, id community.ID, o console.ImportOrder) (community.ID, error) {
	dry, ord, err := im.kept(ctx, org, id)
	if err != nil {
		return id, err
	}
	ord = ord.set(o)
	ord.Dry, ord.User = true, user
	return im.begin(ctx, ord, filepath.Join(im.dir, dry.ID.String()))
}

// kept finds a dry run and the settings and file that were kept of it.
func (im *imports) kept(ctx context.Context, org community.OrgKey, id community.ID) (community.ImportRow, order, error) {
	var ord order
	dry, err := im.app.store.For(community.Scope{Org: org}).ImportByID(ctx, id)
	if err != nil {
		return dry, ord, err
	}
	dir := filepath.Join(im.dir, dry.ID.String())
	raw, err := os.ReadFile(filepath.Join(dir, orderFile))
	if errors.Is(err, os.ErrNotExist) {
		return dry, ord, community.Errorf(community.CodeNotFound, "the file of import %s is no longer kept", id)
	}
	if err == nil {
		err = json.Unmarshal(raw, &ord)
	}
	ord.Paths = []string{filepath.Join(dir, ord.Name)}
	return dry, ord, err
}

// keptFor is how long the file of a trial is kept that nobody imports in earnest.
const keptFor = 7 * 24 * time.Hour

// drop removes the files of trials that are older than that: they hold people's words.
func (im *imports) drop() error {
	found, err := os.ReadDir(im.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, d := range found {
		info, infoErr := d.Info()
		if infoErr != nil || info.ModTime().UnixMilli() > im.app.millis()-keptFor.Milliseconds() {
			continue
		}
		err = errors.Join(err, os.RemoveAll(filepath.Join(im.dir, d.Name())))
	}
	return err
}

// open notes that a run begins. While the keys of an undone import are being freed nothing new may begin: its rows would
// count as known.
func (im *imports) open(ctx context.Context, ord order) (community.ImportRow, error) {
	busy, err := im.app.store.Releasing(ctx)
	if err != nil {
		return community.ImportRow{}, err
	}
	if busy {
		return community.ImportRow{}, community.Errorf(community.CodeConflict, "an import is just being undone; try again in a minute")
	}
	return im.app.store.AddRun(ctx, ord.Org, community.ImportRow{Group: ord.Group, Name: ord.Name, Format: ord.Format, User: ord.User})
}

// told is a report with what was asked for and what is left to decide.
type told struct {
	importer.Report
	Asked       asked             `json:"asked"`
	Chats       []importer.Choice `json:"chats,omitempty"`   // all in the file, chosen or not
	Blocked     string            `json:"blocked,omitempty"` // a code of the importer's faults
	BlockedWhat string            `json:"blocked_what,omitempty"`
}

// asked is what a person chose, for the page that offers the choices again.
type asked struct {
	Format   string   `json:"format,omitempty"`
	Zone     string   `json:"zone,omitempty"`
	Group    string   `json:"group,omitempty"`  // id
	Called   string   `json:"called,omitempty"` // a new group's name
	Chats    []string `json:"chats,omitempty"`
	KeepNear bool     `json:"keep_near,omitempty"`
	At       int64    `json:"at,omitempty"`
	Live     bool     `json:"live,omitempty"`

	Renamed map[string]string `json:"renamed,omitempty"`
}

func (o order) asked(wanted target) asked {
	a := asked{Format: o.Format, Zone: o.Zone, Called: wanted.name, Chats: o.Chats, KeepNear: o.KeepNear, At: o.At, Live: o.Live, Renamed: o.Renamed}
	if wanted.group.Key != 0 {
		a.Group = wanted.group.ID.String()
	}
	return a
}

// read does the work of a run and notes how it ended.
func (im *imports) read(ctx context.Context, ord order, files *opened, run community.ImportRow, progress func(importer.Progress)) (importer.Report, community.ImportRow, error) {
	defer files.close()
	rep, groups, err := im.take(ctx, ord, files, run, im.noting(ctx, run, progress))
	full := told{Report: rep, Asked: ord.asked(files.wanted), Chats: files.chats}
	if files.blocked != nil {
		full.Blocked, full.BlockedWhat = files.blocked.Why()
	}
	raw, jsonErr := json.Marshal(full)
	if err == nil {
		err = jsonErr
	}
	run.State, run.Report = stateOf(ord, rep, err), raw
	if err != nil && len(rep.Units) == 0 {
		run.Report = failure(err)
	}
	if len(rep.Units) > 0 {
		run.Format, run.Hash = rep.Units[0].Run.Format, rep.Units[0].Run.Hash
	}
	if len(groups) > 0 {
		run.Group = groups[0]
	}
	err = errors.Join(err, im.app.store.EndRun(ctx, run))
	im.app.live.tell(console.Change{Org: ord.Org, Kind: "import"})
	return rep, run, err
}

// stateOf is the word under which a run is listed.
func stateOf(ord order, rep importer.Report, err error) string {
	switch {
	case err != nil:
		return "failed"
	case ord.Dry:
		return "dry"
	case rep.Reservations():
		return "reserved"
	}
	return "done"
}

// noteEach is how often a run under way is noted.
const noteEach = time.Second

func (im *imports) noting(ctx context.Context, run community.ImportRow, progress func(importer.Progress)) func(importer.Progress) {
	last := time.Now()
	return func(p importer.Progress) {
		if progress != nil {
			progress(p)
		}
		if time.Since(last) < noteEach {
			return
		}
		last = time.Now()
		run.Report, _ = json.Marshal(map[string]int64{"done": p.Bytes, "of": p.Total, "added": p.Added}) // plain values
		if err := im.app.store.EndRun(ctx, run); err != nil {
			im.app.log.Warn("note import", "run", run.ID, "err", err)
		}
		im.app.live.tell(console.Change{Kind: "import"})
	}
}

// take reads the files: in a dry run only to look, else into the log, one import after another.
func (im *imports) take(ctx context.Context, ord order, files *opened, run community.ImportRow, progress func(importer.Progress)) (importer.Report, []community.GroupKey, error) {
	if ord.Dry {
		rep, err := importer.Run(ctx, files.set, files.opt, nil, progress)
		return rep, nil, err
	}
	select {
	case im.turn <- struct{}{}:
		defer func() { <-im.turn }()
	case <-ctx.Done():
		return importer.Report{}, nil, ctx.Err()
	}
	rep, err := importer.Run(ctx, files.set, files.opt, &sink{engine: im.app.engine, ord: ord, run: run.Key, now: im.app.millis()}, progress)
	groups, groupsErr := im.app.store.RunGroups(ctx, run.Key)
	if err == nil {
		err = im.remember(ctx, ord, files, rep, run.Key)
	}
	return rep, groups, errors.Join(err, groupsErr)
}

// Import reads paths of this machine, waits for the end and gives the report. An order that cannot be read at all (an
// importer.Fault) leaves no run behind.
func (a *App) Import(ctx context.Context, user string, org community.OrgKey, o console.ImportOrder, paths []string, progress func(importer.Progress)) (importer.Report, community.ImportRow, error) {
	ord := order{Org: org, User: user, Name: nameOf(paths), Paths: paths, Local: true}.set(o)
	files, err := a.imports.prepare(ctx, ord)
	if err != nil {
		return importer.Report{}, community.ImportRow{}, err
	}
	if o.Dry {
		defer files.close()
		rep, _, err := a.imports.take(ctx, ord, files, community.ImportRow{}, progress)
		return rep, community.ImportRow{}, err
	}
	run, err := a.imports.open(ctx, ord)
	if err != nil {
		return importer.Report{}, run, errors.Join(err, files.close())
	}
	return a.imports.read(ctx, ord, files, run, progress)
}

func nameOf(paths []string) string {
	switch len(paths) {
	case 0:
		return ""
	case 1:
		return filepath.Base(paths[0])
	}
	return fmt.Sprintf("%s +%d", filepath.Base(paths[0]), len(paths)-1)
}

// Export writes a group's events in [from, to) (UTC ms, 0 = open) as ChatLab and gives how many.
func (a *App) Export(ctx context.Context, org community.OrgKey, g community.GroupKey, format string, from, to int64, w io.Writer, progress func(done int64)) (int64, error) {
	group, err := a.store.For(community.Scope{Org: org}).GroupByKey(ctx, g)
	if err != nil {
		return 0, err
	}
	out, err := importer.NewWriter(w, format, importer.ExportHead{
		Generator: "qunluo", ExportedAt: a.millis(), Group: community.Ref{ID: group.External, Name: group.Name}, Platform: group.Platform,
	})
	if err != nil {
		return 0, err
	}
	x := &exporter{names: a.store.NewDirectory(), recalled: map[string]bool{}}
	if err := x.recalls(ctx, a.store, g); err != nil {
		return 0, err
	}
	for ev, err := range a.store.EventsByTime(ctx, g, to) {
		if err != nil {
			return x.n, err
		}
		if ev.OccurredAt < from || !importer.Exportable(ev.Type) {
			continue
		}
		if err := x.write(ctx, out, &ev); err != nil {
			return x.n, err
		}
		if progress != nil && x.n%1000 == 0 {
			progress(x.n)
		}
	}
	return x.n, out.Close()
}

// exporter turns stored events back into what a file says.
type exporter struct {
	names    *store.Directory
	recalled map[string]bool // platform ids of recalled messages: their words do not leave the house
	n        int64
}

func (x *exporter) recalls(ctx context.Context, st *store.Store, g community.GroupKey) error {
	for ev, err := range st.Events(ctx, store.EventScan{Group: g, Type: community.MessageDeleted, Kept: true}) {
		if err != nil {
			return err
		}
		if ev.Body.Message != "" {
			x.recalled[ev.Body.Message] = true
		}
	}
	return nil
}

func (x *exporter) write(ctx context.Context, out *importer.Writer, ev *community.Event) error {
	in := community.Inbound{Type: ev.Type, OccurredAt: ev.OccurredAt, Body: ev.Body}
	var err error
	if in.Actor, err = x.names.Who(ctx, ev.Actor); err != nil {
		return err
	}
	if in.Subject, err = x.names.Who(ctx, ev.Subject); err != nil {
		return err
	}
	if in.By, err = x.names.Who(ctx, ev.By); err != nil {
		return err
	}
	named := &in.Actor
	if named.ID == "" {
		named = &in.Subject
	}
	if ev.Body.Name != "" {
		named.Name = ev.Body.Name
	}
	named.Card, named.Role = ev.Body.Card, ev.Body.Role
	if ev.Type == community.MessageCreated && x.recalled[ev.Body.Message] {
		in.Body.Text, in.Body.Segments, in.Body.Class = "", nil, community.Recalled
	}
	x.n++
	return out.Write(in)
}

// UndoImport takes an import back as one.
func (a *App) UndoImport(ctx context.Context, user string, org community.OrgKey, run community.ID, reason string) error {
	return a.imports.Undo(ctx, user, org, run, reason)
}
