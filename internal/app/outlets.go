package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/rights"
)

// outlets keeps where outside systems are told of what happens in an organisation.
type outlets struct {
	app *App
	org community.OrgKey
}

// Outlets makes the handle of an organisation's outlets.
func (a *App) Outlets(org community.OrgKey) *outlets { return &outlets{a, org} }

// Bounds of an outlet.
const (
	maxOutletName = 40            // characters
	maxOutletURL  = 1000          // bytes
	outletOverlap = 24 * 3600_000 // ms that the secret before signs beside a new one
	outletSecret  = "whsec_"      // begins every signing key, as Standard Webhooks has it
	outletKeySize = 32            // bytes
)

// List gives the outlets.
func (o *outlets) List(ctx context.Context) ([]community.Outlet, error) {
	return o.app.store.Outlets(ctx, o.org)
}

// Get gives one; CodeNotFound.
func (o *outlets) Get(ctx context.Context, id community.ID) (community.Outlet, error) {
	return o.app.store.Outlet(ctx, o.org, id)
}

// Add makes an outlet that user (an id) answers for, and gives its signing key this once. CodeBadInput begins with the field's name; CodeForbidden: they
// may not set the house, or read what it would be told; CodeConflict: the name is taken; CodeTooLarge: there are too many.
func (o *outlets) Add(ctx context.Context, by string, out community.Outlet, address, reason string) (community.Outlet, string, error) {
	out.Key, out.Org, out.ID, out.Name, out.Paused = 0, o.org, o.app.store.NewID(), strings.TrimSpace(out.Name), false
	if err := o.check(ctx, &out); err != nil {
		return out, "", err
	}
	secret := community.OutletSecret{URL: strings.TrimSpace(address), Secret: newOutletSecret()}
	var err error
	if out.Host, err = o.app.outletHost(secret.URL); err != nil {
		return out, "", err
	}
	if out.Sealed, err = o.app.sealOutlet(&out, secret); err != nil {
		return out, "", err
	}
	out, err = o.save(ctx, by, out, "outlet.add", reason)
	return out, secret.Secret, err
}

// Set changes what an outlet is told, who answers for it and, unless "", its address. Errors as Add.
func (o *outlets) Set(ctx context.Context, by string, out community.Outlet, address, reason string) (community.Outlet, error) {
	had, err := o.Get(ctx, out.ID)
	if err != nil {
		return out, err
	}
	had.Name, had.Kinds, had.Groups, had.Texts, had.User = strings.TrimSpace(out.Name), out.Kinds, out.Groups, out.Texts, out.User
	if err := o.check(ctx, &had); err != nil {
		return had, err
	}
	if address = strings.TrimSpace(address); address != "" {
		secret, err := o.app.openOutlet(&had)
		if err != nil {
			return had, err
		}
		secret.URL = address
		if had.Host, err = o.app.outletHost(address); err != nil {
			return had, err
		}
		if had.Sealed, err = o.app.sealOutlet(&had, secret); err != nil {
			return had, err
		}
	}
	return o.save(ctx, by, had, "outlet.set", reason)
}

// Pause holds an outlet, or lets it go on: what happens meanwhile is kept for a while and sent then.
func (o *outlets) Pause(ctx context.Context, by string, id community.ID, on bool, reason string) (community.Outlet, error) {
	out, err := o.Get(ctx, id)
	if err != nil || out.Paused == on {
		return out, err
	}
	verb := "outlet.resume"
	if on {
		verb = "outlet.pause"
	}
	out.Paused = on
	return o.save(ctx, by, out, verb, reason)
}

// Rotate gives an outlet another signing key, this once; the one before signs beside it for a day.
func (o *outlets) Rotate(ctx context.Context, by string, id community.ID, reason string) (community.Outlet, string, error) {
	out, err := o.Get(ctx, id)
	if err != nil {
		return out, "", err
	}
	secret, err := o.app.openOutlet(&out)
	if err != nil {
		return out, "", err
	}
	secret.Before, secret.Until, secret.Secret = secret.Secret, o.app.millis()+outletOverlap, newOutletSecret()
	if out.Sealed, err = o.app.sealOutlet(&out, secret); err != nil {
		return out, "", err
	}
	out, err = o.save(ctx, by, out, "outlet.rotate", reason)
	return out, secret.Secret, err
}

// Drop forgets an outlet and everything it was told.
func (o *outlets) Drop(ctx context.Context, by string, id community.ID, reason string) error {
	return o.app.store.DropOutlet(ctx, o.org, id, o.audit(by, "outlet.drop", reason))
}

// Parcels lists what an outlet was told, the newest first; state "" = any.
func (o *outlets) Parcels(ctx context.Context, id community.ID, state community.ParcelState, p community.Page) ([]community.Parcel, int, error) {
	if state != "" && !slices.Contains(community.ParcelStates, state) {
		return nil, 0, community.Errorf(community.CodeBadInput, "state: no %q", state)
	}
	out, err := o.Get(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return o.app.store.Parcels(ctx, out.Key, state, p)
}

// Again sends a parcel once more, under its id. CodeNotFound.
func (o *outlets) Again(ctx context.Context, by string, id, parcel community.ID, reason string) error {
	out, err := o.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := o.app.store.ParcelAgain(ctx, out, parcel, o.audit(by, "outlet.again", reason)); err != nil {
		return err
	}
	return o.app.sendOutlets(ctx)
}

// Test tells an outlet that nothing happened, at once and whether it is paused or not, and says what came of it: see Parcel.State and Code.
func (o *outlets) Test(ctx context.Context, by string, id community.ID) (community.Parcel, error) {
	out, err := o.Get(ctx, id)
	if err != nil {
		return community.Parcel{}, err
	}
	now := o.app.millis()
	p, err := o.app.store.PutParcel(ctx, community.Parcel{Outlet: out.Key, Ref: "test:" + o.app.store.NewID().String(), Kind: community.OutTest, At: now, Body: json.RawMessage(`{}`),
		Next: now + testApart}) // not sent a second time by the job beside
	if err != nil {
		return p, err
	}
	p, _, err = o.app.sendParcel(ctx, out, p)
	return p, err
}

// testApart is how long (ms) the job leaves a test to whoever asked for it.
const testApart = 60_000

func (o *outlets) audit(by, verb, reason string) community.Audit {
	return community.Audit{Org: o.org, User: by, Verb: verb, Reason: reason}
}

func (o *outlets) save(ctx context.Context, by string, out community.Outlet, verb, reason string) (community.Outlet, error) {
	return o.app.store.SaveOutlet(ctx, out, o.audit(by, verb, reason))
}

// check says what of an outlet cannot be, and whether who answers for it may be told that much.
func (o *outlets) check(ctx context.Context, out *community.Outlet) error {
	if n := utf8.RuneCountInString(out.Name); n == 0 || n > maxOutletName || !utf8.ValidString(out.Name) || strings.ContainsFunc(out.Name, func(r rune) bool { return r < ' ' }) {
		return community.Errorf(community.CodeBadInput, "name: want 1 to %d characters", maxOutletName)
	}
	if len(out.Kinds) == 0 {
		return community.Errorf(community.CodeBadInput, "kinds: none")
	}
	for _, k := range out.Kinds {
		if !slices.Contains(community.OutletKinds, k) {
			return community.Errorf(community.CodeBadInput, "kinds: no %q", k)
		}
	}
	out.Kinds = slices.DeleteFunc(slices.Clone(community.OutletKinds), func(k community.OutletKind) bool { return !slices.Contains(out.Kinds, k) })
	if out.Groups != nil && len(out.Groups) == 0 {
		return community.Errorf(community.CodeBadInput, "groups: none")
	}
	u, err := o.app.store.UserByID(ctx, out.User)
	if err != nil {
		return err
	}
	if u.Org != o.org {
		return community.Errorf(community.CodeNotFound, "user %s: not found", out.User)
	}
	if may := tellable(u); !may.any || out.Texts && !may.texts {
		return community.Errorf(community.CodeForbidden, "user %s may not answer for this", u.Login)
	}
	return nil
}

// knows says how much an outlet may be told in somebody's name.
type knows struct {
	any, people, texts bool
}

// tellable asks what somebody may know who answers for an outlet: who may no longer set the house, or sign in, is told nothing.
func tellable(u community.User) knows {
	w := rights.Of(u)
	if !u.Enabled || w.Ask(rights.Settings).Refused() {
		return knows{}
	}
	return knows{true, !w.Ask(rights.SeePeople).Refused(), !w.Ask(rights.SeeTexts).Refused()}
}

func newOutletSecret() string {
	key := make([]byte, outletKeySize)
	rand.Read(key) //nolint:errcheck // never fails
	return outletSecret + base64.StdEncoding.EncodeToString(key)
}

// outletPlace is where an outlet's secrets belong: sealed for one, they open for no other.
func outletPlace(o *community.Outlet) string { return "outlet:" + o.ID.String() }

func (a *App) sealOutlet(o *community.Outlet, s community.OutletSecret) ([]byte, error) {
	raw, err := json.Marshal(s)
	return a.gate.box.Seal(raw, outletPlace(o)), err
}

func (a *App) openOutlet(o *community.Outlet) (s community.OutletSecret, err error) {
	raw, err := a.gate.box.Open(o.Sealed, outletPlace(o))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

// outletHost checks an address and gives its host. It is https; plain http only to an address by number within notify.allow: there nobody has a certificate.
// Whether the address may be called is seen when it is resolved. CodeBadInput.
func (a *App) outletHost(address string) (string, error) {
	at, err := url.Parse(address)
	if err != nil || len(address) > maxOutletURL || !utf8.ValidString(address) || at.Hostname() == "" || at.User != nil || at.Fragment != "" || at.Scheme != "http" && at.Scheme != "https" {
		return "", community.Errorf(community.CodeBadInput, "url: want https://host/path without a password")
	}
	if at.Scheme == "http" {
		ip, err := netip.ParseAddr(at.Hostname())
		if err != nil || !slices.ContainsFunc(a.cfg.Notify.Allow, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) }) {
			return "", community.Errorf(community.CodeBadInput, "url: want https; plain http only to an address by number in notify.allow")
		}
	}
	return at.Host, nil
}
