using System.Text.Json.Nodes;
using Loadline.Catalog;
using Loadline.Models;

namespace Loadline.KernelFit;

/// <summary>
/// The constants of every engine on one device: its own, or what stands in for them, best first: another engine on the
/// device, then another format with the same width of weights and of arithmetic.
/// </summary>
internal sealed class KernelLadder(KernelFits fits, Device device)
{
    /// <summary>Folder names of the engines and their ids, in the order in which they stand in for each other.</summary>
    public static readonly IReadOnlyList<(string Folder, string Id)> Engines =
    [
        ("vllm", "vllm"),
        ("trtllm", "tensorrt-llm"),
        ("sglang", "sglang"),
    ];

    private const string Source =
        "ai-dynamo/aiconfigurator 095f58a5 (Apache-2.0) operator tables, fitted by eng/Loadline.KernelFit; interval factor: leave-one-model-out residuals of step times; elementwise: mem_bw_empirical_scaling_factor of its systems/*.yaml and 2.5 us per fused kernel";

    private readonly List<string> notes = [];

    public bool Has(string engine) =>
        fits.Matrices.Results.Keys.Any(group => group.System == device.System && group.Engine == engine);

    public JsonObject Entry(string engine, string id)
    {
        notes.Clear();
        notes.Add("fp16 runs on the same units as bf16 and takes its row");
        var entry = new JsonObject
        {
            ["engine"] = id,
            ["matrices"] = Table(engine, fits.Matrices, "matrices"),
            ["experts"] = Table(engine, fits.Experts, "experts"),
            ["attention"] = Attention(engine, "bf16"),
        };
        if (Attention(engine, "fp8") is { } narrow)
            entry["fp8CacheAttention"] = narrow;
        if (Find(fits.LatentDecode, engine, "bf16", "latent attention") is { } latent)
            entry["latentDecode"] = KernelJson.Of(latent.Constants);
        if (Find(fits.LatentDecode, engine, "fp8", "latent attention, fp8 cache") is { } narrowLatent)
            entry["fp8CacheLatentDecode"] = KernelJson.Of(narrowLatent.Constants);
        if (Find(fits.RecurrentDecode, engine, "fp32", "linear attention") is { } decode)
            entry["recurrentState"] = KernelJson.Of(
                decode.Constants,
                Find(fits.RecurrentPrefill, engine, "fp32", "linear attention, prefill")?.Constants
            );
        var reduces = new JsonArray();
        foreach (var devices in new[] { 2, 4, 8 })
        {
            if (Find(fits.AllReduces, engine, $"{devices} devices", $"all-reduce over {devices}") is { } reduce)
                reduces.Add(KernelJson.Of(reduce.Constants, devices));
        }
        entry["allReduce"] = reduces;
        if (Own(fits.Dispatches, "", "") is { } dispatch && Own(fits.Combines, "", "") is { } combine)
        {
            entry["expertExchange"] = KernelJson.Exchange(dispatch.Constants, combine.Constants);
            notes.Add("expert exchange: DeepEP on one node");
        }
        entry["elementwiseFraction"] = 0.8;
        entry["elementwiseStartup"] = "2.5 us";
        entry["intervalFactor"] = 1.43;
        entry["source"] = Source;
        entry["notes"] = string.Join("; ", notes);
        return entry;
    }

    private JsonObject Table(string engine, IOperatorFit<MatrixConstants> fit, string name)
    {
        var table = new JsonObject();
        foreach (var format in KernelFormat.All.Select(format => format.Catalog).Distinct(StringComparer.Ordinal))
        {
            if (Find(fit, engine, format, $"{name} {format}") is not { } found)
                continue;
            if (format == "bf16")
                table["fp16"] = KernelJson.Of(found.Constants, null);
            table[format] = KernelJson.Of(found.Constants, ArithmeticOf(fit, found.Group));
        }
        if (
            !table.ContainsKey("int4")
            && table["mxfp4"] is JsonObject four
            && four["arithmetic"]?.GetValue<string>() == "bf16"
        )
        {
            var copy = (JsonObject)four.DeepClone();
            copy.Remove("arithmetic");
            table["int4"] = copy;
            notes.Add($"{name} int4: not measured, mxfp4 multiplied in 16 bit stands in");
        }
        return table;
    }

    /// <summary>MXFP4 has kernels that multiply in 16 and in 8 bit, so its entry says which.</summary>
    private string? ArithmeticOf(IOperatorFit<MatrixConstants> fit, KernelGroup group)
    {
        if (group.Format == "mxfp4")
            return fit.ArithmeticOf(group) == Arithmetic.Fp8 ? "fp8" : "bf16";
        return
            group.Format.StartsWith("fp8", StringComparison.Ordinal) && device.Accelerator.Peak[Arithmetic.Fp8] is null
            ? "bf16"
            : null;
    }

    private JsonObject? Attention(string engine, string cache)
    {
        var suffix = cache == "fp8" ? ", fp8 cache" : "";
        var prefill = Find(fits.Prefill, engine, cache, "prefill attention" + suffix);
        var decode = Find(fits.Decode, engine, cache, "decode attention" + suffix);
        if (prefill is null || decode is null)
            return null;
        var arithmetic = fits.Prefill.ArithmeticOf(prefill.Group) == Arithmetic.Fp8 ? "fp8" : null;
        return KernelJson.Of(prefill.Constants, decode.Constants, arithmetic);
    }

    private Fitted<TConstants>? Own<TConstants>(IOperatorFit<TConstants> fit, string engine, string format) =>
        fit.Results.GetValueOrDefault(new KernelGroup(device.System, engine, format));

    private Fitted<TConstants>? Find<TConstants>(
        IOperatorFit<TConstants> fit,
        string engine,
        string format,
        string what
    )
    {
        if (Own(fit, engine, format) is { } own)
            return own;
        foreach (var (other, id) in Engines)
        {
            if (Own(fit, other, format) is not { } found)
                continue;
            notes.Add($"{what}: not measured, that of {id} taken");
            return found;
        }
        return null;
    }
}
