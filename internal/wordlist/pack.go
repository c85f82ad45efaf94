package wordlist

import (
	"slices"

	"qunluo/internal/lexicon"
)

// Pack is a small list that comes with the program: written for it, about trade and fraud alone, used by no group until
// somebody switches it on.
type Pack struct {
	Name    string
	Title   [2]string // Chinese, English
	Summary [2]string
	parts   []packPart
}

type packPart struct {
	category string
	level    int
	words    []string
}

// Entries are the pack's words as a list begins with them.
func (p Pack) Entries() []Entry {
	var out []Entry
	for _, part := range p.parts {
		for _, w := range part.words {
			out = append(out, Entry{State: Active, Word: lexicon.Word{Text: w, Category: part.category, Level: part.level, Views: lexicon.ViewsAuto}})
		}
	}
	return out
}

// PackByName finds a pack.
func PackByName(name string) (Pack, bool) {
	all := Packs()
	i := slices.IndexFunc(all, func(p Pack) bool { return p.Name == name })
	if i < 0 {
		return Pack{}, false
	}
	return all[i], true
}

// Packs lists the packs in the order in which pages offer them. Phrases are of three characters or more, as people who
// advertise write them and others hardly do.
func Packs() []Pack {
	return []Pack{
		{"advertising", [2]string{"广告推销", "Advertising"},
			[2]string{"代办、发票、贷款、卖号、清库存一类的推销话术。", "Pushed services, invoices, loans, sold accounts and clearances."}, []packPart{
				{"代办", 0, []string{"代开发票", "专业代开票", "发票代开点低", "代办营业执照", "代办信用卡", "信用卡提额", "代办资质", "代写论文", "论文代发", "代考包过", "包过不过退款", "文凭办理", "学历提升包过", "办证刻章", "驾照扣分收购", "代还信用卡", "代缴公积金提取", "公积金代提"}},
				{"贷款", 0, []string{"无抵押贷款", "无抵押秒批", "黑户可贷", "征信花也能做", "凭身份证放款", "当天放款", "低息贷款加", "贷款找我", "大额信用贷", "空放私贷", "车抵贷不押车", "花呗套现", "白条套现", "信用卡套现", "京东套现", "额度秒回"}},
				{"卖号卖粉", 0, []string{"出售微信号", "收购微信号", "微信号回收", "老号出售", "抖音号出售", "实名号批发", "刷粉刷赞", "涨粉套餐", "买粉丝加", "刷阅读量", "小红书代运营加", "店铺刷销量", "好评返现加"}},
				{"货源", 0, []string{"一手货源招代理", "厂家直销招代理", "诚招代理", "招代理无门槛", "高仿奢侈品", "复刻名表", "原单尾货", "莆田鞋货源", "免费代理一件代发", "一件代发招代理", "清仓处理加微", "厂家倒闭清仓", "烟草批发零售", "免税烟批发", "减肥药代理"}},
			}},
		{"fraud", [2]string{"诈骗", "Fraud"},
			[2]string{"刷单、荐股、虚拟币、跑分、冒充客服和退款一类的骗局。", "Fake orders, stock tips, coins, money mules, false customer service and refunds."}, []packPart{
				{"刷单兼职", 2, []string{"兼职刷单", "刷单返利", "刷单返佣", "手机兼职日结", "在家兼职日结", "日入过千", "日赚三百", "日结兼职", "动动手指赚钱", "点赞赚佣金", "点赞员日结", "关注就给钱", "垫付返佣", "做任务返佣金", "试玩赚钱日结", "打字员日结", "抄写员日结", "宝妈兼职日结", "学生兼职日结", "押金秒退兼职", "一单一结"}},
				{"投资", 2, []string{"稳赚不赔", "稳赚不亏", "保本高收益", "内部消息股票", "牛股推荐加", "老师带单", "导师带单", "跟单稳赚", "免费荐股", "股票交流群加", "涨停板牛股", "杀猪盘", "虚拟币搬砖", "搬砖套利", "合约带单", "原油期货带单", "外汇跟单", "数字货币内幕", "百倍币", "空投领取钱包授权", "助记词验证", "拉新返现平台", "静态收益日返", "资金盘首发", "原始股认购加"}},
				{"洗钱跑分", 3, []string{"跑分平台", "跑分日结", "收款码出租", "出租银行卡", "收购银行卡", "收购四件套", "银行卡四件套", "出租对公账户", "收购对公账户", "代收代付佣金", "取现手日结", "车手日结", "帮忙过账给提成"}},
				{"冒充", 2, []string{"账户异常请点击", "退款理赔请加", "客服退款加微", "快递丢失理赔", "注销校园贷", "关闭百万保障", "会员自动扣费请联系", "医保卡异常", "社保卡停用", "ETC失效请点击", "积分清零请兑换", "中奖请领取", "红包请点击领取", "公检法配合调查", "安全账户转账", "屏幕共享操作"}},
			}},
		{"contact", [2]string{"引流加好友", "Contact baiting"},
			[2]string{"把人引到别处去的话术：加微信、进群、看主页、扫码领取。", "Luring people elsewhere: add me, join there, see my page, scan to get."}, []packPart{
				{"加好友", 0, []string{"加我微信领", "加微信领取", "加V领取", "加薇领取", "加卫星领", "加我领资料", "私我领资料", "私信领取资料", "免费领取资料加", "资料免费送加", "加我拉你进群", "想要的加我", "需要的加我微信", "有意者加微", "详情加微", "详聊加微信", "咨询加微信", "点我头像加", "看我头像加", "主页有联系方式", "主页加我", "名片加我", "留下微信", "扣1拉你", "评论区扣1领"}},
				{"扫码进群", 0, []string{"扫码进群领", "扫码领红包", "扫码免费领", "识别二维码领取", "进群领福利", "进群领红包", "免费进群加", "福利群加我", "内部群限时", "转发到三个群", "转发群截图领", "转发朋友圈领", "砍一刀帮我", "帮我点一下链接", "复制口令打开", "复制这段话打开"}},
				{"色情引流", 2, []string{"加微信看片", "同城约炮", "同城上门服务", "上门服务小妹", "裸聊视频加", "成人视频加", "福利视频加", "看片进群", "私密视频加", "学生妹上门", "空降服务同城", "一夜情同城"}},
			}},
		{"gambling", [2]string{"赌博", "Gambling"},
			[2]string{"网上赌场、彩票带单、棋牌代理一类的话术。", "Online casinos, lottery tips and agents of card games."}, []packPart{
				{"赌场", 3, []string{"网上赌场", "线上赌场", "真人荷官", "真人视讯", "百家乐平台", "澳门新葡京", "澳门威尼斯人娱乐", "太阳城娱乐", "体育投注平台", "滚球投注", "首存送彩金", "注册送彩金", "充值送彩金", "提款秒到", "包赔包赢", "电子游艺平台", "老虎机爆分", "捕鱼上分"}},
				{"彩票", 3, []string{"六合彩内幕", "六合彩特码", "特码资料", "一码中特", "时时彩计划", "北京赛车计划", "幸运飞艇计划", "快三带单", "彩票计划群", "彩票带单", "带你回血", "回血上岸", "稳赢计划", "导师计划群"}},
				{"棋牌代理", 2, []string{"棋牌上分", "上下分客服", "棋牌代理加", "房卡代理", "麻将透视挂", "牌九作弊器", "斗牛透视", "扎金花外挂", "代理日返佣", "电竞竞猜平台", "赌球网址", "赌球平台"}},
			}},
	}
}
