namespace Loadline.Prediction;

/// <summary>
/// How the chunks of one prompt overlap where a model is split by layers: while one stage works on a chunk, the stage
/// before it works on the next. The first chunk of a batch passes through all stages, each further one adds the time of
/// one stage.
/// </summary>
/// <param name="Stages">Groups of layers on a device each; 0 and 1 are no pipeline.</param>
/// <param name="ChunksPerBatch">Chunks handed out before the engine waits for all stages to end.</param>
public readonly record struct PromptPipeline(int Stages, int ChunksPerBatch)
{
    /// <summary>
    /// Kernels that wait in the queue of a CUDA stream before a launch blocks, and with it the launches to all other
    /// devices. Published runs agree: Llama-3-70B in F16 overlaps on 4 devices, in Q4_K_M, with more kernels per layer,
    /// on 8 but not on 4 or 2.
    /// </summary>
    private const int LaunchQueue = 1024;

    /// <summary>A quantized matrix takes one kernel more: it is widened, or its input is quantized.</summary>
    private const int MatricesPerLayer = 7;

    public static PromptPipeline Of(Deployment deployment)
    {
        var stages = deployment.Parallelism.Pipeline;
        if (stages < 2 || deployment.Rules.PromptBatchTokens is not { } batch)
            return default;
        var isQuantized = deployment.Weights.Matrices.BitsPerWeight < 16;
        var launches = deployment.Rules.PromptLaunchesPerLayer + (isQuantized ? MatricesPerLayer : 0);
        var layers = (double)deployment.Architecture.Layers.Length / stages;
        return layers * launches > LaunchQueue
            ? default
            : new PromptPipeline(stages, Math.Max(1, batch / deployment.Rules.MaximumBatchedTokens));
    }

    /// <summary>Share of its own step by which a chunk, counted from 0, lengthens the prompt.</summary>
    public double ShareOf(int chunk) => Stages < 2 || chunk % ChunksPerBatch == 0 ? 1 : 1.0 / Stages;
}
