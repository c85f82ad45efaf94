package wecom

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// watchMasses looks again and again who has confirmed.
func (s *Session) watchMasses(ctx context.Context) {
	for sleep(ctx, watchEach) {
		s.lookAtMasses(ctx)
	}
}

// lookAtMasses looks once at every mass send that waits.
func (s *Session) lookAtMasses(ctx context.Context) {
	s.masses.mu.Lock()
	leads := slices.Sorted(maps.Keys(s.masses.open))
	s.masses.mu.Unlock()
	for _, lead := range leads {
		if err := s.lookAtOne(ctx, lead); err != nil && ctx.Err() == nil && !passing(err) {
			s.ail(chores, err, say(err))
		}
	}
}

// lookAtOne looks at a mass send when it is its turn, if it still waits then.
func (s *Session) lookAtOne(ctx context.Context, lead string) error {
	release, err := s.masses.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.masses.mu.Lock()
	one := s.masses.open[lead]
	s.masses.mu.Unlock()
	if one == nil {
		return nil
	}
	return s.lookAt(ctx, one)
}

// lookAt asks how far each part has come and tells what is new.
func (s *Session) lookAt(ctx context.Context, one *mass) error {
	before := one.mark()
	if !one.Over {
		for i := range one.Parts {
			if err := s.lookAtPart(ctx, &one.Parts[i]); err != nil {
				return err
			}
		}
		if time.Since(time.UnixMilli(one.Created)) > watchFor {
			s.giveUp(one)
		}
	}
	switch {
	case one.finished():
		return s.settle(ctx, one)
	case one.mark() == before:
		return nil
	}
	if !s.tell(ctx, one, community.HumanTask) {
		return community.Errorf(community.CodeBusy, "mass send %s: not taken", one.Lead)
	}
	return s.keepMass(ctx, one)
}

// giveUp counts what nobody confirmed in two weeks as not sent.
func (s *Session) giveUp(one *mass) {
	s.masses.mu.Lock()
	defer s.masses.mu.Unlock()
	for i := range one.Parts {
		part := &one.Parts[i]
		if part.At == 0 {
			s.masses.used.giveBack(part.Groups, one.Created)
			dropPart(part, community.MassLapsed)
		}
	}
}

func (one *mass) finished() bool {
	return !slices.ContainsFunc(one.Parts, func(p community.MassPart) bool { return p.At == 0 })
}

// mark changes whenever anything is new.
func (one *mass) mark() string {
	raw, _ := json.Marshal(one.Parts) // plain values
	sum := sha256.Sum256(raw)
	return fmt.Sprintf("%x", sum[:8])
}

// settle tells the end and forgets what is over. Its last reminders are remembered for their day.
func (s *Session) settle(ctx context.Context, one *mass) error {
	state := community.Cancelled
	for _, part := range one.Parts {
		if len(part.Sent) > 0 {
			state = community.Confirmed
		}
	}
	if !one.Over && !s.tell(ctx, one, state) {
		return community.Errorf(community.CodeBusy, "mass send %s: not taken", one.Lead)
	}
	one.Over = true
	if len(recently(one.Reminders, time.Now())) > 0 {
		return s.keepMass(ctx, one)
	}
	s.masses.mu.Lock()
	delete(s.masses.open, one.Lead)
	s.masses.mu.Unlock()
	return s.keeper.Keep(ctx, massName(one.Lead), nil)
}

// tell lets the outcome come back as an event; a mass send that no action of ours made has nobody to be told.
func (s *Session) tell(ctx context.Context, one *mass, state community.State) bool {
	if one.Action.IsZero() {
		return true
	}
	rc, err := one.receipt(state)
	if err != nil {
		return false
	}
	rc.Detail = one.progress()
	data, err := json.Marshal(community.ReceiptData{Action: one.Action, State: state, Receipt: rc, Mode: community.Assisted})
	if err != nil {
		return false
	}
	return s.offer(ctx, connect.Inbound{
		Type: community.ActionReceipt, Key: "mass:" + one.Lead + ":" + string(state) + ":" + one.mark(), OccurredAt: time.Now().UnixMilli(),
		Group: community.Ref{ID: one.Group}, Body: community.Body{Data: data},
	})
}

// progress is how far it has come, in figures.
func (one *mass) progress() string {
	sent, failed, waiting := 0, 0, 0
	for _, part := range one.Parts {
		sent, failed, waiting = sent+len(part.Sent), failed+len(part.Failed), waiting+len(part.Groups)
	}
	return fmt.Sprintf("sent %d, not sent %d, waiting %d", sent, failed, waiting)
}

// massTask is what one sender is asked.
type massTask struct {
	User   string `json:"userid"`
	Status int    `json:"status"` // 0 not yet, 2 sent
	At     int64  `json:"send_time"`
}

func (s *Session) massTasks(ctx context.Context, id string) ([]massTask, error) {
	return paged(ctx, s, "externalcontact/get_groupmsg_task", map[string]any{"msgid": id}, func(raw []byte) ([]massTask, error) {
		var got struct {
			List []massTask `json:"task_list"`
		}
		return got.List, json.Unmarshal(raw, &got)
	})
}

// massResult is what became of one group: 0 not yet, 1 sent, 2 and 3 not to be had.
type massResult struct {
	Chat   string `json:"chat_id"`
	Status int    `json:"status"`
	At     int64  `json:"send_time"`
}

// lookAtPart asks whether a part's sender confirmed, and what became of its groups.
func (s *Session) lookAtPart(ctx context.Context, part *community.MassPart) error {
	if part.At != 0 {
		return nil
	}
	tasks, err := s.massTasks(ctx, part.ID)
	if err != nil {
		return err
	}
	confirmed := int64(0)
	for _, task := range tasks {
		if (part.Sender == "" || task.User == part.Sender) && task.Status == 2 {
			part.Sender, confirmed = task.User, max(task.At*1000, 1)
		}
	}
	if confirmed == 0 {
		return nil
	}
	results, err := paged(ctx, s, "externalcontact/get_groupmsg_send_result", map[string]any{"msgid": part.ID, "userid": part.Sender},
		func(raw []byte) ([]massResult, error) {
			var got struct {
				List []massResult `json:"send_list"`
			}
			return got.List, json.Unmarshal(raw, &got)
		})
	if err != nil {
		return err
	}
	s.masses.mu.Lock()
	defer s.masses.mu.Unlock()
	for _, r := range results {
		i := slices.Index(part.Groups, r.Chat)
		if i < 0 || r.Status == 0 {
			continue
		}
		part.Groups = slices.Delete(slices.Clone(part.Groups), i, i+1)
		if r.Status == 1 {
			part.Sent = append(part.Sent, r.Chat)
		} else {
			part.Failed, part.Why = append(part.Failed, r.Chat), community.MassMissed
		}
	}
	if len(part.Groups) == 0 {
		part.At = confirmed
	}
	return nil
}

// paged reads a list to its end.
func paged[T any](ctx context.Context, s *Session, path string, body map[string]any, read func(raw []byte) ([]T, error)) ([]T, error) {
	var all []T
	for cursor := ""; ; {
		body = maps.Clone(body)
		if body["limit"] == nil {
			body["limit"] = 500
		}
		if cursor != "" {
			body["cursor"] = cursor
		}
		var raw json.RawMessage
		if err := s.ask(ctx, func() error { return s.api.Read(ctx, path, body, &raw) }); err != nil {
			return nil, err
		}
		list, err := read(raw)
		if err != nil {
			return nil, community.Errorf(community.CodeUnreachable, "%s: the answer cannot be read", path)
		}
		var page struct {
			Next string `json:"next_cursor"`
		}
		if err := json.Unmarshal(raw, &page); err != nil || page.Next == "" || page.Next == cursor || len(list) == 0 {
			return append(all, list...), nil
		}
		all, cursor = append(all, list...), page.Next
	}
}

// massWaiting looks at every mass send now and lists those that still wait.
func (s *Session) massWaiting(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	s.lookAtMasses(ctx)
	out := connect.Outcome{Columns: [][2]string{{"群发编号", "Mass send"}, {"确认人", "Who must confirm"}, {"等待", "Waiting"}, {"已发", "Sent"}, {"未发", "Not sent"}, {"24 小时内提醒", "Reminded within 24 h"}}}
	s.masses.mu.Lock()
	defer s.masses.mu.Unlock()
	for _, lead := range slices.Sorted(maps.Keys(s.masses.open)) {
		one := s.masses.open[lead]
		if one.Over {
			continue
		}
		for _, p := range one.Parts {
			out.Rows = append(out.Rows, []string{lead, p.Sender, fmt.Sprint(len(p.Groups)), fmt.Sprint(len(p.Sent)), fmt.Sprint(len(p.Failed)),
				fmt.Sprint(len(recently(one.Reminders, time.Now())))})
		}
	}
	out.Say = [2]string{fmt.Sprintf("%d 处还在等确认。", len(out.Rows)), fmt.Sprintf("%d still wait for a tap.", len(out.Rows))}
	return out, nil
}
