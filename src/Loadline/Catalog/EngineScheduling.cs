using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>How an engine composes its steps.</summary>
public enum SchedulingPolicy
{
    /// <summary>One budget of tokens, decoding first, answers take cache as they grow (vLLM V1).</summary>
    ChunkedPrefill,

    /// <summary>Prompts first, in steps of their own (SGLang).</summary>
    PrefillFirst,

    /// <summary>Whole prompts beside decoding, the longest answer reserved (TensorRT-LLM).</summary>
    ReservedWholePrompts,

    /// <summary>Prompts cut to a batch beside decoding, a context for every slot (llama.cpp).</summary>
    Slots,

    /// <summary>A batch to its end, then the next.</summary>
    StaticBatch,
}

/// <summary>How an engine mixes prompts with the decoding of others.</summary>
public sealed record EngineScheduling
{
    /// <summary>What is taken of engines without measurements of their own.</summary>
    public static EngineScheduling Usual { get; } = new();

    /// <summary>
    /// Share of the prompts of others that a request of a closed loop waits for before its first token; the rest
    /// lengthens the steps between its later ones. Requests that start together and whose prompts all run before any
    /// of them decodes wait for half, those at random phases for next to none.
    /// </summary>
    [JsonRequired]
    public double QueuedPrefillShare { get; init; } = 0.13;

    /// <summary>
    /// Steps that an arrival waits for while others decode: half of the one that is running, and those that the engine
    /// has queued ahead of it or takes to hand the token out.
    /// </summary>
    [JsonRequired]
    public double StepsBeforeFirstToken { get; init; } = 0.5;

    /// <summary>
    /// Share of the start-up of kernels, measured one by one, that is left where they follow each other in a captured graph:
    /// the next is launched while one drains.
    /// </summary>
    [JsonRequired]
    public double StartupInGraphs { get; init; } = 1;

    /// <summary>
    /// Least time per layer of a step with prompts: their kernels are not replayed from a captured graph, so the host
    /// has to launch each, however short it is.
    /// </summary>
    [JsonRequired]
    public Duration PromptLaunchPerLayer { get; init; }

    /// <summary>
    /// The same in models with experts, whose layers launch more kernels: routing, sorting, quantizing, two grouped
    /// products and the way back. Null for no more than others.
    /// </summary>
    public Duration? PromptLaunchPerExpertLayer { get; init; }

    /// <summary>
    /// The same in models with latent or linear attention, which unfold, rotate and project in many small kernels. Null for
    /// no more than others.
    /// </summary>
    public Duration? PromptLaunchPerLatentLayer { get; init; }

    /// <summary>Least time per layer of a step with prompts.</summary>
    public Duration LaunchPerLayer(bool hasExperts, bool hasLatent)
    {
        if (hasLatent && PromptLaunchPerLatentLayer is { } latent)
            return latent;
        return hasExperts && PromptLaunchPerExpertLayer is { } experts ? experts : PromptLaunchPerLayer;
    }
}
