using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>Names of the matrices that have adapters, as the model's modules are called.</summary>
internal static class TrainingTargets
{
    public static IEnumerable<string> NamesOf(TrainingJob job) =>
        Adapters
            .Targeted(job.Model.Architecture, job.Targets)
            .Select(tensor =>
            {
                var parts = tensor.Name.Split('.');
                return parts[^1] is "weight" && parts.Length > 1 ? parts[^2] : parts[^1];
            })
            .Distinct(StringComparer.Ordinal);
}
