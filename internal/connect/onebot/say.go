package onebot

import (
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// words are what the operator is told when the connection is not well: what happened and what to do.
var words = map[community.Code][2]string{
	community.CodeForbidden: {"网关不认这个访问令牌：填错了，或者那边已经换掉。请在网关（NapCat、LLOneBot 等）的设置里复制当前的 access_token，填到这里。",
		"The gateway does not take this access token: it is wrong, or was changed there. Copy the current access_token from the gateway's settings (NapCat, LLOneBot …) to here."},
	community.CodeConflict: {"网关登录的是另一个 QQ 号，没有接收它的消息。请在网关换成这个号，或在这里改填那个号。",
		"Another account is logged in at the gateway; nothing of it is taken. Log this one in there, or enter that one here."},
	community.CodeUnreachable: {"连不上网关，会自动重试。请看网关程序是否在运行、地址和端口对不对、防火墙有没有挡住。",
		"The gateway cannot be reached; it is retried. Look whether it runs, whether address and port are right, and whether a firewall is in between."},
	community.CodeTimeout:  {"网关没有应答，会自动重试。一直这样就重启网关。", "The gateway does not answer; it is retried. If that goes on, restart the gateway."},
	community.CodeTooLarge: {"网关发来一条过大的消息，只漏掉这一条，其他照常。", "The gateway sent one message that is too large; only that one is left out, the rest goes on."},
	community.CodeBadInput: {"网关发来一条看不懂的消息，只漏掉这一条，其他照常。一直这样请升级网关。",
		"The gateway sent one message that cannot be read; only that one is left out, the rest goes on. If that goes on, update the gateway."},
	community.CodeBusy: {"数据库暂时写不进去，消息在等待，没有丢。请看磁盘空间和数据库。", "The database takes nothing in for now; messages wait and none is lost. Look at the disk and the database."},
}

// stoppedWords are what the operator is told when the account itself cannot work.
func stoppedWords(restricted bool, why string) [2]string {
	if restricted {
		return [2]string{"QQ 限制了这个账号（" + why + "）。请用手机 QQ 登录它，按提示验证或等到期，再点“恢复使用”。",
			"QQ holds this account back (" + why + "). Sign in with it on a phone, do what QQ asks or wait until it is over, then use it again here."}
	}
	return [2]string{"QQ 账号在网关上掉线了（" + why + "）。请在网关的页面重新扫码登录，登录后会自己恢复。",
		"The account was logged out at the gateway (" + why + "). Log in again on the gateway's page; it then goes on by itself."}
}

// removed and silenced tell that our account was thrown out of a group, or may not speak in it.
func removed(group, by string) error {
	return connect.Trouble(community.CodeRefused, "我们的账号被 "+by+" 移出了群 "+group+"。请和群主说好后重新加群；其他群照常。",
		"our account was removed from group "+group+" by "+by+": ask its owner and join again; the other groups go on")
}

func silenced(group string) error {
	return connect.Trouble(community.CodeRefused, "我们的账号在群 "+group+" 被禁言。请群主或管理员解除；禁言期间要发的话会变成待办。",
		"our account is muted in group "+group+": an owner or admin must lift it; what is to be said there becomes tasks meanwhile")
}

// tellOfSelf tells the operator what happened to our own account in a group.
func (s *Session) tellOfSelf(f frame) {
	switch {
	case f.in.Type == community.MemberLeft && f.in.Body.Reason == "kicked" && f.in.Subject.ID == f.self:
		by := f.in.By.ID
		if by == "" {
			by = "?"
		}
		s.report("online", removed(f.in.Group.ID, by))
	case f.in.Type == community.MemberMuted && f.in.Body.Seconds > 0 && f.in.Actor.ID == f.self:
		s.report("online", silenced(f.in.Group.ID))
	}
}

var (
	wrongToken = connect.Trouble(community.CodeForbidden, "有程序用错误的访问令牌来连，没有放行。如果是你的网关，请把这里的令牌填到网关的 access_token。",
		"a program came with a wrong access token and was not let in: if it is your gateway, put the token from here into its access_token")
	wrongSignature = connect.Trouble(community.CodeForbidden, "收到签名不对的推送，没有接收。如果是你的网关，请把这里的密钥填到网关的 secret。",
		"a post with a wrong signature came and was not taken: if it is your gateway, put the secret from here into its secret")
)

// knockEach is how often strangers are told of, at most.
const knockEach = time.Minute

// knocked tells that somebody came without the right secret, until somebody came who had it: anybody may call an address.
func (s *Session) knocked(err error) {
	s.mu.Lock()
	quiet := s.proved || !s.running || time.Since(s.knock) < knockEach
	state := "connecting"
	if s.link != nil {
		state = "online"
	}
	if !quiet {
		s.knock = time.Now()
	}
	s.mu.Unlock()
	if !quiet {
		s.report(state, err)
	}
}

// opened notes that somebody came who had the right secret.
func (s *Session) opened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proved = true
}
