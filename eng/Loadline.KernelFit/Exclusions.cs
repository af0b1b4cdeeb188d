namespace Loadline.KernelFit;

/// <summary>Rows that are left out, each by a rule on the conditions it was measured under and never by its error.</summary>
internal sealed class Exclusions
{
    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>Rows left out by rule.</summary>
    public IReadOnlyDictionary<string, int> Counts => counts;

    public bool Matrix(KernelTable table, int row) =>
        table.Engine == "vllm"
        && Is(table, row, "gemm_dtype", "fp8_block")
        && Count("matrices, vLLM fp8-block: not captured in a graph, 55-250 us of host time in every row");

    public bool Expert(KernelTable table, int row) =>
        (
            table.Number("moe_ep_size", row) != 1
            && Count("experts spread over ranks: which share of the tokens comes to the measured rank is not recorded")
        )
        || (
            Is(table, row, "distribution", "balanced")
            && Count(
                "experts, balanced: no router gives every expert the same, and grouped routing lets half of them idle"
            )
        )
        || (
            table.System is "h100_sxm" or "h200_sxm"
            && table.Engine != "trtllm"
            && table.Text("kernel_source", row).Contains("flashinfer_cutlass", StringComparison.Ordinal)
            && !Is(table, row, "moe_dtype", "fp8_block")
            && Count("experts, FlashInfer CUTLASS on Hopper: not tuned before it was measured")
        );

    public bool Latent(KernelTable table) =>
        table.Engine == "vllm"
        && Count("latent attention, vLLM 0.14: not captured in a graph, 100-180 us of host time in every row");

    /// <summary>Hopper has no kernel for it, so SGLang widens the whole cache before every step.</summary>
    public bool Latent(KernelGroup group) =>
        group is { Engine: "sglang", Format: "fp8", System: "h100_sxm" or "h200_sxm" }
        && Count(
            "latent attention, SGLang with an fp8 cache on Hopper: FlashAttention 3 widens the cache in every step"
        );

    public bool Recurrence(KernelTable table, string file) =>
        (table.Engine, file) == ("vllm", "kda_perf")
        && Count("linear attention, vLLM kda: a development build that compiles its convolution in every call");

    public bool Eager() => Count("all-reduce, eager: engines capture their steps in graphs");

    /// <summary>A cache that the last-level cache holds is read from there by the next run of a benchmark, not in serving.</summary>
    public bool Decode(Device device, double cacheBytes) =>
        device.System == "rtx_pro_6000_server"
        && cacheBytes > SmallCacheBytes
        && cacheBytes < device.Accelerator.LastLevelCache!.Value.Bytes
        && Count("decode on RTX PRO 6000, 2 MB of cache or state to 128 MiB: resident in the L2 cache");

    public bool Decode(KernelTable table) =>
        table is { System: "a100_sxm", Engine: "trtllm" }
        && Count("decode attention, TensorRT-LLM on A100: reads faster than its memory");

    /// <summary>Below this a kernel is nothing but its start-up, wherever the bytes are.</summary>
    private const double SmallCacheBytes = 2e6;

    private static bool Is(KernelTable table, int row, string column, string text) => table.Text(column, row) == text;

    private bool Count(string rule)
    {
        counts[rule] = counts.GetValueOrDefault(rule) + 1;
        return true;
    }
}
