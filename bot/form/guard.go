package form

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"

	"github.com/itchyny/gojq"
)

var errResultTooLarge = errors.New("the result of the program is too large")

// guardMultiplication puts a call of guardFunction before each multiplication in a parsed program. A text times a
// number is the one operation of jq that can take seconds and gigabytes by itself, and it does not
// observe its context. gojq has no hook for operators, so this changes its syntax tree, by reflection.
func guardMultiplication(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if err := guardMultiplication(v.Elem()); err != nil {
			return err
		}
		query, ok := v.Interface().(*gojq.Query)
		switch {
		case !ok:
		case query.Op == gojq.OpUpdateMul:
			return errResultTooLarge
		case query.Op == gojq.OpMul:
			checked, err := gojq.Parse(fmt.Sprintf("(%s) as $__l | (%s) as $__r | ([$__l, $__r] | __bounded) | .[0] * .[1]", query.Left, query.Right))
			if err != nil {
				return err
			}
			*query = gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: checked}}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := guardMultiplication(v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := guardMultiplication(v.Index(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// guardFunction is checkProduct as a function of jq.
var guardFunction = gojq.WithFunction("__bounded", 0, 0, checkProduct)

// checkProduct returns the two factors of a multiplication, or an error if the product would be too long a
// text.
func checkProduct(factors any, _ []any) any {
	pair, ok := factors.([]any)
	if !ok || len(pair) != 2 {
		return errResultTooLarge
	}
	for i, factor := range pair {
		text, isText := factor.(string)
		if !isText {
			continue
		}
		times := 0.0
		switch n := pair[1-i].(type) {
		case int:
			times = float64(n)
		case float64:
			times = n
		case *big.Int:
			return errResultTooLarge
		}
		if times*float64(len(text)) > maxResultBytes {
			return errResultTooLarge
		}
	}
	return factors
}
