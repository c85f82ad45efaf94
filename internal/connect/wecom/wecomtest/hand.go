package wecomtest

import (
	"maps"
	"net/http"
	"slices"
)

// handing is a contact that is being handed over.
type handing struct {
	contact, from, to string
	status            int // 1 done, 2 waiting, 3 refused
}

// Hold lets contacts that are handed over from now on wait for their own decision, as the platform's 24 hours do.
func (c *Corp) Hold(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = on
}

// Decide is a waiting contact's own decision, or the end of their time.
func (c *Corp) Decide(contact string, refuses bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.handings {
		if h.contact != contact || h.status != 2 {
			continue
		}
		if h.status = 3; !refuses {
			h.status = 1
			c.move(contact, h.from, h.to)
		}
	}
}

func (c *Corp) move(contact, from, to string) {
	if i := slices.IndexFunc(c.contacts[from], func(x *Contact) bool { return x.ID == contact }); i >= 0 {
		c.contacts[to] = append(c.contacts[to], c.contacts[from][i])
		c.contacts[from] = slices.Delete(c.contacts[from], i, i+1)
	}
}

func (c *Corp) transfer(_ *http.Request, b body) (any, *no) {
	from, to := b.text("handover_userid"), b.text("takeover_userid")
	var rows []map[string]any
	for _, id := range b.list("external_userid") {
		if !slices.ContainsFunc(c.contacts[from], func(x *Contact) bool { return x.ID == id }) {
			rows = append(rows, map[string]any{"external_userid": id, "errcode": 40096, "errmsg": "invalid external userid"})
			continue
		}
		h := &handing{contact: id, from: from, to: to, status: 2}
		c.handings = slices.DeleteFunc(c.handings, func(was *handing) bool { return was.contact == id && was.from == from && was.to == to })
		c.handings = append(c.handings, h)
		if !c.holding {
			h.status = 1
			c.move(id, from, to)
		}
		rows = append(rows, map[string]any{"external_userid": id, "errcode": 0})
	}
	return map[string]any{"customer": rows}, nil
}

func (c *Corp) transferResult(_ *http.Request, b body) (any, *no) {
	var all []map[string]any
	for _, h := range c.handings {
		if h.from == b.text("handover_userid") && h.to == b.text("takeover_userid") {
			all = append(all, map[string]any{"external_userid": h.contact, "status": h.status, "takeover_time": 0})
		}
	}
	page, next := cut(all, b)
	return map[string]any{"customer": page, "next_cursor": next}, nil
}

func (c *Corp) remark(_ *http.Request, b body) (any, *no) {
	for _, x := range c.contacts[b.text("userid")] {
		if x.ID == b.text("external_userid") {
			x.Remark = b.text("remark")
			c.note("remark %s %s", x.ID, x.Remark)
			return nil, nil
		}
	}
	return nil, &no{84061, "not external contact"}
}

// JoinWay is a code to join by, as it was ordered.
func (c *Corp) JoinWay(id string) map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.joins[id])
}

// Remark sets what an employee calls a contact, as they do on the phone.
func (c *Corp) Remark(employee, contact, remark string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.contacts[employee] {
		if x.ID == contact {
			x.Remark = remark
		}
	}
}

// Notify sets a group's notice; Give makes somebody else its owner. Neither calls back.
func (c *Corp) Notify(chat, notice string) { c.change(chat, func(g *Chat) { g.Notice = notice }) }

// Give makes an employee the owner of a group.
func (c *Corp) Give(chat, owner string) { c.change(chat, func(g *Chat) { g.Owner = owner }) }
