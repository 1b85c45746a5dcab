package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Written by constraints/extract.py out of the service models of AWS.
//
//go:embed constraints/constraints.json
var constraintsJSON []byte

// constraint is the part of a limit that the real provider checks before it sends a request.
type constraint struct {
	MinLength *int   `json:"min_length"`
	MaxLength *int   `json:"max_length"`
	Pattern   string `json:"pattern"`
	NotPrefix string `json:"not_prefix"`
	Minimum   *int64 `json:"minimum"`
	Maximum   *int64 `json:"maximum"`
}

var constraints = readConstraints()

func readConstraints() map[string]constraint {
	read := struct {
		Constraints map[string]constraint `json:"constraints"`
	}{}
	if err := json.Unmarshal(constraintsJSON, &read); err != nil {
		panic(fmt.Errorf("constraints.json: %w", err))
	}
	return read.Constraints
}

// check is why a value of a configuration is wrong; values that are not known yet are never passed to it.
type check func(value any) error

// within is a member's length, prefix and range, by service:Shape.Member; withPattern adds its characters.
func within(name string) check {
	limit, known := constraints[name]
	if !known {
		panic("no constraint " + name)
	}
	return func(value any) error {
		switch typed := value.(type) {
		case string:
			length := utf8.RuneCountInString(typed)
			if limit.MaxLength != nil && length > *limit.MaxLength || limit.MinLength != nil && length < *limit.MinLength {
				return fmt.Errorf("has %d characters, which its limits do not allow (%s)", length, name)
			}
			if limit.NotPrefix != "" && strings.HasPrefix(typed, limit.NotPrefix) {
				return fmt.Errorf("cannot begin with %s", limit.NotPrefix)
			}
		case int64:
			return between(limit.Minimum, limit.Maximum)(typed)
		}
		return nil
	}
}

var escape = regexp.MustCompile(`\\u([0-9A-F]{4})`)

func withPattern(name string) check {
	lengths := within(name)
	// As Go writes a code point.
	pattern := regexp.MustCompile(escape.ReplaceAllString(constraints[name].Pattern, `\x{$1}`))
	return func(value any) error {
		if err := lengths(value); err != nil {
			return err
		}
		if word, is := value.(string); is && !pattern.MatchString(word) {
			return fmt.Errorf("must match %s", pattern)
		}
		return nil
	}
}

func between(least, most *int64) check {
	return func(value any) error {
		number, is := value.(int64)
		if is && (least != nil && number < *least || most != nil && number > *most) {
			return fmt.Errorf("%d is out of range", number)
		}
		return nil
	}
}

func numbers(least, most int64) check { return between(&least, &most) }

// network is a CIDR block without host bits: EC2 itself would clear them, the real provider rejects them.
func network(leastBits, mostBits int) check {
	return func(value any) error {
		word, _ := value.(string)
		prefix, err := netip.ParsePrefix(word)
		if err != nil {
			return fmt.Errorf("%q is not a valid CIDR block", word)
		}
		if prefix != prefix.Masked() {
			return fmt.Errorf("%q is not a valid CIDR block; did you mean %q?", word, prefix.Masked())
		}
		if prefix.Bits() < leastBits || prefix.Bits() > mostBits {
			return fmt.Errorf("%q must have a prefix length of %d to %d", word, leastBits, mostBits)
		}
		return nil
	}
}

func isJSON(value any) error {
	if word, _ := value.(string); !json.Valid([]byte(word)) {
		return errors.New("contains an invalid JSON policy")
	}
	return nil
}

var arnPattern = regexp.MustCompile(`^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:.+$`)

func isARN(value any) error {
	if word, _ := value.(string); !arnPattern.MatchString(word) {
		return fmt.Errorf("%q is an invalid ARN", word)
	}
	return nil
}

// checks are those of the real provider's schemas, by type and attribute.
var checks = map[string]map[string]check{
	"aws_ebs_volume": {"kms_key_id": isARN, "throughput": numbers(125, 1000)},
	"aws_iam_instance_profile": {
		"name": withPattern("iam:CreateInstanceProfileRequest.InstanceProfileName"),
	},
	"aws_iam_role": {
		"assume_role_policy": isJSON, "name": withPattern("iam:CreateRoleRequest.RoleName"), "path": within("iam:CreateRoleRequest.Path"),
	},
	"aws_iam_role_policy_attachment": {"policy_arn": isARN},
	"aws_instance": {
		"user_data": func(value any) error {
			if word, _ := value.(string); len(word) > 16384 {
				return fmt.Errorf("expected length to be in the range (0 - 16384), got %d", len(word))
			}
			return nil
		},
		"metadata_options.http_put_response_hop_limit": within("ec2:InstanceMetadataOptionsRequest.HttpPutResponseHopLimit"),
	},
	"aws_key_pair": {"key_name": within("ec2:ImportKeyPairRequest.KeyName")},
	"aws_route":    {"destination_cidr_block": network(0, 32)},
	"aws_security_group": {
		"description": within("ec2:CreateSecurityGroupRequest.Description"), "name": within("ec2:CreateSecurityGroupRequest.GroupName"),
	},
	"aws_subnet":                          {"cidr_block": network(0, 32)},
	"aws_vpc":                             {"cidr_block": network(16, 28)},
	"aws_vpc_security_group_egress_rule":  ruleChecks,
	"aws_vpc_security_group_ingress_rule": ruleChecks,
}

var ruleChecks = map[string]check{
	"cidr_ipv4": network(0, 32), "cidr_ipv6": network(0, 128), "from_port": numbers(-1, 65535), "to_port": numbers(-1, 65535),
}

// validate returns the errors of the real provider before its first request.
func validate(name string, configured object) error {
	wrong := []error{}
	for attribute, rule := range checks[name] {
		value := member(configured, attribute)
		if value == nil || hasUnknown(value) {
			continue
		}
		if err := rule(value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", attribute, err))
		}
	}
	switch name {
	case "aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule":
		given, pending := 0, false
		for _, source := range ruleSources {
			if configured[source] != nil {
				given++
			}
			pending = pending || hasUnknown(configured[source])
		}
		if given != 1 && !pending {
			wrong = append(wrong, errors.New("exactly one of cidr_ipv4, cidr_ipv6, prefix_list_id and referenced_security_group_id must be configured"))
		}
	case "aws_ebs_volume":
		kind := text(configured, "type")
		if kind != "" && kind != "gp3" && configured["throughput"] != nil {
			wrong = append(wrong, fmt.Errorf("'throughput' must not be set when 'type' is '%s'", kind))
		}
	}
	return errors.Join(wrong...)
}
