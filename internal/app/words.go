package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/store"
	"qunluo/internal/wordlist"
	"qunluo/internal/wordlist/sheet"
)

// words is what a person sees and changes of the organisation's word lists.
type words struct{ *hands }

// Words makes the handle for word lists.
func (a *App) Words(org community.OrgKey, groups []community.GroupKey) words {
	return words{a.Hands(org, groups)}
}

// Find lists the word lists.
func (w words) Find(ctx context.Context, p community.Page) ([]wordlist.List, int, error) {
	return w.app.store.WordLists(ctx, w.org, p)
}

// ByID gives one; CodeNotFound.
func (w words) ByID(ctx context.Context, id community.ID) (wordlist.List, error) {
	return w.app.store.WordListByID(ctx, w.org, id)
}

// New makes a list: empty, or with the words of a shipped one (pack). It is used by no group.
func (w words) New(ctx context.Context, user string, l wordlist.List, reason string) (wordlist.List, error) {
	if w.groups != nil {
		return l, errOnlyAll()
	}
	var entries []wordlist.Entry
	if l.Pack != "" {
		p, ok := wordlist.PackByName(l.Pack)
		if !ok {
			return l, community.Errorf(community.CodeNotFound, "no shipped list %q", l.Pack)
		}
		entries = p.Entries()
		if l.Name == "" {
			l.Name = p.Title[0]
		}
	}
	l.Org, l.By = w.org, user
	l, err := w.app.store.AddWordList(ctx, l, w.audit(user, "words.new", "", reason))
	if err != nil || len(entries) == 0 {
		return l, err
	}
	_, err = w.change(ctx, l, store.WordChange{Put: entries, Kind: wordlist.ByPack, User: user, Note: reason})
	if err != nil {
		return l, err
	}
	return w.ByID(ctx, l.ID)
}

// Set changes a list's name and note, or puts it away (closed) or takes it back. CodeConflict: groups use it still.
func (w words) Set(ctx context.Context, user string, l wordlist.List, closed bool, reason string) error {
	if w.groups != nil {
		return errOnlyAll()
	}
	now, err := w.ByID(ctx, l.ID)
	if err != nil {
		return err
	}
	if closed && now.Groups > 0 {
		return wordlist.Fault(community.CodeConflict, "还有群在用这个词库：请先在这些群停用。", "groups use the list still: switch it off there first")
	}
	now.Name, now.Note = l.Name, l.Note
	switch {
	case closed && now.Closed == 0:
		now.Closed = w.app.millis()
	case !closed:
		now.Closed = 0
	}
	return w.app.store.SetWordList(ctx, now, w.audit(user, "words.set", "", reason))
}

// errOnlyAll is said to those who see some groups only: a list is everybody's.
func errOnlyAll() error {
	return wordlist.Fault(community.CodeForbidden, "词库由所有群共用：只有看得到所有群的人可以改。", "word lists are shared by all groups: only who sees all of them may change one")
}

// change makes a version of a list's words, with its audit row.
func (w words) change(ctx context.Context, l wordlist.List, ch store.WordChange) (wordlist.Version, error) {
	ch.List = l
	if w.groups != nil {
		return wordlist.Version{}, errOnlyAll()
	}
	if l.Closed != 0 {
		return wordlist.Version{}, wordlist.Fault(community.CodeConflict, "词库已停用：先恢复它。", "the list is put away: take it back first")
	}
	return w.app.store.ChangeWords(ctx, ch, w.audit(ch.User, "words."+ch.Kind, "", ch.Note))
}

// List gives the words of a list.
func (w words) List(ctx context.Context, id community.ID, f wordlist.Filter) ([]wordlist.Entry, int, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return w.app.store.FindWords(ctx, l.Key, f)
}

// Categories counts a list's words by category.
func (w words) Categories(ctx context.Context, id community.ID) ([]wordlist.Counted, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return w.app.store.WordCategories(ctx, l.Key)
}

// present is what a list holds, for lint.
func (w words) present(ctx context.Context, l wordlist.List) (wordlist.Present, error) {
	has := wordlist.Present{Words: map[string]wordlist.Entry{}, Categories: map[string]bool{}}
	err := w.app.store.EachWord(ctx, l.Key, 0, func(e wordlist.Entry) error {
		has.Words[e.Fold()] = e
		has.Categories[e.Category] = true
		return nil
	})
	return has, err
}

// Add adds words that a person typed, each row linted by itself: what is rejected is not added, what is quarantined waits
// for a person's word. At most wordlist.MaxByHand; CodeConflict when none of them changes anything.
func (w words) Add(ctx context.Context, user string, id community.ID, rows []wordlist.Row, reason string) (wordlist.Version, []wordlist.Linted, error) {
	if len(rows) == 0 || len(rows) > wordlist.MaxByHand {
		return wordlist.Version{}, nil, wordlist.Fault(community.CodeBadInput, "一次写 1 到 1000 个词，更多请导入文件。", "write 1 to 1,000 words at a time; import a file of more")
	}
	l, err := w.ByID(ctx, id)
	if err != nil {
		return wordlist.Version{}, nil, err
	}
	has, err := w.present(ctx, l)
	if err != nil {
		return wordlist.Version{}, nil, err
	}
	list := wordlist.Lint(rows, has, w.zone())
	wordlist.Settle(list, has)
	v, err := w.change(ctx, l, store.WordChange{Put: wordlist.Taken(list), Kind: wordlist.ByAdd, User: user, Note: reason})
	return v, list, err
}

// zone is where the days of expiries end.
func (w words) zone() *time.Location {
	loc, err := time.LoadLocation(store.DefaultZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Edit changes words; Release takes them out of quarantine or suspension, Suspend takes them out of use, Remove removes
// them. Releasing and suspending need a reason.
func (w words) Edit(ctx context.Context, user string, id community.ID, numbers []int64, p wordlist.Patch, reason string) (wordlist.Version, error) {
	if err := p.Check(reason); err != nil {
		return wordlist.Version{}, err
	}
	l, err := w.ByID(ctx, id)
	if err != nil {
		return wordlist.Version{}, err
	}
	if len(numbers) == 0 || len(numbers) > wordlist.MaxByHand {
		return wordlist.Version{}, wordlist.Fault(community.CodeBadInput, "请选 1 到 1000 个词。", "choose 1 to 1,000 words")
	}
	ch := store.WordChange{Kind: p.Kind(), User: user, Note: reason}
	if p.Remove {
		ch.Drop = numbers
		return w.change(ctx, l, ch)
	}
	all, err := w.app.store.WordsNow(ctx, l.Key, numbers)
	if err != nil {
		return wordlist.Version{}, err
	}
	for _, e := range all {
		ch.Put = append(ch.Put, p.Apply(e, reason))
	}
	return w.change(ctx, l, ch)
}

// Versions lists a list's versions, the newest first.
func (w words) Versions(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Version, int, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return w.app.store.WordVersions(ctx, l.Key, p)
}

// Changes lists what differs between two versions.
func (w words) Changes(ctx context.Context, id community.ID, from, to int, p community.Page) ([]wordlist.Change, int, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if from < 0 || to < 0 || from > l.Version || to > l.Version {
		return nil, 0, community.Errorf(community.CodeNotFound, "versions %d and %d: there are %d", from, to, l.Version)
	}
	return w.app.store.WordChanges(ctx, l.Key, from, to, p)
}

// Rollback makes a new version that equals an older one.
func (w words) Rollback(ctx context.Context, user string, id community.ID, to int, reason string) (wordlist.Version, error) {
	l, err := w.ByID(ctx, id)
	if err == nil && w.groups != nil {
		err = errOnlyAll()
	}
	if err != nil {
		return wordlist.Version{}, err
	}
	return w.app.store.RollbackWords(ctx, l, to, user, reason, w.audit(user, "words.rollback", "", reason))
}

// Export gives the words of a version (0 = now) in the order of their numbers.
func (w words) Export(ctx context.Context, id community.ID, version int) (wordlist.List, iter.Seq2[wordlist.Entry, error], error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return l, nil, err
	}
	return l, func(yield func(wordlist.Entry, error) bool) {
		err := w.app.store.EachWord(ctx, l.Key, version, func(e wordlist.Entry) error {
			if !yield(e, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && err != errStopped {
			yield(wordlist.Entry{}, err)
		}
	}, nil
}

// Zone is where the days of expiries end.
func (w words) Zone() *time.Location { return w.zone() }

// Scores lists how the words of a list proved themselves, those that were wrong most often first.
func (w words) Scores(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Score, int, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	list, total, err := w.app.store.WordScores(ctx, l.ID, p)
	if err != nil {
		return nil, 0, err
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Word
	}
	texts, err := w.app.store.WordsByNumber(ctx, l.Key, numbers)
	for i := range list {
		list[i].Text = texts[list[i].Word].Text
	}
	return list, total, err
}

// Import reads a file and begins to lint it against the past: the run is ready when a person may look at it. With wait the
// linting is done before it returns; wait is told how far it is.
func (w words) Import(ctx context.Context, user string, id community.ID, file string, raw []byte, note string, wait func(done, of int64)) (wordlist.Run, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return wordlist.Run{}, err
	}
	rows, err := sheet.Read(file, raw)
	if err != nil {
		return wordlist.Run{}, err
	}
	if len(rows) == 0 {
		return wordlist.Run{}, wordlist.Fault(community.CodeBadInput, "文件里没有词。", "the file holds no word")
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return wordlist.Run{}, err
	}
	run := wordlist.Run{List: l.Key, Kind: wordlist.RunImport, User: user, Note: note, File: fileName(file), Of: int64(len(rows))}
	return w.begin(ctx, run, body, wait)
}

// fileName is a file's name as it is kept: the last part, at most 100 characters.
func fileName(name string) string {
	name = strings.ToValidUTF8(name[strings.LastIndexAny(name, `/\`)+1:], "")
	if r := []rune(name); len(r) > 100 {
		name = string(r[len(r)-100:])
	}
	return name
}

// begin makes a run: as a job, or done at once when somebody waits.
func (w words) begin(ctx context.Context, run wordlist.Run, body []byte, wait func(done, of int64)) (wordlist.Run, error) {
	job := jobWords
	if wait != nil {
		job = ""
	}
	run, err := w.app.store.AddWordRun(ctx, run, body, job)
	if err != nil {
		return run, err
	}
	if wait == nil {
		w.app.jobs.Wake()
		return run, nil
	}
	if err := w.app.doWords(ctx, run, wait); err != nil {
		return run, err
	}
	return w.app.store.WordRunNow(ctx, run.ID)
}

// Runs lists the runs of a list, the newest first.
func (w words) Runs(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Run, int, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return w.app.store.WordRuns(ctx, l.Key, p)
}

// Run gives a run of a list; CodeNotFound.
func (w words) Run(ctx context.Context, id, run community.ID) (wordlist.Run, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return wordlist.Run{}, err
	}
	r, err := w.app.store.WordRunNow(ctx, run)
	if err == nil && r.List != l.Key {
		err = community.Errorf(community.CodeNotFound, "run %s: not found", run)
	}
	return r, err
}

// Preview gives the linted rows of an import: of one verdict, or of one reason (code); "" = all.
func (w words) Preview(ctx context.Context, id, run community.ID, verdict wordlist.Verdict, code string, p community.Page) ([]wordlist.Linted, int, error) {
	r, err := w.Run(ctx, id, run)
	if err != nil {
		return nil, 0, err
	}
	if r.Kind != wordlist.RunImport || r.State == wordlist.RunBusy || r.State == wordlist.RunFault {
		return nil, 0, nil
	}
	list, err := w.linted(ctx, run)
	if err != nil {
		return nil, 0, err
	}
	list = wordlist.Only(list, verdict, code)
	from := min(max(p.Offset, 0), len(list))
	to := min(from+max(p.Limit, 1), len(list))
	return list[from:to], len(list), nil
}

func (w words) linted(ctx context.Context, run community.ID) ([]wordlist.Linted, error) {
	body, err := w.app.store.WordRunBody(ctx, run)
	if err != nil {
		return nil, err
	}
	var list []wordlist.Linted
	return list, json.Unmarshal(body, &list)
}

// Take takes a linted import into the list: one version, whatever is in quarantine held back. CodeConflict: it was taken or
// thrown away before, or changes nothing.
func (w words) Take(ctx context.Context, user string, id, run community.ID, reason string) (wordlist.Version, error) {
	var none wordlist.Version
	r, err := w.Run(ctx, id, run)
	if err != nil {
		return none, err
	}
	if r.State != wordlist.RunReady {
		return none, wordlist.Fault(community.CodeConflict, "这次导入还没检查完，或已经处理过了。", "the import is not linted yet, or was dealt with before")
	}
	list, err := w.linted(ctx, run)
	if err != nil {
		return none, err
	}
	l, err := w.ByID(ctx, id)
	if err != nil {
		return none, err
	}
	if reason == "" {
		reason = r.Note
	}
	v, err := w.change(ctx, l, store.WordChange{Put: wordlist.Taken(list), Kind: wordlist.ByImport, User: user, Note: joined(reason, r.File)})
	if err != nil {
		return none, err
	}
	return v, w.app.store.TakeWordRun(ctx, run, wordlist.RunReady, wordlist.RunDone)
}

func joined(reason, file string) string {
	if reason == "" {
		return file
	}
	return reason + " (" + file + ")"
}

// Discard throws a run away that nobody takes in. CodeConflict when it was dealt with before.
func (w words) Discard(ctx context.Context, user string, id, run community.ID) error {
	r, err := w.Run(ctx, id, run)
	if err != nil {
		return err
	}
	if r.Kind != wordlist.RunImport || r.State == wordlist.RunDone || r.State == wordlist.RunGone {
		return wordlist.Fault(community.CodeConflict, "这次导入已经处理过了。", "the import was dealt with before")
	}
	return w.app.store.TakeWordRun(ctx, run, r.State, wordlist.RunGone)
}

// Users lists the groups that use a list, with an older version first.
func (w words) Users(ctx context.Context, id community.ID, p community.Page) ([]wordlist.Use, int, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return w.app.store.WordUsers(ctx, l.Key, p)
}

// wordContent is what books name of a list's newest version: its words in use.
func (a *App) wordContent(ctx context.Context, l wordlist.List) ([]byte, error) {
	var list []lexicon.Word
	err := a.store.EachWord(ctx, l.Key, l.Version, func(e wordlist.Entry) error {
		if e.State == wordlist.Active {
			list = append(list, e.Word)
		}
		return nil
	})
	return lexicon.PackList(list), err
}

// Write writes words as a file.
func (w words) Write(out io.Writer, form string, head []string, list iter.Seq2[wordlist.Entry, error]) error {
	return sheet.Write(out, form, head, list, w.zone())
}

// UsesIn tells which of these groups use a list.
func (w words) UsesIn(ctx context.Context, id community.ID, groups []community.GroupKey) (map[community.GroupKey]wordlist.Use, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return w.app.store.WordUsesIn(ctx, l.Key, groups)
}

// Named names words that hits rest on; a list that is not there any more is named by its id.
func (w words) Named(ctx context.Context, hits []community.HitWord) ([]wordlist.Named, error) {
	var out []wordlist.Named
	for _, h := range hits {
		n := wordlist.Named{List: h.List, Version: h.Version, Word: strconv.FormatInt(h.Word, 10)}
		id, err := community.ParseID(h.List)
		if err == nil {
			var l wordlist.List
			if l, err = w.ByID(ctx, id); err == nil {
				n.List = l.Name
				var texts map[int64]wordlist.Entry
				if texts, err = w.app.store.WordsByNumber(ctx, l.Key, []int64{h.Word}); texts[h.Word].Text != "" {
					n.Word = texts[h.Word].Text
				}
			}
		}
		if code := community.CodeOf(err); err != nil && code != community.CodeNotFound && code != community.CodeBadInput && !errors.Is(err, community.ErrBadID) {
			return out, err
		}
		out = append(out, n)
	}
	return out, nil
}
