package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

// How outlets are kept.
const (
	outletsEach  = 2 * time.Second
	outletSlow   = 60_000   // ms between looks at what is dear to find out
	outletBack   = 120_000  // ms that are read a second time, for what was written late
	outletHour   = 3600_000 // ms: a mass send that ended longer ago, and was not told, was before it was to be told
	outletStride = 10_000   // numbers of the log that are read at once
	outletBatch  = 50       // parcels that a job sends before it lets others
	outletSpan   = 20_000   // ms after which it does, too
)

// keepOutlets reads on for outlets and sees to what is due, until ctx ends.
func (a *App) keepOutlets(ctx context.Context) error {
	tick := time.NewTicker(outletsEach)
	defer tick.Stop()
	var slow int64
	for {
		if err := a.tendOutlets(ctx, &slow); err != nil && ctx.Err() == nil && community.CodeOf(err) != community.CodeConflict {
			a.log.Warn("outlets", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// tendOutlets makes parcels of what happened since the last look, and has sent what is due. Where nobody is told of anything nothing is read.
func (a *App) tendOutlets(ctx context.Context, slow *int64) error {
	list, err := a.store.AllOutlets(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	now := a.millis()
	dear := now-*slow >= outletSlow
	if dear {
		*slow = now
		if err := a.sweepOutlets(ctx, list, now); err != nil {
			return err
		}
	}
	for more := true; more; {
		if more, err = a.readForOutlets(ctx, list, dear); err != nil {
			return err
		}
		dear = false
	}
	return a.sendOutlets(ctx)
}

// readForOutlets reads one stretch; more: there is another.
func (a *App) readForOutlets(ctx context.Context, list []community.Outlet, dear bool) (more bool, err error) {
	log, at, err := a.store.OutletRead(ctx)
	if err != nil {
		return false, err
	}
	head, err := a.store.LogHead(ctx)
	if err != nil {
		return false, err
	}
	now := a.millis()
	upto := min(head, log+outletStride)
	var all []community.Happening
	if upto > log {
		if all, upto, err = a.store.HappenedInLog(ctx, log, upto); err != nil {
			return false, err
		}
	}
	timed, err := a.store.HappenedSince(ctx, at-outletBack, now)
	if err != nil {
		return false, err
	}
	all = append(all, timed...)
	if dear {
		if all, err = a.dearHappenings(ctx, list, at, all); err != nil {
			return false, err
		}
	}
	parcels, err := a.parcels(ctx, list, all)
	if err != nil {
		return false, err
	}
	if len(parcels) == 0 && upto == head && upto-log < outletStride/10 && now-at < outletBack/2 {
		return false, nil // quiet: nothing is written, a little is read again
	}
	return upto < head, a.store.PutParcels(ctx, parcels, log, upto, at, max(at, now))
}

// dearHappenings adds what is dear to find out: mass sends that ended lately, where somebody is told of them.
func (a *App) dearHappenings(ctx context.Context, list []community.Outlet, since int64, all []community.Happening) ([]community.Happening, error) {
	seen := map[community.OrgKey]bool{}
	for i := range list {
		o := &list[i]
		if seen[o.Org] || !o.Wants(community.OutBroadcast, 0, o.Since) {
			continue
		}
		seen[o.Org] = true
		over, err := a.store.HappenedBroadcasts(ctx, o.Org)
		if err != nil {
			return nil, err
		}
		for _, h := range over {
			if h.At >= since-outletHour {
				all = append(all, h)
			}
		}
	}
	return all, nil
}

// parcels says what each outlet is told of what happened.
func (a *App) parcels(ctx context.Context, list []community.Outlet, all []community.Happening) ([]community.Parcel, error) {
	if len(all) == 0 {
		return nil, nil
	}
	var out []community.Parcel
	for i := range list {
		o := &list[i]
		may, err := a.mayTell(ctx, o)
		if err != nil {
			return nil, err
		}
		for _, h := range all {
			if !may.any || h.Kind == "" || h.Org != o.Org || !o.Wants(h.Kind, h.Group, h.At) {
				continue
			}
			if !may.people {
				h.Data.Member = ""
			}
			body, err := json.Marshal(h.Data)
			if err != nil {
				return nil, err
			}
			out = append(out, community.Parcel{Outlet: o.Key, Ref: h.Ref, Kind: h.Kind, Group: h.Group, Event: h.Event, At: h.At, Body: body})
		}
	}
	return out, nil
}

// mayTell says how much an outlet may be told now, whoever answers for it.
func (a *App) mayTell(ctx context.Context, o *community.Outlet) (knows, error) {
	u, err := a.store.UserByID(ctx, o.User)
	if err != nil {
		return knows{}, err
	}
	return tellable(u), nil
}

// sweepOutlets gives up what waited too long and forgets what is old.
func (a *App) sweepOutlets(ctx context.Context, list []community.Outlet, now int64) error {
	for _, o := range list {
		if o.Waiting == 0 {
			continue
		}
		n, err := a.store.GiveUpParcels(ctx, o, now-community.ParcelLives)
		if err != nil {
			return err
		}
		if n > 0 {
			a.alarmMoved(o.Org)
		}
	}
	return a.store.SweepParcels(ctx, now-community.ParcelKept)
}

// sendOutlets asks for a job for each outlet that something is due for.
func (a *App) sendOutlets(ctx context.Context) error {
	due, err := a.store.OutletsDue(ctx)
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := a.store.AddJob(ctx, store.Job{Kind: store.JobOutlet, Key: id.String(), RunAt: a.millis()}); err != nil {
			return err
		}
	}
	if len(due) > 0 {
		a.jobs.Wake()
	}
	return nil
}

// sendOutlet sends an outlet what is due, one parcel after another, until its receiver fails: so one that does not answer takes one worker for one try.
func (a *App) sendOutlet(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	began := a.millis()
	o, err := a.store.OutletByID(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil // forgotten meanwhile
	}
	if err != nil || o.Paused || o.Rest > began {
		return err
	}
	list, err := a.store.ParcelsDue(ctx, o.Key, outletBatch)
	if err != nil {
		return err
	}
	for _, p := range list {
		if a.millis()-began > outletSpan {
			return nil // the rest is asked for again
		}
		sent, down, err := a.sendParcel(ctx, o, p)
		if err != nil || down {
			return err
		}
		if sent.State == community.ParcelSent {
			o.Fails = 0
		} else {
			o.Fails++
		}
	}
	return nil
}

// sendParcel tries one parcel and keeps what came of it. down: the receiver did not answer, or not now. An error is one of ours.
func (a *App) sendParcel(ctx context.Context, o community.Outlet, p community.Parcel) (_ community.Parcel, down bool, err error) {
	secret, err := a.openOutlet(&o)
	if err != nil {
		return p, false, err
	}
	body, err := a.parcelBody(ctx, &o, &p)
	if err != nil {
		return p, false, err
	}
	secrets := []string{secret.Secret}
	now := a.millis()
	if secret.Before != "" && now < secret.Until {
		secrets = append(secrets, secret.Before)
	}
	answer, failed := a.teller.hooks.Deliver(ctx, secret.URL, secrets, p.ID.String(), body, now)
	if failed == nil {
		failed = answer.Said()
	}
	p.Attempts++
	p.Tried, p.Took, p.Status, p.State, p.Code, p.Note = now, a.millis()-now, answer.Status, community.ParcelSent, "", ""
	if failed != nil {
		p.Code, p.Note = community.CodeOf(failed), failed.Error()
		p.State, p.Next = community.ParcelWaiting, now+community.ParcelPause(p.Attempts)
		down = p.Code == community.CodeUnreachable || p.Code == community.CodeLimited
		if p.Gone(now) || p.Kind == community.OutTest { // somebody looks at a test: it is not repeated
			p.State = community.ParcelDead
		}
	}
	if p.Kind == community.OutTest {
		down = false
	}
	if err := a.store.ParcelTried(context.WithoutCancel(ctx), o, p, down); err != nil {
		return p, down, err
	}
	if p.State == community.ParcelDead {
		a.alarmMoved(o.Org)
	}
	return p, down, nil
}

// outletMessage is what a receiver reads.
type outletMessage struct {
	Type      community.OutletKind `json:"type"`
	Timestamp string               `json:"timestamp"` // when it happened
	Data      community.OutletData `json:"data"`
}

// parcelBody is what is sent of a parcel. Texts are read now: what was erased meanwhile is not told.
func (a *App) parcelBody(ctx context.Context, o *community.Outlet, p *community.Parcel) ([]byte, error) {
	m := outletMessage{Type: p.Kind, Timestamp: time.UnixMilli(p.At).UTC().Format("2006-01-02T15:04:05.000Z")}
	if err := json.Unmarshal(p.Body, &m.Data); err != nil {
		return nil, fmt.Errorf("parcel %s: %w", p.ID, err)
	}
	may, err := a.mayTell(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.Texts && may.texts && p.Event != 0 && tellsText[p.Kind] {
		ev, err := a.store.EventAt(ctx, p.Event)
		if err != nil && community.CodeOf(err) != community.CodeNotFound {
			return nil, err
		}
		m.Data.Text = ev.Body.Text
	}
	return json.Marshal(m)
}

// tellsText are the kinds that carry what a member wrote, where an outlet is told texts.
var tellsText = map[community.OutletKind]bool{community.OutFlagged: true, community.OutRequest: true, community.OutAppeal: true}

// outletKeeper is who answers for the outlet that an alarm is about; "" = it is no more.
func (a *App) outletKeeper(ctx context.Context, al duty.Alarm) (string, error) {
	id, err := community.ParseID(strings.TrimPrefix(al.Subject, "outlet:"))
	if err != nil {
		return "", err
	}
	o, err := a.store.Outlet(ctx, al.Org, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return "", nil
	}
	return o.User.String(), err
}
