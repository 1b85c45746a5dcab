package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const instanceMinutes = 10 * time.Minute

var instanceResource = resource{
	handled: []string{
		"ami", "instance_type", "subnet_id", "vpc_security_group_ids", "key_name", "user_data", "user_data_replace_on_change", "iam_instance_profile",
		"associate_public_ip_address", "disable_api_termination", "force_destroy", "metadata_options", "root_block_device",
	},
	updates: []string{
		"disable_api_termination", "iam_instance_profile", "instance_type", "metadata_options.http_endpoint", "metadata_options.http_put_response_hop_limit",
		"metadata_options.http_tokens", "metadata_options.instance_metadata_tags", "root_block_device.tags", "root_block_device.volume_size",
		"root_block_device.volume_type", "user_data", "vpc_security_group_ids",
	},
	tagged: true,
	plan: func(p *provider, configured, prior, plan object) {
		if root := only(plan, "root_block_device"); root != nil {
			root["tags_all"] = p.allTags(root["tags"])
			if configured["user_data_replace_on_change"] == nil && prior == nil {
				plan["user_data_replace_on_change"] = false
			}
		}
		if configured["user_data_replace_on_change"] == nil && plan["user_data_replace_on_change"] == nil {
			plan["user_data_replace_on_change"] = false
		}
	},
	create: createInstance,
	read:   readInstance,
	update: updateInstance,
	remove: func(ctx context.Context, p *provider, state object) error {
		id := text(state, "id")
		if force := truth(state, "force_destroy"); force != nil && *force {
			off := &types.AttributeBooleanValue{Value: aws.Bool(false)}
			_, err := p.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: off})
			if isCode(err, "InvalidInstanceID.NotFound") {
				return nil
			}
			if err != nil {
				return err
			}
		}
		_, err := p.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		if isCode(err, "InvalidInstanceID.NotFound") {
			return nil
		}
		if err != nil {
			return err
		}
		return p.awaitInstance(ctx, id, types.InstanceStateNameTerminated)
	},
}

func createInstance(ctx context.Context, p *provider, plan object) (object, error) {
	input := &ec2.RunInstancesInput{
		// Random, as the real provider's: after a crash nobody can find the machine by it.
		ClientToken: aws.String(rand.Text()),
		MinCount:    aws.Int32(1), MaxCount: aws.Int32(1),
		ImageId: orNil(plan, "ami"), InstanceType: types.InstanceType(text(plan, "instance_type")), KeyName: orNil(plan, "key_name"),
		DisableApiTermination: truth(plan, "disable_api_termination"),
		TagSpecifications:     ec2Tags(types.ResourceTypeInstance, plan["tags_all"]),
	}
	if data := text(plan, "user_data"); data != "" {
		input.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(data)))
	}
	if profile := orNil(plan, "iam_instance_profile"); profile != nil {
		input.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: profile}
	}
	subnet, groups := orNil(plan, "subnet_id"), texts(plan, "vpc_security_group_ids")
	if public := truth(plan, "associate_public_ip_address"); public != nil {
		input.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: public, SubnetId: subnet, Groups: groups, DeleteOnTermination: aws.Bool(true),
		}}
	} else {
		input.SubnetId, input.SecurityGroupIds = subnet, groups
	}
	if options := only(plan, "metadata_options"); options != nil {
		input.MetadataOptions = &types.InstanceMetadataOptionsRequest{
			HttpEndpoint: types.InstanceMetadataEndpointState(text(options, "http_endpoint")), HttpTokens: types.HttpTokensState(text(options, "http_tokens")),
			HttpPutResponseHopLimit: number(options, "http_put_response_hop_limit"),
			InstanceMetadataTags:    types.InstanceMetadataTagsState(text(options, "instance_metadata_tags")),
		}
	}
	if root := only(plan, "root_block_device"); root != nil {
		device, err := p.rootDevice(ctx, text(plan, "ami"))
		if err != nil {
			return nil, err
		}
		disk := &types.EbsBlockDevice{
			VolumeType: types.VolumeType(text(root, "volume_type")), VolumeSize: number(root, "volume_size"), Encrypted: truth(root, "encrypted"),
			KmsKeyId: orNil(root, "kms_key_id"), Iops: number(root, "iops"), Throughput: number(root, "throughput"), DeleteOnTermination: truth(root, "delete_on_termination"),
		}
		if disk.DeleteOnTermination == nil {
			disk.DeleteOnTermination = aws.Bool(true)
		}
		input.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: &device, Ebs: disk}}
	}
	made, err := p.ec2.RunInstances(ctx, input)
	if err != nil {
		return nil, err
	}
	id := aws.ToString(made.Instances[0].InstanceId)
	state := object{"id": id}
	if err := p.awaitInstance(ctx, id, types.InstanceStateNameRunning); err != nil {
		return state, fmt.Errorf("waiting for EC2 Instance (%s) create: %w", id, err)
	}
	if err := p.tagRootVolume(ctx, id, plan); err != nil {
		return state, err
	}
	return state, p.protect(ctx, id, plan)
}

// protect repeats the setting, because the emulator ignores it in RunInstances.
func (p *provider) protect(ctx context.Context, id string, plan object) error {
	wanted := truth(plan, "disable_api_termination")
	if wanted == nil || !*wanted {
		return nil
	}
	_, err := p.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: &types.AttributeBooleanValue{Value: wanted}})
	return err
}

// tagRootVolume tags it once the machine runs, as the real provider does for tags of the block.
func (p *provider) tagRootVolume(ctx context.Context, id string, plan object) error {
	root := only(plan, "root_block_device")
	if root == nil {
		return nil
	}
	one, err := p.instance(ctx, id)
	if err != nil || one == nil {
		return err
	}
	all, _ := root["tags_all"].(object)
	set, _ := tagChanges(nil, all)
	if disk := rootMapping(one); disk != nil && len(set) > 0 {
		return p.tagEC2(ctx, aws.ToString(disk.Ebs.VolumeId), set, nil)
	}
	return nil
}

func (p *provider) rootDevice(ctx context.Context, ami string) (string, error) {
	found, err := p.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{ami}})
	if err != nil {
		return "", err
	}
	image := first(found.Images)
	if image == nil {
		return "", fmt.Errorf("image %s was not found", ami)
	}
	return aws.ToString(image.RootDeviceName), nil
}

func (p *provider) instance(ctx context.Context, id string) (*types.Instance, error) {
	found, err := p.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err = unless(err, "InvalidInstanceID.NotFound"); err != nil || found == nil || len(found.Reservations) == 0 {
		return nil, err
	}
	return first(found.Reservations[0].Instances), nil
}

// awaitInstance waits for one of the states, and fails on one from which none of them can come.
func (p *provider) awaitInstance(ctx context.Context, id string, wanted ...types.InstanceStateName) error {
	return await(ctx, instanceMinutes, func() (bool, string, error) {
		one, err := p.instance(ctx, id)
		if err != nil {
			return false, "", err
		}
		if one == nil {
			return slices.Contains(wanted, types.InstanceStateNameTerminated), "gone", nil
		}
		state := one.State.Name
		if !slices.Contains(wanted, state) && (state == types.InstanceStateNameTerminated || state == types.InstanceStateNameShuttingDown && !slices.Contains(wanted, types.InstanceStateNameTerminated)) {
			why := ""
			if one.StateReason != nil {
				why = aws.ToString(one.StateReason.Message)
			}
			return false, "", fmt.Errorf("unexpected state '%s', wanted target '%s'. last error: %s", state, wanted[0], why)
		}
		return slices.Contains(wanted, state), string(state), nil
	})
}

func rootMapping(one *types.Instance) *types.InstanceBlockDeviceMapping {
	for _, mapping := range one.BlockDeviceMappings {
		if aws.ToString(mapping.DeviceName) == aws.ToString(one.RootDeviceName) && mapping.Ebs != nil {
			return &mapping
		}
	}
	return nil
}

func updateInstance(ctx context.Context, p *provider, prior, plan object) error {
	id := text(plan, "id")
	if !same(prior["disable_api_termination"], plan["disable_api_termination"]) {
		wanted := &types.AttributeBooleanValue{Value: truth(plan, "disable_api_termination")}
		if _, err := p.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, DisableApiTermination: wanted}); err != nil {
			return err
		}
	}
	if !same(prior["vpc_security_group_ids"], plan["vpc_security_group_ids"]) {
		if _, err := p.ec2.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, Groups: texts(plan, "vpc_security_group_ids")}); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context, string, object, object) error{
		p.changeProfile, p.changeType, p.changeUserData, p.changeMetadataOptions, p.changeRootVolume,
	} {
		if err := step(ctx, id, prior, plan); err != nil {
			return err
		}
	}
	return nil
}

func (p *provider) changeRootVolume(ctx context.Context, _ string, prior, plan object) error {
	before, after := only(prior, "root_block_device"), only(plan, "root_block_device")
	if before == nil || after == nil {
		return nil
	}
	volume := orNil(before, "volume_id")
	input := &ec2.ModifyVolumeInput{VolumeId: volume}
	changed := false
	if !same(before["volume_size"], after["volume_size"]) {
		input.Size, changed = number(after, "volume_size"), true
	}
	if !same(before["volume_type"], after["volume_type"]) {
		input.VolumeType, changed = types.VolumeType(text(after, "volume_type")), true
	}
	for name, field := range map[string]**int32{"iops": &input.Iops, "throughput": &input.Throughput} {
		if value := number(after, name); value != nil && !same(before[name], after[name]) {
			*field, changed = value, true
		}
	}
	if changed {
		if _, err := p.ec2.ModifyVolume(ctx, input); err != nil {
			return err
		}
	}
	old, _ := before["tags_all"].(object)
	now, _ := after["tags_all"].(object)
	set, remove := tagChanges(old, now)
	if len(set)+len(remove) == 0 {
		return nil
	}
	return p.tagEC2(ctx, aws.ToString(volume), set, remove)
}

// changeStopped changes what EC2 changes on a stopped machine only, and starts the machine again.
func (p *provider) changeStopped(ctx context.Context, input *ec2.ModifyInstanceAttributeInput) error {
	id := aws.ToString(input.InstanceId)
	if err := p.stopInstance(ctx, id); err != nil {
		return err
	}
	if _, err := p.ec2.ModifyInstanceAttribute(ctx, input); err != nil {
		return err
	}
	if _, err := p.ec2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}}); err != nil {
		return err
	}
	return p.awaitInstance(ctx, id, types.InstanceStateNameRunning)
}

func (p *provider) changeType(ctx context.Context, id string, prior, plan object) error {
	if same(prior["instance_type"], plan["instance_type"]) {
		return nil
	}
	wanted := &types.AttributeValue{Value: orNil(plan, "instance_type")}
	return p.changeStopped(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, InstanceType: wanted})
}

func (p *provider) changeUserData(ctx context.Context, id string, prior, plan object) error {
	if same(prior["user_data"], plan["user_data"]) {
		return nil
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(text(plan, "user_data")))
	wanted := &types.SecureBlobAttributeValue{Value: []byte(encoded)}
	return p.changeStopped(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &id, UserData: wanted})
}

// changeProfile associates, replaces or removes the instance profile while the machine runs.
func (p *provider) changeProfile(ctx context.Context, id string, prior, plan object) error {
	if text(prior, "iam_instance_profile") == text(plan, "iam_instance_profile") {
		return nil
	}
	found, err := p.ec2.DescribeIamInstanceProfileAssociations(ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{
		Filters: []types.Filter{{Name: aws.String("instance-id"), Values: []string{id}}},
	})
	if err != nil {
		return err
	}
	association := first(found.IamInstanceProfileAssociations)
	wanted := &types.IamInstanceProfileSpecification{Name: orNil(plan, "iam_instance_profile")}
	switch {
	case wanted.Name == nil && association != nil:
		_, err = p.ec2.DisassociateIamInstanceProfile(ctx, &ec2.DisassociateIamInstanceProfileInput{AssociationId: association.AssociationId})
	case wanted.Name != nil && association != nil:
		_, err = p.ec2.ReplaceIamInstanceProfileAssociation(ctx, &ec2.ReplaceIamInstanceProfileAssociationInput{AssociationId: association.AssociationId, IamInstanceProfile: wanted})
	case wanted.Name != nil:
		_, err = p.ec2.AssociateIamInstanceProfile(ctx, &ec2.AssociateIamInstanceProfileInput{InstanceId: &id, IamInstanceProfile: wanted})
	}
	return err
}

func (p *provider) changeMetadataOptions(ctx context.Context, id string, prior, plan object) error {
	options := only(plan, "metadata_options")
	if options == nil || same(only(prior, "metadata_options"), options) {
		return nil
	}
	_, err := p.ec2.ModifyInstanceMetadataOptions(ctx, &ec2.ModifyInstanceMetadataOptionsInput{
		InstanceId: &id, HttpEndpoint: types.InstanceMetadataEndpointState(text(options, "http_endpoint")),
		HttpTokens: types.HttpTokensState(text(options, "http_tokens")), HttpPutResponseHopLimit: number(options, "http_put_response_hop_limit"),
		InstanceMetadataTags: types.InstanceMetadataTagsState(text(options, "instance_metadata_tags")),
	})
	return err
}
