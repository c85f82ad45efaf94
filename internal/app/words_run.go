package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
	"qunluo/internal/store"
	"qunluo/internal/wordlist"
)

// Jobs of word lists. jobWords does a run, whose id is its key; jobWordWatch looks at the words of a decision that a person
// judged, whose id is its key.
const (
	jobWords     = "words"
	jobWordWatch = "words-watch"
)

// errStopped ends a walk that nobody listens to any more.
var errStopped = errors.New("stopped")

// wordsJob does a run.
func (a *App) wordsJob(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	run, err := a.store.WordRunNow(ctx, id)
	if err != nil || run.State != wordlist.RunBusy {
		return err
	}
	return a.doWords(ctx, run, func(int64, int64) {})
}

// doWords does a run and notes how far it is. What cannot be done is the run's fault, in words; a trouble of the moment is
// the caller's error.
func (a *App) doWords(ctx context.Context, run wordlist.Run, tell func(done, of int64)) error {
	told := a.clock()
	progress := func(done, of int64) {
		run.Done, run.Of = done, of
		tell(done, of)
		if now := a.clock(); now.Sub(told) >= time.Second {
			told = now
			_ = a.store.SetWordRun(ctx, run, nil) // the next one tells
		}
	}
	do := map[string]func(context.Context, *wordlist.Run, func(done, of int64)) ([]byte, error){
		wordlist.RunImport: a.lintRun, wordlist.RunPublish: a.publishRun,
	}[run.Kind]
	if do == nil {
		return fmt.Errorf("run %s: no kind %q", run.ID, run.Kind)
	}
	body, err := do(ctx, &run, progress)
	switch community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeBadInput, community.CodeTooLarge, community.CodeNotFound, community.CodeConflict:
		run.State, run.Error = wordlist.RunFault, err.Error()
	default:
		return err
	}
	return a.store.SetWordRun(ctx, run, body)
}

// lintRun lints the rows of an import, by themselves and by the past.
func (a *App) lintRun(ctx context.Context, run *wordlist.Run, progress func(done, of int64)) ([]byte, error) {
	l, err := a.store.WordListByKey(ctx, run.List)
	if err != nil {
		return nil, err
	}
	body, err := a.store.WordRunBody(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	var rows []wordlist.Row
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, err
	}
	w := a.Words(l.Org, nil)
	has, err := w.present(ctx, l)
	if err != nil {
		return nil, err
	}
	list := wordlist.Lint(rows, has, w.zone())
	past, err := wordlist.NewPast(list)
	if err != nil {
		return nil, err
	}
	if err := w.walkPast(ctx, l, past.Add, progress); err != nil {
		return nil, err
	}
	run.Report = past.Judge()
	wordlist.Settle(list, has)
	released := wordlist.Summary(list)
	run.Report.Kept, run.Report.Quarantined, run.Report.Reasons = released.Kept, released.Quarantined, released.Reasons
	run.State = wordlist.RunReady
	run.Done = run.Of
	return json.Marshal(list)
}

// Bounds of the past that a list is tried on: messages in all, and groups.
const (
	pastMessages = 300_000
	pastGroups   = 200
)

// walkPast goes through the newest messages of the groups that use a list; when none does, of all groups.
func (w words) walkPast(ctx context.Context, l wordlist.List, add func(wordlist.Message), progress func(done, of int64)) error {
	groups, err := w.app.store.WordUserKeys(ctx, l.Key)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		rows, _, err := w.desk().FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: pastGroups}})
		if err != nil {
			return err
		}
		for _, g := range rows {
			groups = append(groups, g.Key)
		}
	}
	groups = groups[:min(len(groups), pastGroups)]
	each := int64(pastMessages / max(len(groups), 1))
	for i, g := range groups {
		if err := w.pastOf(ctx, g, each, add); err != nil {
			return fmt.Errorf("the past of group %d: %w", g, err)
		}
		progress(int64(i+1), int64(len(groups)))
	}
	return ctx.Err()
}

// pastOf goes through the newest messages of a group. A message is ordinary when its author spoke on two days or more of
// them and no person said that a rule hit it rightly.
func (w words) pastOf(ctx context.Context, g community.GroupKey, most int64, add func(wordlist.Message)) error {
	last, err := w.app.store.LastSeq(ctx, g)
	if err != nil {
		return err
	}
	scan := store.EventScan{Group: g, After: max(0, last-most), Kept: true, Type: community.MessageCreated}
	proved, err := w.app.store.ProvedEvents(ctx, g)
	if err != nil {
		return err
	}
	days := map[community.MemberKey]int64{} // the one day; -1 = several
	for ev, err := range w.app.store.Events(ctx, scan) {
		if err != nil {
			return err
		}
		day := dayNumber(ev.OccurredAt)
		if had, ok := days[ev.Actor]; ok && had != day {
			day = -1
		}
		days[ev.Actor] = day
	}
	for ev, err := range w.app.store.Events(ctx, scan) {
		if err != nil {
			return err
		}
		if ev.Body.Text != "" && ev.Body.Role != community.RoleSelf {
			add(wordlist.Message{Text: ev.Body.Text, Day: dayNumber(ev.OccurredAt), Ordinary: days[ev.Actor] == -1 && !proved[ev.Number]})
		}
	}
	return nil
}

func dayNumber(ms int64) int64 { return (ms + 8*3600_000) / 86400_000 }

// order is what a publishing run works on.
type wordOrder struct {
	Groups []community.GroupKey `json:"groups,omitempty"` // nil = those that use the list
	Mode   string               `json:"mode,omitempty"`   // live, dry: used from now on; off: no longer; "" = only the version
}

// Publish brings the rulebooks of all groups that use a list to its newest version, as ordinary new versions of theirs.
func (w words) Publish(ctx context.Context, user string, id community.ID, reason string, wait func(done, of int64)) (wordlist.Run, error) {
	return w.order(ctx, user, id, wordOrder{}, reason, wait)
}

// Use lets groups use a list in a mode: live, dry, or off = no longer.
func (w words) Use(ctx context.Context, user string, id community.ID, groups []community.GroupKey, mode, reason string, wait func(done, of int64)) (wordlist.Run, error) {
	if !slices.Contains([]string{policy.RuleLive, policy.RuleDry, policy.RuleOff}, mode) || len(groups) == 0 {
		return wordlist.Run{}, wordlist.Fault(community.CodeBadInput, "请选群，以及启用、试运行或停用。", "choose groups, and live, dry or off")
	}
	for _, g := range groups {
		if err := w.sees(ctx, g); err != nil {
			return wordlist.Run{}, err
		}
	}
	return w.order(ctx, user, id, wordOrder{Groups: groups, Mode: mode}, reason, wait)
}

func (w words) order(ctx context.Context, user string, id community.ID, o wordOrder, reason string, wait func(done, of int64)) (wordlist.Run, error) {
	l, err := w.ByID(ctx, id)
	if err != nil {
		return wordlist.Run{}, err
	}
	if w.groups != nil && o.Groups == nil {
		return wordlist.Run{}, errOnlyAll()
	}
	if l.Closed != 0 {
		return wordlist.Run{}, wordlist.Fault(community.CodeConflict, "词库已停用：先恢复它。", "the list is put away: take it back first")
	}
	if l.Version == 0 {
		return wordlist.Run{}, wordlist.Fault(community.CodeConflict, "词库里还没有词。", "the list holds no word yet")
	}
	n := len(o.Groups)
	if o.Groups == nil {
		if n = l.Groups; n == 0 {
			return wordlist.Run{}, wordlist.Fault(community.CodeConflict, "还没有群用这个词库。", "no group uses the list yet")
		}
	}
	body, err := json.Marshal(o)
	if err != nil {
		return wordlist.Run{}, err
	}
	return w.begin(ctx, wordlist.Run{List: l.Key, Kind: wordlist.RunPublish, User: user, Note: reason, Of: int64(n)}, body, wait)
}

// publishRun brings groups' rulebooks to the newest version of a list. A group whose rulebook cannot be brought there keeps
// its own, with the reason; the others go on.
func (a *App) publishRun(ctx context.Context, run *wordlist.Run, progress func(done, of int64)) ([]byte, error) {
	l, err := a.store.WordListByKey(ctx, run.List)
	if err != nil {
		return nil, err
	}
	body, err := a.store.WordRunBody(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	var o wordOrder
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, err
	}
	if o.Groups == nil {
		if o.Groups, err = a.store.WordUserKeys(ctx, l.Key); err != nil {
			return nil, err
		}
	}
	ref, err := a.wordRef(ctx, l)
	if err != nil {
		return nil, err
	}
	w := a.Words(l.Org, nil)
	failed := 0
	for i, g := range o.Groups {
		if err := w.bring(ctx, run, l, ref, g, o.Mode); err != nil {
			if community.CodeOf(err) == community.CodeInternal || community.CodeOf(err) == community.CodeBusy {
				return nil, err
			}
			failed++
			run.Error = err.Error()
			if err := a.store.SetWordUse(ctx, l.Key, g, 0, modeOr(o.Mode), run.User, err.Error()); err != nil {
				return nil, err
			}
		}
		progress(int64(i+1), int64(len(o.Groups)))
	}
	run.State = wordlist.RunDone
	if failed > 0 {
		run.Error = fmt.Sprintf("%d of %d groups: %s", failed, len(o.Groups), run.Error)
	}
	return nil, nil
}

func modeOr(mode string) string {
	if mode == "" {
		return policy.RuleDry
	}
	return mode
}

// wordRef names the newest version of a list for books; its content is kept first.
func (a *App) wordRef(ctx context.Context, l wordlist.List) (policy.ListRef, error) {
	ref := policy.ListRef{List: l.ID.String(), Version: l.Version, Name: l.Name}
	v, err := a.store.WordVersion(ctx, l.Key, l.Version)
	if err != nil || v.Asset != "" {
		ref.Asset = v.Asset
		return ref, err
	}
	content, err := a.wordContent(ctx, l)
	if err != nil {
		return ref, err
	}
	if ref.Asset, err = a.store.AddAsset(ctx, l.Org, "words", content); err != nil {
		return ref, err
	}
	return ref, a.store.SetWordAsset(ctx, l.Key, l.Version, ref.Asset)
}

// bring brings one group's book, and its draft, to a list's version.
func (w words) bring(ctx context.Context, run *wordlist.Run, l wordlist.List, ref policy.ListRef, g community.GroupKey, mode string) error {
	group, err := w.mine(ctx, g)
	if err != nil {
		return err
	}
	book, err := w.inForce(ctx, group)
	if err != nil {
		return err
	}
	edit := func(b policy.Book) (policy.Book, bool) {
		switch mode {
		case "":
			return policy.MoveList(b, ref)
		case policy.RuleOff:
			return policy.DropList(b, ref.List)
		}
		return policy.UseList(b, ref, "words-"+strconv.FormatInt(l.Key, 10), mode)
	}
	next, changed := edit(book)
	if !changed {
		return w.noteLists(ctx, run.User, g, book)
	}
	next.Version++
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if _, err := w.app.library.Parse(raw); err != nil {
		return err
	}
	note := fmt.Sprintf("词库“%s”第 %d 版 / list %q version %d", l.Name, l.Version, l.Name, l.Version)
	if run.Note != "" {
		note += ": " + run.Note
	}
	if err := w.publish(ctx, run.User, g, next, note, wordsVerb, nil); err != nil {
		return err
	}
	if group.Book > 0 { // many groups at once, by the list: its note is why
		c := change{measure.AdjustRule, note, "book:" + strconv.Itoa(next.Version), []community.GroupKey{g}}
		if err := w.noteAim(ctx, run.User, measure.Aim{Why: clipped(note, mostWhat)}, c); err != nil {
			return err
		}
	}
	return w.bringDraft(ctx, run.User, g, edit)
}

// bringDraft does to a group's draft what was done to its book, so that publishing it does not take that back.
func (w words) bringDraft(ctx context.Context, user string, g community.GroupKey, edit func(policy.Book) (policy.Book, bool)) error {
	draft, err := w.desk().BookVersion(ctx, g, 0)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	var book policy.Book
	if json.Unmarshal(draft.Body, &book) != nil {
		return nil // a draft may be anything
	}
	next, changed := edit(book)
	if !changed {
		return nil
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return w.app.store.SaveDraft(ctx, w.org, community.BookRow{Group: g, User: user, Note: draft.Note, Body: raw})
}

// noteLists notes which lists a book that is in force uses.
func (h *hands) noteLists(ctx context.Context, user string, g community.GroupKey, book policy.Book) error {
	had, err := h.app.store.WordUsesOf(ctx, g)
	if err != nil {
		return err
	}
	used := map[int64]bool{}
	for _, u := range policy.ListsOf(book) {
		id, err := community.ParseID(u.List)
		if err != nil {
			continue
		}
		l, err := h.app.store.WordListByID(ctx, h.org, id)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		used[l.Key] = true
		if err := h.app.store.SetWordUse(ctx, l.Key, g, u.Version, u.Mode, user, ""); err != nil {
			return err
		}
	}
	for _, u := range had {
		if !used[u.List] {
			if err := h.app.store.SetWordUse(ctx, u.List, g, 0, "", user, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// ownLists looks whether the content that a book names is the organisation's own.
func (h *hands) ownLists(ctx context.Context, rb *policy.Rulebook) error {
	uses := policy.ListsOf(rb.Book())
	if len(uses) == 0 {
		return nil
	}
	var hashes []string
	for _, u := range uses {
		hashes = append(hashes, u.Asset)
	}
	mine, err := h.app.store.AssetsOf(ctx, h.org, hashes)
	if err != nil {
		return err
	}
	var wrong policy.Problems
	for _, u := range uses {
		if _, ok := mine[u.Asset]; !ok {
			wrong = append(wrong, policy.Problem{Path: u.Path, Code: "unknown_asset", Args: []string{u.Asset[:12]}})
		}
	}
	if len(wrong) > 0 {
		return community.Errorf(community.CodeBadInput, "rulebook: %w", wrong)
	}
	return nil
}

// watchWords looks at the words of a decision that a person judged: one that proves wrong is suspended, in a new version that
// is published at once; whoever is on duty is told.
func (a *App) watchWords(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	org, d, err := a.store.DecisionNow(ctx, id)
	if err != nil {
		return err
	}
	for _, hit := range wordlist.WordsOf(d) {
		if err := a.watchWord(ctx, org, hit); err != nil {
			return err
		}
	}
	return nil
}

// watcher is who suspends words by itself, in versions and audit rows.
const watcher = "qunluo"

func (a *App) watchWord(ctx context.Context, org community.OrgKey, hit community.HitWord) error {
	id, err := community.ParseID(hit.List)
	if err != nil {
		return nil // the book names a list that is none
	}
	l, err := a.store.WordListByID(ctx, org, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	now, err := a.store.WordsNow(ctx, l.Key, []int64{hit.Word})
	if err != nil || len(now) == 0 || now[0].State != wordlist.Active {
		return err
	}
	since, err := a.store.WordVersion(ctx, l.Key, now[0].Since)
	if err != nil {
		return err
	}
	score, err := a.store.WordScore(ctx, hit.List, hit.Word, since.At)
	if err != nil || !score.Fails() {
		return err
	}
	e := now[0]
	e.State, e.Why = wordlist.Suspended, score.Why().String()
	w := a.Words(org, nil)
	note := e.Text + ": " + score.Why().Words()[0] + " / " + score.Why().Words()[1]
	if err := a.tellWord(ctx, org, hit.List, hit.Word, l.Name+": "+note); err != nil { // first: a word that is suspended is not looked at again
		return err
	}
	if _, err := w.change(ctx, l, store.WordChange{Put: []wordlist.Entry{e}, Kind: wordlist.BySuspend, User: watcher, Note: note}); err != nil {
		return err
	}
	if l.Groups == 0 {
		return nil
	}
	_, err = w.Publish(ctx, watcher, l.ID, note, nil)
	return err
}
