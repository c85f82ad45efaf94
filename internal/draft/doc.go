// Package draft says what a language model outside the house is asked, and what of its answer is taken: when it may be asked at all (settings, region,
// limits), the orders of posts and questions, the house's own templates, which need no model, and the rewriting of a digest.
//
// What is asked holds masked texts only (package mask) and goes as data, never as instructions. An answer is a stranger's text: it is read by a schema, it may
// cite only what it was given, it brings no address, number or name of its own and calls nobody; what fails is dropped with the reason. An answer does nothing:
// it becomes a proposal that a person reads, changes and sends, under the mark that 《人工智能生成合成内容标识办法》 (in force 2025-09-01) asks for.
//
// Everything is a function of its arguments. Times are UTC milliseconds.
package draft
