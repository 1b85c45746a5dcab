package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const networkMinutes = 10 * time.Minute

var vpcResource = resource{
	handled: []string{"cidr_block", "enable_dns_support", "enable_dns_hostnames"},
	updates: []string{"enable_dns_hostnames", "enable_dns_support"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{
			CidrBlock: orNil(plan, "cidr_block"), TagSpecifications: ec2Tags(types.ResourceTypeVpc, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		state := object{"id": aws.ToString(made.Vpc.VpcId)}
		return state, p.setDNS(ctx, text(state, "id"), plan)
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		return p.readVpc(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{text(state, "id")}})
	},
	update: func(ctx context.Context, p *provider, _, plan object) error {
		return p.setDNS(ctx, text(plan, "id"), plan)
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: orNil(state, "id")})
		return unless(err, "InvalidVpcID.NotFound")
	},
}

func (p *provider) setDNS(ctx context.Context, id string, plan object) error {
	for name, set := range map[string]func(*ec2.ModifyVpcAttributeInput, *types.AttributeBooleanValue){
		"enable_dns_support": func(in *ec2.ModifyVpcAttributeInput, value *types.AttributeBooleanValue) { in.EnableDnsSupport = value },
		"enable_dns_hostnames": func(in *ec2.ModifyVpcAttributeInput, value *types.AttributeBooleanValue) {
			in.EnableDnsHostnames = value
		},
	} {
		if wanted := truth(plan, name); wanted != nil {
			input := &ec2.ModifyVpcAttributeInput{VpcId: aws.String(id)}
			set(input, &types.AttributeBooleanValue{Value: wanted})
			if _, err := p.ec2.ModifyVpcAttribute(ctx, input); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *provider) readVpc(ctx context.Context, input *ec2.DescribeVpcsInput) (object, error) {
	found, err := p.ec2.DescribeVpcs(ctx, input)
	if err = unless(err, "InvalidVpcID.NotFound"); err != nil || found == nil || len(found.Vpcs) == 0 {
		return nil, err
	}
	if len(found.Vpcs) > 1 {
		return nil, errors.New("multiple EC2 VPCs matched; use additional constraints to reduce matches to a single EC2 VPC")
	}
	vpc := found.Vpcs[0]
	read := object{
		"id": aws.ToString(vpc.VpcId), "cidr_block": aws.ToString(vpc.CidrBlock), "owner_id": deref(vpc.OwnerId),
		"instance_tenancy": string(vpc.InstanceTenancy), "dhcp_options_id": deref(vpc.DhcpOptionsId),
		"arn":      fmt.Sprintf("arn:aws:ec2:%s:%s:vpc/%s", p.region, aws.ToString(vpc.OwnerId), aws.ToString(vpc.VpcId)),
		"tags_all": tagsOf(vpc.Tags), "default": aws.ToBool(vpc.IsDefault), "state": string(vpc.State),
	}
	for name, attribute := range map[string]types.VpcAttributeName{
		"enable_dns_support": types.VpcAttributeNameEnableDnsSupport, "enable_dns_hostnames": types.VpcAttributeNameEnableDnsHostnames,
	} {
		told, err := p.ec2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: vpc.VpcId, Attribute: attribute})
		if err != nil {
			return nil, err
		}
		for _, value := range []*types.AttributeBooleanValue{told.EnableDnsSupport, told.EnableDnsHostnames} {
			if value != nil && value.Value != nil {
				read[name] = *value.Value
			}
		}
	}
	return read, nil
}

var internetGatewayResource = resource{
	handled: []string{"vpc_id"},
	updates: []string{"vpc_id"},
	tagged:  true,
	update: func(ctx context.Context, p *provider, prior, plan object) error {
		if same(prior["vpc_id"], plan["vpc_id"]) {
			return nil
		}
		if _, err := p.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: orNil(plan, "id"), VpcId: orNil(prior, "vpc_id")}); err != nil {
			return err
		}
		_, err := p.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: orNil(plan, "id"), VpcId: orNil(plan, "vpc_id")})
		return err
	},
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
			TagSpecifications: ec2Tags(types.ResourceTypeInternetGateway, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		id := made.InternetGateway.InternetGatewayId
		_, err = p.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: id, VpcId: orNil(plan, "vpc_id")})
		return object{"id": aws.ToString(id)}, err
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.ec2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{text(state, "id")}})
		if err = unless(err, "InvalidInternetGatewayID.NotFound"); err != nil || found == nil || len(found.InternetGateways) == 0 {
			return nil, err
		}
		one := found.InternetGateways[0]
		read := object{"id": deref(one.InternetGatewayId), "owner_id": deref(one.OwnerId), "tags_all": tagsOf(one.Tags)}
		read["arn"] = fmt.Sprintf("arn:aws:ec2:%s:%s:internet-gateway/%s", p.region, aws.ToString(one.OwnerId), text(state, "id"))
		if attached := first(one.Attachments); attached != nil {
			read["vpc_id"] = deref(attached.VpcId)
		}
		return read, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: orNil(state, "id"), VpcId: orNil(state, "vpc_id")})
		if err = unless(err, "Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"); err != nil {
			return err
		}
		_, err = p.ec2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: orNil(state, "id")})
		return unless(err, "InvalidInternetGatewayID.NotFound")
	},
}

var subnetResource = resource{
	handled: []string{"vpc_id", "cidr_block", "availability_zone", "map_public_ip_on_launch"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		zone, _ := plan["availability_zone"].(string)
		input := &ec2.CreateSubnetInput{
			VpcId: orNil(plan, "vpc_id"), CidrBlock: orNil(plan, "cidr_block"),
			TagSpecifications: ec2Tags(types.ResourceTypeSubnet, plan["tags_all"]),
		}
		if zone != "" {
			input.AvailabilityZone = &zone
		}
		made, err := p.ec2.CreateSubnet(ctx, input)
		if err != nil {
			return nil, err
		}
		return object{"id": aws.ToString(made.Subnet.SubnetId)}, p.mapPublic(ctx, aws.ToString(made.Subnet.SubnetId), plan)
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		return p.readSubnet(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{text(state, "id")}})
	},
	update: func(ctx context.Context, p *provider, _, plan object) error {
		return p.mapPublic(ctx, text(plan, "id"), plan)
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		return await(ctx, networkMinutes, func() (bool, string, error) {
			_, err := p.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: orNil(state, "id")})
			// Interfaces of machines that are going are still in it for a while.
			if isCode(err, "DependencyViolation") {
				return false, "in use", nil
			}
			return true, "", unless(err, "InvalidSubnetID.NotFound")
		})
	},
}

func (p *provider) mapPublic(ctx context.Context, id string, plan object) error {
	wanted := truth(plan, "map_public_ip_on_launch")
	if wanted == nil {
		return nil
	}
	_, err := p.ec2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId: aws.String(id), MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: wanted},
	})
	return err
}

func (p *provider) readSubnet(ctx context.Context, input *ec2.DescribeSubnetsInput) (object, error) {
	found, err := p.ec2.DescribeSubnets(ctx, input)
	if err = unless(err, "InvalidSubnetID.NotFound"); err != nil || found == nil || len(found.Subnets) == 0 {
		return nil, err
	}
	one := found.Subnets[0]
	return object{
		"id": deref(one.SubnetId), "vpc_id": deref(one.VpcId), "cidr_block": deref(one.CidrBlock),
		"availability_zone": deref(one.AvailabilityZone), "availability_zone_id": deref(one.AvailabilityZoneId),
		"map_public_ip_on_launch": aws.ToBool(one.MapPublicIpOnLaunch), "owner_id": deref(one.OwnerId), "arn": deref(one.SubnetArn),
		"default_for_az": aws.ToBool(one.DefaultForAz), "state": string(one.State), "tags_all": tagsOf(one.Tags),
		"available_ip_address_count": deref(one.AvailableIpAddressCount), "assign_ipv6_address_on_creation": aws.ToBool(one.AssignIpv6AddressOnCreation),
	}, nil
}
