package api

import (
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// weeklyOrder is what an order of the weekly report consists of.
type weeklyOrder struct {
	User    community.ID   `json:"user,omitempty" doc:"for whom: their right to see groups bounds it; left out = the caller"`
	Groups  []community.ID `json:"groups,omitempty" maxItems:"1000" doc:"empty = all that the user sees"`
	Weekday int            `json:"weekday" minimum:"0" maximum:"6" doc:"0 = Monday"`
	Hour    int            `json:"hour" minimum:"0" maximum:"23"`
	Lang    string         `json:"lang" enum:"zh-CN,en"`
	Way     string         `json:"way" enum:"mail,webhook"`
	Address string         `json:"address" minLength:"1" maxLength:"500"`
	Secret  string         `json:"secret,omitempty" maxLength:"500" doc:"of a webhook; left out = the one that it has"`
	Maybe
}

func weeklyOf(ids func(community.GroupKey) community.ID, o measure.WeeklyOrder) weekly {
	return weekly{o.ID, o.User, mapped(o.Groups, ids), o.Weekday, o.Hour, o.Lang, o.Way, o.Paused, moment(o.Created)}
}

// saveWeekly puts what a caller orders over an order: a new one, or one that is there.
func (c *call) saveWeekly(o measure.WeeklyOrder, b weeklyOrder) (weekly, error) {
	o.User, o.Weekday, o.Hour, o.Lang, o.Way, o.Address, o.Secret = c.who(), b.Weekday, b.Hour, b.Lang, b.Way, b.Address, b.Secret
	if !b.User.IsZero() {
		o.User = b.User.String()
	}
	var err error
	if o.Groups, err = c.groupKeys(b.Groups); err != nil {
		return weekly{}, err
	}
	ids, err := c.groupIDs()
	if err != nil {
		return weekly{}, err
	}
	o, err = room(c, c.a.deps.Rooms.Weeklies).SaveOrder(c.ctx(), c.who(), o, b.Reason)
	return weeklyOf(ids, o), err
}

// weeklyRunWhole is a weekly report as it was sent.
type weeklyRunWhole struct {
	Run    weeklyRun       `json:"run"`
	Report *measure.Report `json:"report" doc:"null = not composed yet"`
}

func weeklyLines() []line {
	area := community.AreaInsight
	rooms := func(c *call) Weeklies { return room(c, c.a.deps.Rooms.Weeklies) }
	return []line{
		on("previewAllWeekly", "GET /weekly-reports/preview", "The weekly report about all groups that the caller sees, as it would be sent now", area, []string{"GET /weekly/preview"}, func(c *call, in *struct {
			Lang string `query:"lang" enum:"zh-CN,en" default:"zh-CN"`
		}) (measure.Report, error) {
			return rooms(c).Preview(c.ctx(), measure.WeeklyOrder{User: c.who(), Lang: in.Lang})
		}),
		on("previewWeekly", "GET /weekly-reports/{id}/preview", "What an order of the weekly report would send now", area, []string{"GET /weekly/{id}/preview"}, func(c *call, in *byID) (measure.Report, error) {
			o, err := rooms(c).Order(c.ctx(), in.ID)
			if err != nil {
				return measure.Report{}, err
			}
			return rooms(c).Preview(c.ctx(), o)
		}),
		on("getWeeklyRun", "GET /weekly-runs/{id}", "A weekly report as it was sent", area, []string{"GET /weekly/{id}/sent"}, func(c *call, in *byID) (weeklyRunWhole, error) {
			r, err := rooms(c).Run(c.ctx(), in.ID)
			return weeklyRunWhole{weeklyRunOf(r), r.Report}, err
		}),
		admin(on("addWeekly", "POST /weekly-reports", "Order the weekly report", area, []string{"POST /weekly"}, func(c *call, in *struct{ Body weeklyOrder }) (weekly, error) {
			return c.saveWeekly(measure.WeeklyOrder{}, in.Body)
		})),
		admin(on("setWeekly", "PUT /weekly-reports/{id}", "Change an order of the weekly report", area, []string{"POST /weekly/{id}"}, func(c *call, in *struct {
			byID
			Body weeklyOrder
		}) (weekly, error) {
			o, err := rooms(c).Order(c.ctx(), in.ID)
			if err != nil {
				return weekly{}, err
			}
			return c.saveWeekly(o, in.Body)
		})),
	}
}
