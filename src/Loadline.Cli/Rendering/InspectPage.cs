using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Cli.Rendering;

internal static class InspectPage
{
    /// <summary>Formats that the table shows; JSON has them all.</summary>
    private static readonly string[] ShownFormats = ["as-stored", "fp32", "bf16", "fp8", "int4", "nvfp4"];

    public static void Render(Page page, ModelSummary summary, bool explain)
    {
        var architecture = summary.Architecture;
        var parameters = summary.Parameters;
        var active =
            parameters.Active == parameters.Total ? "" : $", {Figures.Exact(parameters.Active)} of them for each token";
        page.Headline($"{summary.Model} has {Figures.Exact(parameters.Total)} parameters{active}.");
        page.Line();
        page.Facts(Facts(summary));
        page.Table(
            ["Weights as", ">Bytes", ">GiB"],
            ShownFormats
                .Where(summary.WeightBytes.ContainsKey)
                .Select(format =>
                    (IReadOnlyList<string>)
                        [format, Figures.Exact(summary.WeightBytes[format]), Figures.GiB(summary.WeightBytes[format])]
                )
        );
        if (explain)
            Explain(page, parameters);
        page.List("Assumptions", summary.Assumptions);

        List<(string, string)> Facts(ModelSummary model)
        {
            var facts = new List<(string, string)>
            {
                ("Family", architecture.Family),
                ("Layers", $"{architecture.Layers}, hidden size {architecture.HiddenSize:N0}"),
            };
            facts.AddRange(architecture.LayerKinds.Select(kind => ("  " + kind.Kind, Describe(kind))));
            if (architecture.Experts is { } experts)
                facts.Add(("Experts", $"{experts} per layer, {architecture.ActiveExperts} per token"));
            facts.Add(("Vocabulary", $"{architecture.VocabularySize:N0}"));
            if (architecture.MaximumContext is { } context)
                facts.Add(("Context", $"{context:N0} tokens"));
            facts.Add(("Stored as", architecture.StoredFormat ?? architecture.DataType));
            if (parameters.Stored is { } stored && stored != parameters.Total)
                facts.Add(("Checkpoint", $"{Figures.Exact(stored)} elements stored"));
            foreach (var part in parameters.Parts.Where(part => part.Part != ModelPart.Language))
                facts.Add(
                    ($"  {part.Part.ToString().ToLowerInvariant()}", $"{Figures.Exact(part.Parameters)} parameters")
                );
            facts.Add(("Cache", Cache(model.Cache)));
            return facts;
        }
    }

    private static string Describe(LayerKindSummary kind)
    {
        var parts = new List<string>();
        if (kind.QueryHeads is { } queries)
            parts.Add(
                kind.KvHeads is { } keys
                    ? $"{queries} query heads, {keys} key-value heads of {kind.HeadSize}"
                    : $"{queries} query heads of {kind.HeadSize}"
            );
        if (kind.LatentRank is { } rank)
            parts.Add($"one latent of {rank} + {kind.RopeSize} for all");
        if (kind.Window is { } window)
            parts.Add($"last {window:N0} tokens");
        if (kind.CompressionRatio is { } ratio)
            parts.Add($"one vector per {ratio} tokens before");
        if (kind.SelectedTokens is { } selected)
            parts.Add($"{selected:N0} tokens selected");
        if (kind.StateElements is { } state)
            parts.Add($"state of {Figures.Exact(state)} numbers per sequence");
        return parts.Count == 0 ? $"{kind.Layers} layers" : $"{kind.Layers} layers: {string.Join(", ", parts)}";
    }

    private static string Cache(CacheSummary cache)
    {
        var parts = new List<string>();
        if (cache.BytesPerToken > 0 || cache.Windows.IsEmpty)
            parts.Add($"{Figures.Exact(cache.BytesPerToken)} bytes per token at bf16");
        foreach (var window in cache.Windows)
            parts.Add($"{Figures.Exact(window.BytesPerToken)} bytes per token within a window of {window.Tokens:N0}");
        if (cache.StateBytesPerSequence > 0)
            parts.Add($"{new ByteSize(cache.StateBytesPerSequence)} of state per sequence");
        if (cache.BytesAtContext is { } bytes)
            parts.Add($"{new ByteSize(bytes)} for the context asked for");
        return string.Join("; ", parts);
    }

    /// <summary>The count as somebody would do it by hand: copies x shape = parameters.</summary>
    private static void Explain(Page page, ParameterSummary parameters)
    {
        page.Table(
            [">Copies", ">Shape", ">Parameters", "Tensor"],
            parameters.Items.Select(item =>
                (IReadOnlyList<string>)
                    [
                        Figures.Exact(item.Copies),
                        string.Join(" x ", item.Shape.Select(Figures.Exact)),
                        item.TiedTo is null ? Figures.Exact(item.Parameters) : "0",
                        item.TiedTo is null ? item.Name : $"{item.Name}, the same values as {item.TiedTo}",
                    ]
            )
        );
        page.Facts(("Sum", $"{Figures.Exact(parameters.Parts.Sum(part => part.Parameters))} parameters"));
    }
}
