// Package learn tells advertising from ordinary talk by examples: a linear classifier over hashed character n-grams and
// over the shape of a text (which sorts of characters follow one another).
//
// [Train] makes a [Model] from labelled texts; the same examples in the same order give the same bytes on every machine.
// A model is data: [Model.Pack] writes it, [Read] reads it, its content's hash names it wherever it decides. [Model.Score]
// adds small whole numbers; [Model.Explain] says which parts of the text spoke for the score. [Base] are the examples
// that come with the program, all written for it; [Shipped] is the model made of them alone.
//
// Everything here is a function of its arguments.
package learn
