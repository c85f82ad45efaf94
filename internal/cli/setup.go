package cli

type setupURLCmd struct{}

// setupLink is a one-time link.
type setupLink struct {
	URL     string `json:"url" col:"设置链接|set-up link"`
	Expires Moment `json:"expires" col:"有效至|valid until"`
}

func (setupURLCmd) Shape() any { return setupLink{} }
func (setupURLCmd) Examples() []example {
	return []example{{"setup-url", [2]string{"忘记密码、或首次设置的链接过期时", "when a password was lost, or the first link expired"}}}
}

// Do makes a set-up link; whoever opens it first becomes an owner, or gets a new password for a login that exists. A login with two-step
// sign-in still takes a code of it: where that is lost, too, see totpResetCmd.
func (setupURLCmd) Do(c *call, h *House) error {
	people, err := need(h.People)
	if err != nil {
		return err
	}
	url, expires, err := people.NewSetup(c.ctx)
	if err != nil {
		return err
	}
	return printOne(c, setupLink{url, Moment(expires)})
}
