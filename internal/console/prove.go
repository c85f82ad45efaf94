package console

import (
	"net/http"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
)

// dangerous reports whether a route asks for another proof where the last is old: lists with names or texts that leave the house, and
// changes of who may sign in, what they prove themselves with, and keys; besides those that say so themselves, as taking somebody out of
// a group does. What comes with a token proves no person: there the token's area and level hold, and whoever it is of may remove by it no
// more than by hand (see bulk.Rules): one more is proposed to a second person.
func (r route) dangerous() bool {
	changes := strings.HasPrefix(r.pattern, http.MethodPost)
	return r.risky || r.may == rights.Export || changes && slices.Contains([]rights.Power{rights.Users, rights.Keys, rights.SignIns}, r.may)
}

// age says how old the last proof may be for what is asked.
func (r route) age(k *call) (proof.Age, error) {
	switch {
	case r.dangerous():
		return proof.Lately, nil
	case r.asks != nil:
		return r.asks(k)
	}
	return proof.Any, nil
}

// toStrike is what a strike by hand asks for: the ladder may end it in a removal.
func toStrike(*call) (proof.Age, error) { return proof.OfShift, nil }

// proofField is the password or code by which somebody proves themselves once more.
const proofField = "_proof"

// proven lets pass what is not dangerous, and whoever proved themselves lately. Others are asked; what they filled in is kept in the
// page that asks and comes back with the proof.
func (c *Console) proven(k *call, one route) error {
	if c.deps.Gate == nil || k.User.Key == 0 {
		return nil
	}
	age, err := one.age(k)
	if err != nil || k.stands.Demand.Good(age, c.sessions.GetInt64(k.ctx(), sessProof), k.now()) {
		return err
	}
	p, second, err := k.proofPage(k.R.URL.RequestURI())
	if err != nil {
		return err
	}
	if age == proof.OfShift {
		p.Text = k.T("prove.shift", "n", proof.ShiftHours)
	}
	if k.R.Method == http.MethodGet || k.R.Method == http.MethodHead {
		p.Action, p.Kept = "/prove", []ui.Option{{Value: "next", Text: k.R.URL.RequestURI()}}
		return k.askProof(http.StatusOK, p)
	}
	given := k.R.PostFormValue(proofField)
	delete(k.R.PostForm, proofField)
	delete(k.R.Form, proofField)
	if given == "" {
		return k.askAgain(p, "")
	}
	fault, err := c.reprove(k, given, second)
	if err != nil {
		return err
	}
	if fault != "" {
		return k.askAgain(p, fault)
	}
	return nil
}

// askAgain asks with what was filled in.
func (k *call) askAgain(p view.Prove, fault string) error {
	names := make([]string, 0, len(k.R.PostForm))
	for name := range k.R.PostForm {
		if name != "_token" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range k.R.PostForm[name] {
			p.Kept = append(p.Kept, ui.Option{Value: name, Text: value})
		}
	}
	p.Fault = fault
	return k.askProof(http.StatusForbidden, p)
}

func (k *call) askProof(status int, p view.Prove) error {
	k.answered = true
	return k.showStatus(status, p.Head.Title, view.ProvePage(p))
}

// reprove takes a password, or a code where there is a second factor; fault says in words why it is none.
func (c *Console) reprove(k *call, given string, second bool) (fault string, err error) {
	if ok, wait := c.byAccount.Allow("prove " + k.self().ID.String()); !ok {
		return k.T("signin.limited", "t", k.Words.Seconds(int64(wait.Seconds())+1)), nil
	}
	_, fits, err := c.recognise(k, k.self().Login, given)
	if err != nil {
		return "", err
	}
	if !fits && second {
		how := ""
		if code := proof.Plain(given); len(code) == proof.Digits {
			if ok, _ := c.byCode.Allow(k.self().ID.String()); ok {
				if how, err = k.gate().Check(k.ctx(), k.self(), code, true); err != nil {
					return "", err
				}
			}
		}
		fits = how == community.ByCode
	}
	if !fits {
		return k.T("prove.wrong"), nil
	}
	c.sessions.Put(k.ctx(), sessProof, k.now())
	return "", nil
}

// prove takes the proof for a page that was asked for, and goes there.
func (c *Console) prove(k *call) error {
	next := k.R.PostFormValue("next")
	if !local(next) {
		next = "/"
	}
	p, second, err := k.proofPage("/prove")
	if err != nil {
		return err
	}
	p.Fault, err = c.reprove(k, k.R.PostFormValue(proofField), second)
	if err != nil {
		return err
	}
	if p.Fault == "" {
		return k.redirect(next)
	}
	p.Kept = []ui.Option{{Value: "next", Text: next}}
	return k.askProof(http.StatusForbidden, p)
}

// proofPage is the page that asks for a proof; second says whether a code will do.
func (k *call) proofPage(action string) (p view.Prove, second bool, err error) {
	f, err := k.gate().Factor(k.ctx(), k.self())
	p = view.Prove{Head: ui.Head{Title: k.T("prove.title")}, Text: k.T("prove.text", "n", k.stands.Demand.Minutes), Action: action, Name: proofField, Label: k.T("prove.password")}
	if f.On() {
		p.Label = k.T("prove.either")
	}
	return p, f.On(), err
}
