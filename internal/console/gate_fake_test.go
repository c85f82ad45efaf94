package console

import (
	"context"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/proof"
)

// fakeGate keeps second factors and sign-ins in memory, without a seal.
type fakeGate struct {
	h       *house
	demand  proof.Demand
	secrets map[community.ID]proof.Secret
	factors map[community.ID]community.Factor
	ins     []community.SignIn
}

// fakeSecret20 is what the fake gives everybody.
var fakeSecret20 = proof.Secret("12345678901234567890")

func newFakeGate(h *house) *fakeGate {
	return &fakeGate{h: h, demand: proof.Demand{}.Whole(), secrets: map[community.ID]proof.Secret{}, factors: map[community.ID]community.Factor{}}
}

func (g *fakeGate) now() int64 {
	g.h.mu.Lock()
	defer g.h.mu.Unlock()
	return g.h.now.UnixMilli()
}

func (g *fakeGate) StandingOf(_ context.Context, u community.User, id community.ID) (proof.Standing, error) {
	i := slices.IndexFunc(g.ins, func(in community.SignIn) bool { return in.ID == id && in.User == u.ID })
	return proof.Standing{Open: i >= 0 && g.ins[i].Ended == 0, Factor: g.factors[u.ID].On(), Demand: g.demand}, nil
}
func (g *fakeGate) Demand(context.Context, community.OrgKey) (proof.Demand, error) {
	return g.demand, nil
}
func (g *fakeGate) Ask(_ context.Context, _ string, _ community.OrgKey, d proof.Demand, _ string) error {
	if err := d.Check([]string{"owner", "admin", "operator", "moderator", "editor", "finance", "analyst", "auditor"}); err != nil {
		return err
	}
	g.demand = d
	return nil
}
func (g *fakeGate) Factor(_ context.Context, u community.User) (community.Factor, error) {
	return g.factors[u.ID], nil
}
func (g *fakeGate) Begin(_ context.Context, u community.User) (proof.Secret, error) {
	if g.factors[u.ID].On() {
		return nil, community.Errorf(community.CodeConflict, "has one")
	}
	g.secrets[u.ID], g.factors[u.ID] = fakeSecret20, community.Factor{Created: g.now()}
	return fakeSecret20, nil
}
func (g *fakeGate) Secret(_ context.Context, u community.User) (proof.Secret, error) {
	if f := g.factors[u.ID]; f.Created == 0 || f.On() {
		return nil, community.Errorf(community.CodeConflict, "none waits")
	}
	return g.secrets[u.ID], nil
}
func (g *fakeGate) Confirm(ctx context.Context, _ string, u community.User, code string) ([]string, int, error) {
	secret, err := g.Secret(ctx, u)
	if err != nil {
		return nil, 0, err
	}
	step, ok := secret.Match(code, g.now(), 0)
	if !ok {
		minutes, _ := secret.Off(code, g.now())
		return nil, minutes, community.Errorf(community.CodeForbidden, "code")
	}
	g.factors[u.ID] = community.Factor{Created: g.now(), Confirmed: g.now(), LastStep: step, Codes: proof.RecoveryCodes}
	return proof.Recovery(make([]byte, proof.RecoveryCodes*proof.RecoveryBytes)), 0, nil
}
func (g *fakeGate) NewCodes(context.Context, string, community.User) ([]string, error) {
	return proof.Recovery(make([]byte, proof.RecoveryCodes*proof.RecoveryBytes)), nil
}
func (g *fakeGate) Drop(_ context.Context, u community.User) error {
	if g.demand.Of(u.Role) {
		return community.Errorf(community.CodeForbidden, "demanded")
	}
	delete(g.factors, u.ID)
	return nil
}
func (g *fakeGate) Reset(_ context.Context, by string, u community.User, reason string) error {
	if by == u.ID.String() {
		return community.Errorf(community.CodeForbidden, "oneself")
	}
	if reason == "" {
		return community.Errorf(community.CodeBadInput, "reason")
	}
	delete(g.factors, u.ID)
	return nil
}
func (g *fakeGate) Check(_ context.Context, u community.User, code string, really bool) (string, error) {
	f := g.factors[u.ID]
	step, ok := g.secrets[u.ID].Match(code, g.now(), f.LastStep)
	switch {
	case !really:
		return "", nil
	case !f.On():
		return community.ByPassword, nil
	case ok:
		f.LastStep = step
		g.factors[u.ID] = f
		return community.ByCode, nil
	}
	return "", nil
}
func (g *fakeGate) AddSignIn(_ context.Context, u community.User, in community.SignIn, was community.ID) (community.ID, error) {
	for i := range g.ins {
		if g.ins[i].ID == was {
			g.ins[i].Ended = g.now()
		}
	}
	in.ID, in.User, in.Org, in.Login, in.Name, in.Began, in.Seen = fakeID(700+len(g.ins)), u.ID, u.Org, u.Login, u.Name, g.now(), g.now()
	g.ins = append(g.ins, in)
	return in.ID, nil
}
func (g *fakeGate) SawSignIn(context.Context, community.ID, string) error { return nil }
func (g *fakeGate) LeaveSignIn(_ context.Context, id community.ID) error {
	for i := range g.ins {
		if g.ins[i].ID == id {
			g.ins[i].Ended = g.now()
		}
	}
	return nil
}
func (g *fakeGate) SignIns(_ context.Context, _ community.OrgKey, user community.ID, open bool, _ int) (out []community.SignIn, _ error) {
	for _, in := range slices.Backward(g.ins) {
		if (user.IsZero() || in.User == user) && (!open || in.Ended == 0) {
			out = append(out, in)
		}
	}
	return out, nil
}
func (g *fakeGate) EndSignIn(_ context.Context, u community.User, id community.ID, audit community.Audit) error {
	for i := range g.ins {
		if g.ins[i].ID == id && g.ins[i].User == u.ID {
			g.ins[i].Ended, g.ins[i].EndedBy = g.now(), audit.User
			return nil
		}
	}
	return community.Errorf(community.CodeNotFound, "none")
}
func (g *fakeGate) EndSignIns(_ context.Context, u community.User, except community.ID, audit community.Audit) (n int, _ error) {
	for i := range g.ins {
		if g.ins[i].User == u.ID && g.ins[i].ID != except && g.ins[i].Ended == 0 {
			g.ins[i].Ended, g.ins[i].EndedBy = g.now(), audit.User
			n++
		}
	}
	return n, nil
}
