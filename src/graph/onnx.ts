/**
 * The part of the ONNX format that the training graphs need, as protobuf messages.
 *
 * Field numbers are those of onnx.proto3 (ONNX IR version 10). protobufjs does the encoding.
 */
import protobuf from 'protobufjs/light.js';

/** ONNX element types by name; the number is TensorProto.DataType. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, float16: 10, float64: 11, bfloat16: 16 } as const;

export type ElementType = keyof typeof ELEMENT_TYPES;

/** Attribute of a node; the kind follows from the field that is set. */
export type OnnxAttribute =
  | { readonly name: string; readonly int: number }
  | { readonly name: string; readonly float: number }
  | { readonly name: string; readonly string: string }
  | { readonly name: string; readonly ints: readonly number[] };

export interface OnnxNode {
  readonly operator: string;
  readonly domain: string;
  /** Names of tensors; "" stands for an optional input or output left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** A constant: `bytes` is its little-endian row-major content. */
export interface OnnxConstant extends OnnxValue {
  readonly bytes: Uint8Array;
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const OPSET = 21;
const IR_VERSION = 10;
/** ONNX Runtime's own operators, e.g. FusedMatMul. */
export const MICROSOFT_DOMAIN = 'com.microsoft';

const one = (type: string, id: number): protobuf.IField => ({ type, id });
const many = (type: string, id: number): protobuf.IField & { rule: string } => ({ rule: 'repeated', type, id });

const ModelProto = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        graph: one('Graph', 7),
        opsetImport: many('Opset', 8),
      },
    },
    Opset: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: one('string', 2),
        initializer: many('Tensor', 5),
        input: many('Value', 11),
        output: many('Value', 12),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
        domain: one('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        ints: many('int64', 8),
        type: one('int32', 20),
      },
    },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        name: one('string', 8),
        rawData: one('bytes', 9),
      },
    },
    Value: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('Shape', 2) } },
    Shape: { fields: { dim: many('Dimension', 1) } },
    Dimension: { fields: { dimValue: one('int64', 1) } },
  },
}).lookupType('Model');

/** Serialises a model as ONNX bytes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const message = ModelProto.create({
    irVersion: IR_VERSION,
    producerName: 'muonscope',
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: MICROSOFT_DOMAIN, version: 1 },
    ],
    graph: {
      name: 'muonscope',
      node: model.nodes.map((node) => ({
        input: node.inputs,
        output: node.outputs,
        opType: node.operator,
        domain: node.domain,
        attribute: node.attributes.map(attributeMessage),
      })),
      initializer: model.constants.map((constant) => ({
        name: constant.name,
        dims: constant.shape,
        dataType: ELEMENT_TYPES[constant.type],
        rawData: constant.bytes,
      })),
      input: model.inputs.map(valueMessage),
      output: model.outputs.map(valueMessage),
    },
  });
  return ModelProto.encode(message).finish();
}

/** Numbers of AttributeProto.AttributeType. */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;

function attributeMessage(attribute: OnnxAttribute): object {
  const { name } = attribute;
  if ('int' in attribute) return { name, i: attribute.int, type: ATTRIBUTE_INT };
  if ('float' in attribute) return { name, f: attribute.float, type: ATTRIBUTE_FLOAT };
  if ('ints' in attribute) return { name, ints: attribute.ints, type: ATTRIBUTE_INTS };
  return { name, s: new TextEncoder().encode(attribute.string), type: ATTRIBUTE_STRING };
}

function valueMessage(value: OnnxValue): object {
  return {
    name: value.name,
    type: {
      tensorType: { elemType: ELEMENT_TYPES[value.type], shape: { dim: value.shape.map((d) => ({ dimValue: d })) } },
    },
  };
}
