using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>A measured attention kernel.</summary>
internal sealed record AttentionKernel(
    AttentionWork Work,
    StepShape Step,
    Arithmetic Multiplied,
    double BytesPerElement,
    double Seconds,
    double Weight,
    string Shape
) : MeasuredKernel(Seconds, Weight, Shape)
{
    /// <summary>Format of the cache, as the catalog names it.</summary>
    public string Cache => BytesPerElement < 2 ? "fp8" : "bf16";

    public override Arithmetic Arithmetic => Multiplied;
}

/// <summary>Attention with heads of its own keys and values, and latent attention: the attention and mla tables.</summary>
internal static class AttentionKernels
{
    private const int MostChunkTokens = 32768;
    private const int LeastChunkTokens = 64;
    private const int MostContext = 131072;
    private const int LeastContext = 16;

    private static readonly AttentionConstants None = new()
    {
        PrefillFraction = 1,
        PrefillStartup = Duration.Zero,
        DecodeMemoryFraction = 0.8,
        DecodeStartup = Duration.Zero,
    };

    private static readonly LatentDecodeConstants NoLatent = new()
    {
        MemoryFraction = 1,
        ComputeFraction = 1,
        Startup = Duration.Zero,
    };

    public static OperatorFit<AttentionKernel, AttentionConstants> NewPrefillFit() =>
        new(
            [
                new("prefillFraction", 0.7, 0.02, 1),
                new("queryOverheadTokens", 500, 1, 10000),
                new("softmaxWidth", 100, 1, 1000),
                new("prefillStartup", 12, 0.5, 200),
                new("prefillStartupPerThousandTokens", 2, 0.01, 50),
            ],
            values =>
                None with
                {
                    PrefillFraction = values[0],
                    QueryOverheadTokens = values[1],
                    SoftmaxWidth = values[2],
                    PrefillStartup = Duration.FromMicroseconds(values[3]),
                    PrefillStartupPerThousandTokens = Duration.FromMicroseconds(values[4]),
                },
            (constants, device, kernel) => Seconds(constants, NoLatent, device, kernel)
        );

    public static OperatorFit<AttentionKernel, AttentionConstants> NewDecodeFit() =>
        new(
            [
                new("decodeMemoryFraction", 0.8, 0.02, 1),
                new("decodeStartup", 10, 0.5, 200),
                new("decodeStartupPerThousandHeads", 7, 0.01, 500),
            ],
            values =>
                None with
                {
                    DecodeMemoryFraction = values[0],
                    DecodeStartup = Duration.FromMicroseconds(values[1]),
                    DecodeStartupPerThousandHeads = Duration.FromMicroseconds(values[2]),
                },
            (constants, device, kernel) => Seconds(constants, NoLatent, device, kernel)
        );

    public static OperatorFit<AttentionKernel, LatentDecodeConstants> NewLatentDecodeFit() =>
        new(
            [
                new("memoryFraction", 0.8, 0.02, 1),
                new("computeFraction", 0.6, 0.02, 1),
                new("startup", 12, 0.5, 200),
                new("startupPerThousandSequences", 10, 0.01, 1000),
            ],
            values => new LatentDecodeConstants
            {
                MemoryFraction = values[0],
                ComputeFraction = values[1],
                Startup = Duration.FromMicroseconds(values[2]),
                StartupPerThousandSequences = Duration.FromMicroseconds(values[3]),
            },
            (constants, device, kernel) => Seconds(None, constants, device, kernel)
        );

    /// <summary>Prompts, by format of the cache.</summary>
    public static IEnumerable<IGrouping<string, AttentionKernel>> Prefill(KernelTable table, ModelShapes models) =>
        ByCache(
            models,
            Rows(table)
                .Where(row =>
                    table.Number("isl", row) >= LeastChunkTokens
                    && table.Number("isl", row) * table.Number("batch_size", row) <= MostChunkTokens
                    && table.Number("isl", row) + table.Number("step", row) <= MostContext
                )
                .Select(row => Read(table, row, isDecode: false))
        );

    /// <summary>Decode, by format of the cache.</summary>
    public static IEnumerable<IGrouping<string, AttentionKernel>> Decode(
        KernelTable table,
        Device device,
        ModelShapes models,
        Exclusions exclusions
    ) =>
        ByCache(
            models,
            Rows(table)
                .Where(row =>
                    table.Number("isl", row) + table.Number("step", row) is >= LeastContext and <= MostContext
                    && !exclusions.Decode(table)
                )
                .Select(row => Read(table, row, isDecode: true))
                .Where(kernel => !exclusions.Decode(device, CacheBytes(kernel)))
        );

    /// <summary>By format of the cache; of several kernels for one shape an engine takes the fastest.</summary>
    private static IEnumerable<IGrouping<string, AttentionKernel>> ByCache(
        ModelShapes models,
        IEnumerable<AttentionKernel> kernels
    )
    {
        var all = kernels.ToList();
        var votes = models.HeadVotes([.. all.Select(kernel => ModelShapes.SizesOf(kernel.Work)).Distinct()]);
        return all.Select(kernel =>
                kernel with
                {
                    // Latent attention is that of one family.
                    Weight = kernel.Work.IsLatent ? 1 : votes.GetValueOrDefault(ModelShapes.SizesOf(kernel.Work)),
                }
            )
            .GroupBy(kernel => (kernel.Cache, kernel.Step, kernel.Shape))
            .Select(same => same.MinBy(kernel => kernel.Seconds)!)
            .OrderBy(kernel => kernel.Shape, StringComparer.Ordinal)
            .ThenBy(kernel => kernel.Step.PrefillContext + kernel.Step.DecodeContext)
            .ThenBy(kernel => kernel.Step.Tokens)
            .GroupBy(kernel => kernel.Cache, StringComparer.Ordinal);
    }

    private static IEnumerable<int> Rows(KernelTable table) =>
        Enumerable.Range(0, table.Count).Where(row => !table.Has("attn_dtype") || IsDefault(table, row));

    /// <summary>
    /// With an fp8 cache vLLM multiplies in 16 bit; TensorRT-LLM and SGLang in fp8 where they have the kernel.
    /// </summary>
    private static bool IsDefault(KernelTable table, int row) =>
        table.Text("kv_cache_dtype", row) == "bfloat16"
        || (table.Text("attn_dtype", row) == "bfloat16")
            == (table.Engine == "vllm" || table.IsOnly("attn_dtype", "bfloat16"));

    private static AttentionKernel Read(KernelTable table, int row, bool isDecode)
    {
        var batch = table.Number("batch_size", row);
        var chunk = table.Number("isl", row);
        var before = table.Number("step", row);
        var isNarrow = table.Text("kv_cache_dtype", row) is "fp8" or "int8";
        var isLatent = !table.Has("attn_dtype");
        var work = AttentionWork.Of(isLatent ? Latent(table, row) : Heads(table, row), 1)!;
        var arithmetic = !isLatent && table.Text("attn_dtype", row) == "fp8" ? Arithmetic.Fp8 : Arithmetic.Bf16;
        var shape =
            $"{work.Name} {work.QueryHeads}/{work.KvHeads} x {work.PrefillFlops / work.QueryHeads} {(isDecode ? "" : $"{batch}")}";
        return new AttentionKernel(
            work,
            isDecode ? StepShape.Decode(batch, chunk + before) : new StepShape(batch * chunk, before, batch, 0, 0),
            arithmetic,
            isNarrow ? 1 : 2,
            table.Seconds(row),
            1,
            shape
        );
    }

    private static Mixer.Attention Heads(KernelTable table, int row)
    {
        var heads = table.Count32("num_heads", row);
        var groups = table.Count32("num_key_value_heads", row);
        var window = table.Has("window_size") ? table.Number("window_size", row) : 0;
        return new Mixer.Attention(heads, groups > 0 ? groups : heads, table.Count32("head_dim", row))
        {
            Window = window > 0 ? (int)window : null,
        };
    }

    /// <summary>DeepSeek-V3, arXiv 2412.19437: ranks 512 + 64, heads of 128 + 64 and 128.</summary>
    private static Mixer.LatentAttention Latent(KernelTable table, int row) =>
        new(table.Count32("num_heads", row), 512, 64, 128, 128);

    private static double CacheBytes(AttentionKernel kernel) =>
        kernel.Step.DecodeSequences
        * kernel.Work.Attended(kernel.Step.DecodeContext)
        * kernel.Work.Elements
        * kernel.BytesPerElement;

    private static double Seconds(
        AttentionConstants constants,
        LatentDecodeConstants latent,
        Device device,
        AttentionKernel kernel
    ) =>
        new AttentionCost(
            constants,
            latent,
            device.Peak(kernel.Multiplied),
            device.Wide,
            device.Bandwidth,
            kernel.BytesPerElement,
            computeSlowdown: 1
        ).Seconds(kernel.Work, kernel.Step, out _, out _, out _);
}
