// Package wecomtest is a stand-in for the platform side of 企业微信: one corp with employees, customer groups, contacts, tags,
// mass sends and moments, answering the interfaces in the shapes of the platform's documents and calling back as it does.
// It injects what really happens: expired tokens, quotas, addresses that are not allowed, pages in place of answers,
// answers lost after the work was done.
package wecomtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fixed facts of the corp.
const (
	ID     = "wwtestcorp0001"
	Secret = "corp-secret-5f1c"
	Token  = "callback-token-9a"
	AESKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
	Agent  = 1000002
)

// Member is somebody in a group.
type Member struct {
	ID, Name, Card string
	Employee       bool
	Joined         int64 // seconds
	Scene          int   // 1 invited, 2 link, 3 code
	State, Inviter string
}

// Chat is a customer group.
type Chat struct {
	ID, Name, Owner string
	Notice          string
	Members         []Member
	version         int
}

// Contact is somebody an employee has added.
type Contact struct {
	ID, Name, Remark, State string
	Union                   string
	Added                   int64
	Tags                    []string // ids
}

// Mass is a mass send that waits for, or got, its sender's tap.
type Mass struct {
	ID, Sender, Text string
	Chats            []string
	Links            []string // attached, "title address"
	Created          int64
	Sent             int64          // when the sender tapped; 0 = not yet
	Missed           map[string]int // groups that will not get it: status 2 or 3
	Cancelled        bool
	Reminded         int
	Attached         []any // pictures, films, files and links
}

// Moment is a post to be confirmed.
type Moment struct {
	ID, Text string
	Created  int64
	Attached []any           // pictures or a link
	Tags     []string        // who sees it: contacts with one of these tags; empty = all
	Posted   map[string]bool // by employee
	Likes    []string        // contacts
	Comments []string
}

// Fault is what goes wrong with a call, so many times.
type Fault struct {
	Times   int
	Of      string // only calls whose body holds this; "" = all
	Errcode int
	Errmsg  string
	Status  int    // of HTTP; 0 = 200
	Page    string // an answer that is not the platform's
	Lose    bool   // the work is done, the answer never comes
	Refuse  bool   // nobody listens
}

// Corp is the platform's side of one corp.
type Corp struct {
	Uploads   []string // files that were uploaded: type, name, size
	mu        sync.Mutex
	Now       func() time.Time
	Pictures  string // address before the pictures of join codes
	employees []string
	chats     []*Chat
	contacts  map[string][]*Contact // by employee
	tags      map[string]string     // id → "group/name"
	joins     map[string]map[string]any
	masses    []*Mass
	moments   []*Moment
	cards     []string
	welcomes  []string
	templates map[string]string
	handings  []*handing
	holding   bool // what is handed over waits
	faults    map[string]*Fault
	down      bool
	serial    int
	token     int
	tokens    int // how often one was asked for
	calls     map[string]int
	did       []string
}

// New makes a corp with two employees and no group.
func New() *Corp {
	return &Corp{
		Now: time.Now, Pictures: "https://code.example", employees: []string{"owner", "helper"}, contacts: map[string][]*Contact{}, tags: map[string]string{"t1": "意向/高", "t2": "意向/低", "t3": "来源/高"},
		joins: map[string]map[string]any{}, templates: map[string]string{}, faults: map[string]*Fault{}, calls: map[string]int{},
	}
}

// Settings are those of a connection to the corp by way of base.
func Settings(base string, more map[string]any) json.RawMessage {
	all := map[string]any{"corp_id": ID, "agent_id": Agent, "secret": Secret, "token": Token, "aes_key": AESKey, "base_url": base}
	for k, v := range more {
		all[k] = v
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return raw
}

// AddChat makes a group; its owner is its first member.
func (c *Corp) AddChat(id, name, owner string, members ...Member) *Chat {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := Member{ID: owner, Name: owner, Employee: true, Joined: c.Now().Unix() - 86400, Scene: 1}
	chat := &Chat{ID: id, Name: name, Owner: owner, Members: append([]Member{first}, members...), version: 1}
	c.chats = append(c.chats, chat)
	return chat
}

// Join puts somebody into a group; Leave takes them out; Rename changes its name. None of them calls back.
func (c *Corp) Join(chat string, m Member) {
	c.change(chat, func(g *Chat) { g.Members = append(g.Members, m) })
}

// Leave takes somebody out of a group.
func (c *Corp) Leave(chat, member string) {
	c.change(chat, func(g *Chat) {
		g.Members = slices.DeleteFunc(g.Members, func(m Member) bool { return m.ID == member })
	})
}

// Rename gives a group another name.
func (c *Corp) Rename(chat, name string) { c.change(chat, func(g *Chat) { g.Name = name }) }

// Dissolve ends a group.
func (c *Corp) Dissolve(chat string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chats = slices.DeleteFunc(c.chats, func(g *Chat) bool { return g.ID == chat })
}

func (c *Corp) change(chat string, how func(g *Chat)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.chat(chat); g != nil {
		g.version++
		how(g)
	}
}

// Version is a group's member_version.
func (c *Corp) Version(chat string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.chat(chat); g != nil {
		return fmt.Sprintf("v%d", g.version)
	}
	return ""
}

func (c *Corp) chat(id string) *Chat {
	for _, g := range c.chats {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// AddContact lets an employee have a contact.
func (c *Corp) AddContact(employee string, one Contact) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.contacts[employee] = append(c.contacts[employee], &one)
}

// DropContact ends the relation.
func (c *Corp) DropContact(employee, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.contacts[employee] = slices.DeleteFunc(c.contacts[employee], func(x *Contact) bool { return x.ID == id })
}

// Tag sets a contact's tags, as an employee does on the phone.
func (c *Corp) Tag(employee, id string, tags ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.contacts[employee] {
		if x.ID == id {
			x.Tags = tags
		}
	}
}

// Tags are a contact's tags.
func (c *Corp) Tags(employee, id string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.contacts[employee] {
		if x.ID == id {
			return slices.Sorted(slices.Values(x.Tags))
		}
	}
	return nil
}

// Masses are the mass sends made so far.
func (c *Corp) Masses() []Mass {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Mass, len(c.masses))
	for i, m := range c.masses {
		out[i] = *m
	}
	return out
}

// Broadcast makes a mass send as an administrator does by hand.
func (c *Corp) Broadcast(sender, text string, chats ...string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.addMass(sender, text, chats).ID
}

func (c *Corp) addMass(sender, text string, chats []string) *Mass {
	c.serial++
	m := &Mass{ID: fmt.Sprintf("msg%04d", c.serial), Sender: sender, Text: text, Chats: chats, Created: c.Now().Unix(), Missed: map[string]int{}}
	c.masses = append(c.masses, m)
	return m
}

// Tap is the sender's confirmation; the groups in missed do not get it.
func (c *Corp) Tap(id string, missed ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.masses {
		if m.ID == id && !m.Cancelled {
			m.Sent = c.Now().Unix()
			for _, chat := range missed {
				m.Missed[chat] = 2
			}
		}
	}
}

// Publish lets an employee confirm a moment; React puts a like and a comment of contacts under it.
func (c *Corp) Publish(id, employee string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.moments {
		if m.ID == id {
			m.Posted[employee] = true
		}
	}
}

// React puts reactions of contacts under a moment.
func (c *Corp) React(id string, likes, comments []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.moments {
		if m.ID == id {
			m.Likes, m.Comments = likes, comments
		}
	}
}

// Moments lists the posts, in their order.
func (c *Corp) Moments() []Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Moment
	for _, m := range c.moments {
		out = append(out, *m)
	}
	return out
}

// Fail lets calls of a path go wrong.
func (c *Corp) Fail(path string, f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[path] = &f
}

// Expire makes every token issued so far invalid.
func (c *Corp) Expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token++
}

// Down lets nobody listen, or takes that back.
func (c *Corp) Down(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// Calls counts the calls of a path that were answered by the platform.
func (c *Corp) Calls(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[path]
}

// Issued counts the tokens that were asked for.
func (c *Corp) Issued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens
}

// Did lists what was really done, a line each: "path argument".
func (c *Corp) Did() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.did)
}

func (c *Corp) note(format string, args ...any) { c.did = append(c.did, fmt.Sprintf(format, args...)) }

// Client calls the corp without a network: in a bubble of time, too.
func (c *Corp) Client() *http.Client { return &http.Client{Transport: c} }

// RoundTrip implements http.RoundTripper.
func (c *Corp) RoundTrip(r *http.Request) (*http.Response, error) {
	fault, down := c.next(r)
	if down || fault.Refuse {
		return nil, errors.New("connection refused")
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	rec := httptest.NewRecorder()
	c.answer(rec, r, fault)
	if fault.Lose {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return rec.Result(), nil
}

// ServeHTTP answers over a real network; an answer that is to be lost hangs until the caller gives up.
func (c *Corp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, _ := c.next(r)
	if fault.Lose {
		c.answer(httptest.NewRecorder(), r, fault)
		<-r.Context().Done()
		return
	}
	c.answer(w, r, fault)
}

// next is the fault of the call that now comes, and whether nobody listens.
func (c *Corp) next(r *http.Request) (f Fault, down bool) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body) // what broke off is answered as it came
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	due := c.faults[strings.TrimPrefix(r.URL.Path, "/cgi-bin/")]
	if due == nil || due.Times <= 0 || !bytes.Contains(body, []byte(due.Of)) {
		return Fault{}, c.down
	}
	due.Times--
	return *due, c.down
}
