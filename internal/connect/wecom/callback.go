package wecom

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/wxcrypt"
)

// answerWithin is how long a callback may wait for the disk: the platform gives up after 5 s and tries again.
const answerWithin = 4 * time.Second

// ServeConnect takes the platform's calls: GET checks our address, POST tells an event. It answers 200 only once what the
// call says is safely on disk. Refused: 400 unreadable, 403 wrong signature, receiver or clock, 413 too large, 405; 503
// asks the platform to try again.
func (s *Session) ServeConnect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if s.crypt == nil {
		http.Error(w, "callbacks are not set up: token and aes_key are empty", http.StatusNotFound)
		return
	}
	q, err := wxcrypt.ReadQuery(r.URL.Query())
	if err != nil {
		s.refuse(w, err)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.greet(w, q)
	case http.MethodPost:
		s.called(w, r, q)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
	}
}

// greet answers the check of our address with the bare text.
func (s *Session) greet(w http.ResponseWriter, q wxcrypt.Query) {
	text, err := s.crypt.Greet(q)
	if err != nil {
		s.refuse(w, err)
		return
	}
	_, _ = w.Write(text) // whoever called may be gone
}

func (s *Session) called(w http.ResponseWriter, r *http.Request, q wxcrypt.Query) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wxcrypt.MaxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			err = community.Errorf(community.CodeTooLarge, "callback of more than %d bytes", wxcrypt.MaxBody)
		} else {
			err = community.Errorf(community.CodeBadInput, "callback broke off")
		}
		s.refuse(w, err)
		return
	}
	raw, err := s.crypt.Open(q, body)
	if err != nil {
		s.refuse(w, err)
		return
	}
	how, err := s.window.Admit(q, time.Now().Unix())
	if err != nil {
		s.refuse(w, err)
		return
	}
	if how == wxcrypt.Fresh {
		if err = s.take(r.Context(), raw); err != nil {
			s.window.Failed(q)
			s.refuse(w, err)
			return
		}
		s.window.Taken(q)
	}
	_, _ = io.WriteString(w, "success")
}

// take does what a callback says; nil once it is safe.
func (s *Session) take(ctx context.Context, raw []byte) error {
	n, err := parse(s.corp, raw)
	if err != nil {
		return err
	}
	if !s.isRunning() {
		return community.Errorf(community.CodeBusy, "the connection is not running")
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := s.host.Receive(ctx, n.in...); len(n.in) > 0 && err != nil {
		return community.Errorf(community.CodeBusy, "not taken: %w", err)
	}
	s.follow(n)
	return nil
}

// follow starts what follows from a callback.
func (s *Session) follow(n notice) {
	known := s.rolls.get(n.chat)
	if n.chat != "" && (known == nil || n.version == "" || known.version != n.version) {
		s.hints.add(n.chat, n.quit, time.Now().Add(settle))
	}
	if n.welcome != nil && s.welcome != "" {
		select {
		case s.welcomes <- *n.welcome:
		default: // twenty seconds are too short for a queue of 64
		}
	}
}

// trouble is the kind of health report that callbacks make.
const trouble = "callback"

// refuse answers a call that was not taken, and tells the operator where it is theirs to mend.
func (s *Session) refuse(w http.ResponseWriter, err error) {
	status := statuses[community.CodeOf(err)]
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	s.ail(trouble, err, callbackWords[community.CodeOf(err)])
	http.Error(w, http.StatusText(status), status) // the reason is for the operator, not for whoever calls
}

var statuses = map[community.Code]int{
	community.CodeBadInput: http.StatusBadRequest, community.CodeTooLarge: http.StatusRequestEntityTooLarge,
	community.CodeForbidden: http.StatusForbidden, community.CodeClock: http.StatusForbidden, community.CodeConflict: http.StatusForbidden,
	community.CodeBusy: http.StatusServiceUnavailable,
}

// callbackWords are what the operator is told about calls that were not taken.
var callbackWords = map[community.Code][2]string{
	community.CodeForbidden: {"有回调的签名或接收方不对，没有收下。如果管理后台刚改过回调的 Token、EncodingAESKey 或企业 ID，请把这里的设置改成一样的；否则可能有人冒充企业微信。",
		"A callback has a wrong signature or receiver and was not taken. If Token, EncodingAESKey or the corp id were changed in the admin console, enter the same here; otherwise somebody may be posing as WeCom."},
	community.CodeClock: {"回调的时间与这台服务器相差超过十分钟，没有收下。请校准服务器时间(NTP)。",
		"A callback is dated more than ten minutes from this server's clock and was not taken. Set the server's clock (NTP)."},
	community.CodeBadInput: {"收到读不懂的回调，没有收下。", "A callback could not be read and was not taken."},
	community.CodeTooLarge: {"收到过大的回调(超过 1 MiB)，没有收下。", "A callback larger than 1 MiB was not taken."},
	community.CodeConflict: {"同一个随机数的回调来了两次、内容不同，没有收下：可能有人在重放。",
		"A callback came twice under one nonce with different content and was not taken: somebody may be replaying."},
	community.CodeBusy: {"暂时来不及把回调写到磁盘，已请企业微信稍后重发。", "Callbacks could not be written to disk just now; WeCom was asked to send them again."},
}
