package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/store"
)

// Callbacks are hints: no platform guarantees that it tells everything. So the groups of every account are read again
// when it comes online and every quarter of an hour, and what is found comes in as events.
const (
	jobReconcile  = "reconcile" // one account; key = its key
	jobLookAround = "look-around"
)

// lookAround asks for a reading of every account that runs.
func (a *App) lookAround(ctx context.Context, _ store.Job) error {
	for key := range a.wires.running() {
		if err := a.askReconcile(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) askReconcile(ctx context.Context, key community.AccountKey) error {
	return a.store.AddJob(ctx, store.Job{Kind: jobReconcile, Key: strconv.FormatInt(int64(key), 10), RunAt: a.millis(), Max: 3})
}

// reconcile reads the groups of an account and their member lists. A group that cannot be read does not keep the others
// from being read.
func (a *App) reconcile(ctx context.Context, j store.Job) error {
	n, err := strconv.ParseInt(j.Key, 10, 64)
	if err != nil {
		return err
	}
	key := community.AccountKey(n)
	session := a.wires.session(key)
	groups, ok := session.(connect.GroupLister)
	if !ok {
		return nil
	}
	refs, err := groups.Groups(ctx)
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	var errs []error
	for _, ref := range refs {
		if err := a.readGroup(ctx, key, session, ref); err != nil {
			errs = append(errs, fmt.Errorf("group %s: %w", ref.ID, err))
		}
	}
	return errors.Join(errs...)
}

// rosters remembers what was read last, so that a list that says nothing new is not written again.
type rosters struct {
	mu   sync.Mutex
	last map[rosterRef]reading
}

type rosterRef struct {
	account community.AccountKey
	group   string
}

type reading struct {
	sum [sha256.Size]byte
	at  int64
}

// sayAgain is after how long (ms) an unchanged list is written all the same: it proves who was there.
const sayAgain = 24 * 3600 * 1000

func (r *rosters) changed(ref rosterRef, data []byte, now int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := sha256.Sum256(data)
	if was, ok := r.last[ref]; ok && was.sum == sum && now-was.at < sayAgain {
		return false
	}
	if r.last == nil {
		r.last = map[rosterRef]reading{}
	}
	r.last[ref] = reading{sum, now}
	return true
}

// readGroup takes a group's name and member list in, as one reading.
func (a *App) readGroup(ctx context.Context, key community.AccountKey, session connect.Session, ref community.Ref) error {
	now := a.millis()
	var in []connect.Inbound
	named, err := a.store.GroupNamed(ctx, key, ref)
	if err != nil {
		return err
	}
	if !named && ref.Name != "" {
		in = append(in, connect.Inbound{Account: key, Type: community.GroupUpdated, Key: fmt.Sprintf("name:%s:%d", ref.ID, now), OccurredAt: now, Group: ref,
			Body: community.Body{Text: ref.Name}})
	}
	scene := ""
	if session.Abilities(ref.ID).Presence {
		scene = community.Presence
	}
	if lister, ok := session.(connect.MemberLister); ok {
		list, err := lister.Members(ctx, ref.ID)
		if community.CodeOf(err) == community.CodeUnsupported {
			return a.intake.Receive(ctx, in...) // then nobody can know; the member list fills as people speak
		}
		if err != nil {
			return err
		}
		slices.SortFunc(list, func(x, y community.Who) int { return strings.Compare(x.ID, y.ID) })
		data, err := json.Marshal(list)
		if err != nil {
			return err
		}
		if !a.rosters.changed(rosterRef{key, ref.ID}, data, now) {
			return a.intake.Receive(ctx, in...)
		}
		in = append(in, connect.Inbound{Account: key, Type: community.RosterRead, Key: fmt.Sprintf("roster:%s:%d", ref.ID, now), OccurredAt: now, Group: ref,
			Body: community.Body{Data: data, Scene: scene}})
	}
	return a.intake.Receive(ctx, in...)
}
