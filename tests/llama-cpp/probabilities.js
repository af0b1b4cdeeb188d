// Loads a GGUF file in llama.cpp on the CPU and prints, for every token given, the probabilities of the one after it:
//   node probabilities.js MODEL.gguf 1 2 3
// One JSON document: { "vocabulary": N, "probabilities": [[...], ...] }.
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [path, ...ids] = process.argv.slice(2);
const tokens = ids.map(Number);

const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: path, gpuLayers: 0});
// The cache in 32 bit: what is compared are the weights.
const context = await model.createContext({
    contextSize: Math.max(64, tokens.length),
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32"
});
const sequence = context.getSequence();
const outputs = await sequence.controlledEvaluate(tokens.map((token) => [token, {generateNext: {logits: true}}]));
const probabilities = outputs.map((output) => softmax(output.next.logits));
process.stdout.write(JSON.stringify({vocabulary: probabilities[0].length, probabilities}) + "\n");
await llama.dispose();

// Asked for probabilities themselves, llama.cpp answers after its sampler, which leaves most tokens out.
function softmax(logits) {
    const largest = Math.max(...logits.values());
    const row = [];
    let sum = 0;
    for (const [token, logit] of logits) sum += row[token] = Math.exp(logit - largest);
    return row.map((value) => value / sum);
}
