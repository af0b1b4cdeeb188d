using Loadline.Catalog;
using Loadline.Models;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>
/// Scores inference memory: bytes of files and buffers, caches, states, pools and peaks, each predicted from the
/// conditions of its row. Rows that repeat a configuration count once.
/// </summary>
internal sealed class MemoryScoring(CatalogReader catalog, ModelSource models)
{
    /// <summary>Metrics that graphs of an engine decide in detail; they are listed, not judged.</summary>
    private static readonly string[] Listed = ["compute_buffer"];

    private readonly MemoryPredictor predictor = new(catalog);

    public ValidationAnswer Score(CsvTable table, bool withCases)
    {
        var scorable = table.Rows.Where(row => row["scorable"] == "yes").ToList();
        var excluded = table
            .Rows.Where(row => row["scorable"] != "yes")
            .GroupBy(row => "not scorable: " + (row["why_not"]?.Split(';', ',')[0] ?? "no reason given"))
            .Select(group => new Exclusion(group.Key, group.Count()));
        var pools = table
            .Rows.Where(row => row["metric"] == "kv_pool_bytes" && row["log"] is not null)
            .GroupBy(row => row.Text("log"))
            .ToDictionary(group => group.Key, group => group.First().Number("value_bytes_or_tokens") ?? 0);
        return Scoring.Answer(
            table.File,
            "inference memory",
            [.. scorable.Select(row => CaseOf(row, pools))],
            excluded,
            withCases
        );
    }

    private ScoredCase CaseOf(CsvRow row, Dictionary<string, double> pools)
    {
        var metric = row.Text("metric");
        var scored = new ScoredCase
        {
            Id = row["id"] ?? $"line {row.Line}",
            Metric = Array.IndexOf(Listed, metric) >= 0 ? metric + " (listed)" : metric,
            Deployment = Configuration(row),
            Slices = [$"engine {row.Text("engine")}"],
            Measured = row.AboveZero("value_bytes_or_tokens"),
        };
        try
        {
            var model = models.Read(ModelOf(row));
            scored = scored with { Slices = [.. scored.Slices, $"kind {KindOf(model.Architecture)}"] };
            return predictor.Predict(row, model, pools) is { } estimate
                ? scored with
                {
                    Predicted = estimate,
                }
                : scored with
                {
                    Refused = $"{metric} of {row["engine"]} is not predicted under these conditions",
                };
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            return scored with { Refused = exception.Message };
        }
    }

    /// <summary>The model by id, or the one whose figures the note says are equal to those logged.</summary>
    private static string ModelOf(CsvRow row)
    {
        if (row["model_id"] is { } id)
            return id;
        const string Marker = "bytes equal those of ";
        var note = row["note"] ?? "";
        var at = note.IndexOf(Marker, StringComparison.Ordinal);
        return at < 0
            ? throw new UnknownNameException("model", row["model"] ?? "", [], ambiguous: false)
            : note[(at + Marker.Length)..].Split(' ')[0];
    }

    /// <summary>Columns that decide the figure; the machine it was read on does not.</summary>
    private static readonly string[] Conditions =
    [
        "engine",
        "version",
        "model_id",
        "model",
        "weight_format",
        "k_format",
        "v_format",
        "ctx",
        "n_ubatch",
        "n_seq",
        "flash_attention",
        "mla_mode",
        "batch_seqs",
        "tp",
        "device",
    ];

    private static string Configuration(CsvRow row) => string.Join('|', Conditions.Select(column => row[column]));

    private static string KindOf(Architecture architecture)
    {
        var layers = architecture.Layers;
        if (layers.Any(layer => layer is Mixer.LatentAttention))
            return "latent";
        if (layers.Any(layer => layer is Mixer.Linear or Mixer.Convolution or Mixer.Parallel))
            return "hybrid";
        if (layers.Any(layer => layer is Mixer.Attention { Window: not null }))
            return "windowed";
        return architecture.Tensors.Tensors.Any(tensor => tensor.Role == TensorRole.Expert) ? "experts" : "dense";
    }
}
