namespace Loadline.Models;

/// <summary>The routed experts of a layer.</summary>
/// <param name="Count">Experts in the layer.</param>
/// <param name="Active">Experts a token is routed to.</param>
/// <param name="Intermediate">Width inside one expert.</param>
internal readonly record struct ExpertSizes(int Count, int Active, int Intermediate)
{
    /// <summary>Reads the number of experts under the first spelling that is present.</summary>
    public static ExpertSizes Read(ModelConfig config, string intermediate, params ReadOnlySpan<string> counts)
    {
        var count = config.Size(counts);
        var active = config.Size("num_experts_per_tok");
        return active <= count
            ? new(count, active, config.Size(intermediate))
            : throw config.Contradiction("num_experts_per_tok", $"{active}", $"at most the {count} experts there are");
    }
}
