/**
 * The rows as ONNX models, for onnxruntime: a small writer of `onnx.proto` (the field numbers below are
 * its) and the graphs.
 *
 * @module
 */
import { BinaryWriter, WireType } from "npm:@bufbuild/protobuf@2.16.0/wire";
import {
  BLOCK,
  BLOCK_PARAMETERS,
  type BlockParameter,
  initial,
  type MatmulRow,
  noise,
  operandShapes,
} from "../rows.ts";

/** Fills the message that is open in the writer. */
type Fill = (writer: BinaryWriter) => void;
type Attribute = number | readonly number[];
/** A constant of a graph: f32 numbers, or 64-bit integers. */
type Constant = readonly [
  shape: readonly number[],
  data: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
];

const IR_VERSION = 8, OPSET = 17;
const FLOAT = 1, INT64 = 7;

function message(writer: BinaryWriter, field: number, fill: Fill): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fill(writer);
  writer.join();
}

function string(writer: BinaryWriter, field: number, text: string): void {
  writer.tag(field, WireType.LengthDelimited).string(text);
}

function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

/** A graph under construction, with one input or several and one output, `y`. */
class Graph {
  #nodes: Fill[] = [];
  #constants: Fill[] = [];
  #values = 0;

  /** A constant; gives its name. */
  constant([shape, data]: Constant): string {
    const name = `c${this.#constants.length}`;
    this.#constants.push((tensor) => {
      for (const size of shape) integer(tensor, 1, size);
      integer(tensor, 2, data instanceof Float32Array ? FLOAT : INT64);
      string(tensor, 8, name);
      tensor.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer));
    });
    return name;
  }

  /** A node with one output; gives the output's name. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output: string = `v${this.#values++}`,
  ): string {
    this.#nodes.push((node) => {
      for (const input of inputs) string(node, 1, input);
      string(node, 2, output);
      string(node, 4, type);
      for (const [name, value] of Object.entries(attributes)) {
        message(node, 5, (attribute) => writeAttribute(attribute, name, value));
      }
    });
    return output;
  }

  /** The model's file; `inputs` and `output` are f32 tensors of the given shapes. */
  model(inputs: Readonly<Record<string, readonly number[]>>, output: readonly number[]) {
    const writer = new BinaryWriter();
    integer(writer, 1, IR_VERSION);
    message(writer, 8, (opset) => integer(opset, 2, OPSET));
    message(writer, 7, (graph) => {
      for (const node of this.#nodes) message(graph, 1, node);
      string(graph, 2, "row");
      for (const constant of this.#constants) message(graph, 5, constant);
      for (const [name, shape] of Object.entries(inputs)) message(graph, 11, typed(name, shape));
      message(graph, 12, typed("y", output));
    });
    return writer.finish();
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  string(writer, 1, name);
  if (typeof value !== "number") {
    for (const item of value) integer(writer, 8, item);
    integer(writer, 20, 7 /* INTS */);
  } else if (Number.isInteger(value)) {
    integer(writer, 3, value);
    integer(writer, 20, 2 /* INT */);
  } else {
    writer.tag(2, WireType.Bit32).float(value);
    integer(writer, 20, 1 /* FLOAT */);
  }
}

/** A value's name and type: an f32 tensor. */
function typed(name: string, shape: readonly number[]): Fill {
  return (info) => {
    string(info, 1, name);
    message(info, 2, (type) =>
      message(type, 1, (tensor) => {
        integer(tensor, 1, FLOAT);
        message(tensor, 2, (sizes) => {
          for (const size of shape) message(sizes, 1, (dimension) => integer(dimension, 1, size));
        });
      }));
  };
}

/** A product of the inputs `a` and `b`. */
export function matmulModel(row: MatmulRow): Uint8Array {
  const graph = new Graph();
  const transposed = { transA: Number(row.form === "atb"), transB: Number(row.form === "abt") };
  if (row.form === "ab") graph.node("MatMul", ["a", "b"], {}, "y");
  else graph.node("Gemm", ["a", "b"], transposed, "y");
  const [a, b] = operandShapes(row);
  return graph.model({ a, b }, [row.m, row.n]);
}

/** The block's forward pass over the input `x`, with its parameters as constants. */
export function blockModel(): Uint8Array {
  const { frames, tokens, heads, headWidth, width } = BLOCK;
  const rows = frames * tokens;
  const graph = new Graph();
  const parameter = (name: BlockParameter) =>
    graph.constant([BLOCK_PARAMETERS[name], initial(name)]);
  const scalar = (value: number) => graph.constant([[1], new Float32Array([value])]);
  const shape = (sizes: number[]) =>
    graph.constant([[sizes.length], BigInt64Array.from(sizes, BigInt)]);
  const norm = (x: string, weight: BlockParameter, bias: BlockParameter) =>
    graph.node("LayerNormalization", [x, parameter(weight), parameter(bias)], { epsilon: 1e-5 });
  const linear = (x: string, weight: string, bias: string, output?: string) =>
    graph.node("Add", [graph.node("MatMul", [x, weight]), bias], {}, output);

  const normed = norm("x", "norm1Weight", "norm1Bias");
  const heads4 = shape([frames, tokens, heads, headWidth]);
  // Three products: the library runs them faster than one that it must split afterwards.
  const project = (perm: number[]) => {
    const weight = graph.constant([[width, width], noise(width * width, 0.02)]);
    const bias = graph.constant([[width], new Float32Array(width)]);
    const projected = graph.node("Reshape", [linear(normed, weight, bias), heads4]);
    return graph.node("Transpose", [projected], { perm });
  };
  const [q, k, v] = [[0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]].map(project);
  const scores = graph.node("Mul", [graph.node("MatMul", [q, k]), scalar(headWidth ** -0.5)]);
  const weights = graph.node("Softmax", [scores], { axis: -1 });
  const mixed = graph.node("Transpose", [graph.node("MatMul", [weights, v])], {
    perm: [0, 2, 1, 3],
  });
  const joined = graph.node("Reshape", [mixed, shape([rows, width])]);
  const out = linear(joined, parameter("outWeight"), parameter("outBias"));
  const attended = graph.node("Add", ["x", out]);

  const normed2 = norm(attended, "norm2Weight", "norm2Bias");
  const hidden = linear(normed2, parameter("fcWeight"), parameter("fcBias"));
  const gate = graph.node("Sigmoid", [graph.node("Mul", [hidden, scalar(1.702)])]);
  const activated = graph.node("Mul", [hidden, gate]);
  const projected = linear(activated, parameter("projWeight"), parameter("projBias"));
  graph.node("Add", [attended, projected], {}, "y");
  return graph.model({ x: [rows, width] }, [rows, width]);
}
