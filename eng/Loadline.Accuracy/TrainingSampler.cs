using System.Security.Cryptography;
using System.Text;
using Loadline.Prediction;

namespace Loadline.Accuracy;

/// <summary>
/// Chooses rows for <c>measurements/training.csv</c>: of every source, accelerator and model the same number of runs, by
/// the smallest hash of their names, with all that was measured in them. Nothing is predicted on the way.
/// </summary>
internal static class TrainingSampler
{
    private const int RunsOfGroup = 3;

    /// <summary>What a setup is read from; remarks and units stay with the collection.</summary>
    private static readonly string[] Columns =
    [
        "id",
        "source",
        "date",
        "framework",
        "version",
        "config",
        "setup",
        "method",
        "variant",
        "model",
        "model_id",
        "params",
        "active_params",
        "trainable_params",
        "layers",
        "hidden",
        "heads",
        "kv_heads",
        "head_dim",
        "ffn",
        "vocab",
        "precision",
        "base_weights",
        "optimizer",
        "offload",
        "parallelism",
        "dp",
        "tp",
        "pp",
        "vp",
        "ep",
        "cp",
        "zero_stage",
        "zero_group",
        "accelerator",
        "accelerator_id",
        "count",
        "seq_len",
        "seq_len_mean",
        "packing",
        "global_batch",
        "micro_batch",
        "grad_accum",
        "tokens_per_step",
        "checkpointing",
        "lora_rank",
        "lora_targets",
        "rollouts_per_step",
        "gen_len_mean",
        "policy_lag",
        "tokens_total",
        "metric",
        "value",
        "scope",
        "flop_convention",
        "primary",
        "scorable",
    ];

    public static void Write(CsvTable collection, TextWriter output)
    {
        var usable = collection
            .Rows.Where(row => row["scorable"] == "yes")
            .Where(row => row["primary"] == "yes" || TrainingQuantity.ConventionOf(row) is not null)
            .ToList();
        var chosen = usable
            .GroupBy(row => (row["framework"], row["accelerator_id"] ?? row["accelerator"], row["model"]))
            .SelectMany(group =>
                group
                    .Select(row => row.Text("config"))
                    .Distinct(StringComparer.Ordinal)
                    .OrderBy(HashOf, StringComparer.Ordinal)
                    .Take(RunsOfGroup)
            )
            .ToHashSet(StringComparer.Ordinal);
        output.WriteLine(string.Join(',', Columns));
        foreach (var row in usable.Where(row => chosen.Contains(row.Text("config"))))
            output.WriteLine(string.Join(',', Columns.Select(column => Quoted(row[column] ?? ""))));
    }

    private static string HashOf(string name) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
