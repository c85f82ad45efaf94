package measure

// Few is the least number of people that a figure may be about where no person may be found by it: fewer are told as "fewer than ten"
// (trust.md §7). The word 匿名化 stands for such figures only.
const Few = 10
