package app

import (
	"context"
	"crypto/rand"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
	"qunluo/internal/seal"
	"qunluo/internal/store"
)

// gate keeps second factors, and who is signed in where.
type gate struct {
	*store.Store
	app    *App
	box    *seal.Box
	nobody proof.Secret // compared where there is none, so that it takes as long
}

func newGate(a *App, dir string) (*gate, error) {
	box, err := seal.Load(dir)
	if err != nil {
		return nil, err
	}
	return &gate{a.store, a, box, chance(proof.SecretBytes)}, nil
}

// Gate is how people prove themselves.
func (a *App) Gate() *gate { return a.gate }

func chance(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails
	return b
}

// place is where a person's secret belongs: sealed for one, it opens for nobody else.
func place(u community.User) string { return "factor:" + u.ID.String() }

// Factor says what a person proves themselves with besides a password.
func (g *gate) Factor(ctx context.Context, u community.User) (community.Factor, error) {
	return g.Store.Factor(ctx, u.Key)
}

// Begin makes a person a new secret, not yet in use. CodeConflict: they have a second factor.
func (g *gate) Begin(ctx context.Context, u community.User) (proof.Secret, error) {
	secret := proof.Secret(chance(proof.SecretBytes))
	return secret, g.BeginFactor(ctx, u, g.box.Seal(secret, place(u)))
}

// Secret gives the secret that waits to be confirmed. CodeConflict: none does. One in use is never shown again.
func (g *gate) Secret(ctx context.Context, u community.User) (proof.Secret, error) {
	secret, _, err := g.waiting(ctx, u)
	return secret, err
}

func (g *gate) waiting(ctx context.Context, u community.User) (proof.Secret, community.Factor, error) {
	f, err := g.Factor(ctx, u)
	if err == nil && (f.Created == 0 || f.On()) {
		err = community.Errorf(community.CodeConflict, "user %s: no second factor waits to be confirmed", u.ID)
	}
	if err != nil {
		return nil, f, err
	}
	secret, err := g.box.Open(f.Sealed, place(u))
	return secret, f, err
}

// Confirm puts the secret into use that a code proves to be in the person's authenticator, and gives the codes of the last resort, this
// once. CodeForbidden: the code does not fit; minutes then says by how much the authenticator's clock is off, 0 = it is not that.
func (g *gate) Confirm(ctx context.Context, by string, u community.User, code string) (codes []string, minutes int, err error) {
	secret, f, err := g.waiting(ctx, u)
	if err != nil {
		return nil, 0, err
	}
	step, ok := secret.Match(code, g.app.millis(), 0)
	if !ok {
		minutes, _ = secret.Off(code, g.app.millis())
		return nil, minutes, community.Errorf(community.CodeForbidden, "code: does not fit")
	}
	codes, hashes := recovery()
	return codes, 0, g.ConfirmFactor(ctx, u, f.Sealed, step, hashes, community.Audit{User: by})
}

func recovery() (codes, hashes []string) {
	codes = proof.Recovery(chance(proof.RecoveryBytes * proof.RecoveryCodes))
	for _, c := range codes {
		hashes = append(hashes, proof.HashRecovery(c))
	}
	return codes, hashes
}

// NewCodes replaces a person's codes of the last resort and gives the new ones, this once. CodeConflict: no second factor is in use.
func (g *gate) NewCodes(ctx context.Context, by string, u community.User) ([]string, error) {
	codes, hashes := recovery()
	return codes, g.NewRecovery(ctx, u, hashes, community.Audit{User: by})
}

// Drop takes a person's own second factor away. CodeForbidden: it is demanded of their role. CodeConflict: there is none.
func (g *gate) Drop(ctx context.Context, u community.User) error {
	d, err := g.Demand(ctx, u.Org)
	if err != nil {
		return err
	}
	if d.Of(u.Role) {
		return community.Errorf(community.CodeForbidden, "a %s must have a second factor", u.Role)
	}
	return g.DropFactor(ctx, u, "factor.off", community.Audit{User: u.ID.String()})
}

// Reset takes somebody's lost second factor away, with a reason, and ends their sign-ins: whoever holds what was lost is out. Nobody
// does that to themselves: by is another's id, or the command line. CodeBadInput: no reason. CodeForbidden: oneself.
func (g *gate) Reset(ctx context.Context, by string, u community.User, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return community.Errorf(community.CodeBadInput, "reason: wanted")
	}
	if by == u.ID.String() {
		return community.Errorf(community.CodeForbidden, "another owner takes a lost second factor away")
	}
	if err := g.DropFactor(ctx, u, "factor.reset", community.Audit{User: by, Reason: reason}); err != nil {
		return err
	}
	_, err := g.EndSignIns(ctx, u, community.ID{}, community.Audit{User: by, Reason: reason})
	return err
}

// Ask changes what is demanded of those who sign in. CodeBadInput.
func (g *gate) Ask(ctx context.Context, by string, org community.OrgKey, d proof.Demand, reason string) error {
	var known []string
	for _, r := range rights.Roles() {
		known = append(known, string(r))
	}
	if err := d.Check(known); err != nil {
		return err
	}
	return g.SetDemand(ctx, org, d, community.Audit{User: by, Reason: reason})
}

// Check decides whether a person's second proof is good and says how they proved themselves; "" = they did not. A person without a
// second factor needs none. A code is spent only with really: the caller says so when all else fits. It reads and compares the same
// for everybody, nobody included, so that time tells nothing.
func (g *gate) Check(ctx context.Context, u community.User, code string, really bool) (how string, err error) {
	f, err := g.Factor(ctx, u)
	if err != nil {
		return "", err
	}
	hash := proof.HashRecovery(code)
	spare, err := g.HasRecovery(ctx, u.Key, hash)
	if err != nil {
		return "", err
	}
	secret, ours := g.nobody, false
	if opened, err := g.box.Open(f.Sealed, place(u)); err == nil {
		secret, ours = opened, true
	} else if f.On() {
		g.app.log.Error("second factor cannot be opened: was master.key replaced?", "user", u.ID.String())
	}
	step, fits := secret.Match(code, g.app.millis(), f.LastStep)
	switch {
	case !really:
		return "", nil
	case !f.On():
		return community.ByPassword, nil
	case ours && fits:
		return spent(community.ByCode, g.UseStep(ctx, u.Key, step))
	case spare:
		return spent(community.ByRecovery, g.UseRecovery(ctx, u, hash, community.Audit{User: u.ID.String()}))
	}
	return "", nil
}

// spent turns a code that somebody else just used into no proof.
func spent(how string, err error) (string, error) {
	if code := community.CodeOf(err); code == community.CodeConflict || code == community.CodeNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return how, nil
}
