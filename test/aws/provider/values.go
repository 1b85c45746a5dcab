package main

import (
	"fmt"
	"math/big"
	"reflect"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// object is a resource, data source or block as plain Go: string, int64, bool, nil, []any, object, or
// unknown for what a plan cannot know yet.
type object = map[string]any

type unknownValue struct{}

var unknown = unknownValue{}

func decode(value tftypes.Value) (any, error) {
	if !value.IsKnown() {
		return unknown, nil
	}
	if value.IsNull() {
		return nil, nil
	}
	t := value.Type()
	switch {
	case t.Is(tftypes.String):
		var text string
		err := value.As(&text)
		return text, err
	case t.Is(tftypes.Number):
		var number big.Float
		err := value.As(&number)
		whole, _ := number.Int64()
		return whole, err
	case t.Is(tftypes.Bool):
		var truth bool
		err := value.As(&truth)
		return truth, err
	case t.Is(tftypes.Object{}), t.Is(tftypes.Map{}):
		var members map[string]tftypes.Value
		if err := value.As(&members); err != nil {
			return nil, err
		}
		decoded := object{}
		for name, member := range members {
			inner, err := decode(member)
			if err != nil {
				return nil, err
			}
			decoded[name] = inner
		}
		return decoded, nil
	default:
		var elements []tftypes.Value
		if err := value.As(&elements); err != nil {
			return nil, err
		}
		decoded := []any{}
		for _, element := range elements {
			inner, err := decode(element)
			if err != nil {
				return nil, err
			}
			decoded = append(decoded, inner)
		}
		return decoded, nil
	}
}

func encode(t tftypes.Type, value any) (tftypes.Value, error) {
	switch value.(type) {
	case nil:
		return tftypes.NewValue(t, nil), nil
	case unknownValue:
		return tftypes.NewValue(t, tftypes.UnknownValue), nil
	}
	switch typed := t.(type) {
	case tftypes.Object:
		members := map[string]tftypes.Value{}
		for name, memberType := range typed.AttributeTypes {
			inner, err := encode(memberType, value.(object)[name])
			if err != nil {
				return tftypes.Value{}, fmt.Errorf("%s: %w", name, err)
			}
			members[name] = inner
		}
		return tftypes.NewValue(t, members), nil
	case tftypes.Map:
		members := map[string]tftypes.Value{}
		for name, member := range value.(object) {
			inner, err := encode(typed.ElementType, member)
			if err != nil {
				return tftypes.Value{}, err
			}
			members[name] = inner
		}
		return tftypes.NewValue(t, members), nil
	case tftypes.List:
		return encodeAll(t, typed.ElementType, value)
	case tftypes.Set:
		return encodeAll(t, typed.ElementType, value)
	}
	if err := tftypes.ValidateValue(t, value); err != nil {
		return tftypes.Value{}, err
	}
	return tftypes.NewValue(t, value), nil
}

func encodeAll(t, element tftypes.Type, value any) (tftypes.Value, error) {
	elements := []tftypes.Value{}
	for _, one := range value.([]any) {
		inner, err := encode(element, one)
		if err != nil {
			return tftypes.Value{}, err
		}
		elements = append(elements, inner)
	}
	return tftypes.NewValue(t, elements), nil
}

// fill puts what was read in the place of what a plan left unknown.
func fill(planned, actual any) any {
	switch typed := planned.(type) {
	case unknownValue:
		return actual
	case object:
		members, _ := actual.(object)
		filled := object{}
		for name, member := range typed {
			filled[name] = fill(member, members[name])
		}
		return filled
	case []any:
		elements, _ := actual.([]any)
		filled := []any{}
		for index, element := range typed {
			var other any
			if index < len(elements) {
				other = elements[index]
			}
			filled = append(filled, fill(element, other))
		}
		return filled
	}
	return planned
}

func hasUnknown(value any) bool {
	switch typed := value.(type) {
	case unknownValue:
		return true
	case object:
		for _, member := range typed {
			if hasUnknown(member) {
				return true
			}
		}
	case []any:
		for _, element := range typed {
			if hasUnknown(element) {
				return true
			}
		}
	}
	return false
}

func same(one, other any) bool { return reflect.DeepEqual(one, other) }

func text(from object, name string) string {
	value, _ := from[name].(string)
	return value
}

// orNil is nil for an empty text, as the SDK wants what is not given.
func orNil(from object, name string) *string {
	if value := text(from, name); value != "" {
		return &value
	}
	return nil
}

func number(from object, name string) *int32 {
	value, given := from[name].(int64)
	if !given {
		return nil
	}
	short := int32(value)
	return &short
}

func truth(from object, name string) *bool {
	value, given := from[name].(bool)
	if !given {
		return nil
	}
	return &value
}

func texts(from object, name string) []string {
	elements, _ := from[name].([]any)
	all := []string{}
	for _, element := range elements {
		if one, is := element.(string); is {
			all = append(all, one)
		}
	}
	return all
}

func textList(all []string) []any {
	list := []any{}
	for _, one := range all {
		list = append(list, one)
	}
	return list
}

// only is the one element of a block that may stand at most once; nil where it is absent.
func only(from object, name string) object {
	elements, _ := from[name].([]any)
	if len(elements) == 0 {
		return nil
	}
	inner, _ := elements[0].(object)
	return inner
}

// deref is the pointed-to value as encode takes it, or nil.
func deref[T any](pointer *T) any {
	if pointer == nil {
		return nil
	}
	if short, is := any(*pointer).(int32); is {
		return int64(short)
	}
	return *pointer
}
