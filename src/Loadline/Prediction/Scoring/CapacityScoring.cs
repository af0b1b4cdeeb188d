using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Scores how many sequences an engine's cache pool holds, for settings that each row states.</summary>
internal sealed class CapacityScoring(CatalogReader catalog, ModelSource models)
{
    private const string Metric = "maximum sequences";

    public ValidationAnswer Score(CsvTable table, bool withCases) =>
        Scoring.Answer(table.File, "cache capacity", [.. table.Rows.Select(CaseOf)], [], withCases);

    private ScoredCase CaseOf(CsvRow row)
    {
        var measured = row.AboveZero("max_sequences");
        var scored = new ScoredCase
        {
            Id = $"line {row.Line}",
            Metric = Metric,
            Deployment = $"line {row.Line}",
            Slices =
            [
                $"accelerator {row.Text("accelerator")}",
                $"model {row.Text("model")}",
                $"tensor parallel {row.Text("tp")}",
            ],
            Measured = measured,
        };
        try
        {
            return scored with { Predicted = Predict(row) };
        }
        catch (Exception exception) when (exception is UnknownNameException or BadContentException)
        {
            return scored with { Refused = exception.Message };
        }
    }

    private Estimate Predict(CsvRow row)
    {
        var request = new DeploymentRequest
        {
            Model = models.Read(row.Text("model")),
            Accelerator = catalog.Accelerators.Find(AcceleratorNames.Resolve(row.Text("accelerator"))),
            Engine = row.Text("engine"),
            KvCache = row["kv_format"],
            TensorParallel = (int)(row.WholeNumber("tp") ?? 1),
        };
        var deployment = new DeploymentBuilder(catalog).Build(request).Deployment;
        var rules = deployment.Rules with
        {
            MemoryFraction = row.Number("free_memory_fraction") ?? deployment.Rules.MemoryFraction,
            MaximumBatchedTokens = (int)(row.WholeNumber("max_num_tokens") ?? deployment.Rules.MaximumBatchedTokens),
        };
        var length = row.WholeNumber("max_seq_len") ?? throw row.Wrong("max_seq_len", "empty", "tokens per sequence");
        return new ServingMemory(deployment with { Rules = rules }).MaximumConcurrency(length);
    }
}
