using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Dense and sparse MLPs of decoders that have both, under the names that DeepSeek began.</summary>
internal static class ExpertParts
{
    /// <summary>A gated MLP in the dense layers; router, routed and shared experts in all others.</summary>
    /// <param name="tensors">The list to add to.</param>
    /// <param name="mlp">Name of the MLP, with <c>{layer}</c>.</param>
    /// <param name="hidden">Hidden size.</param>
    /// <param name="layers">Layers to describe.</param>
    /// <param name="dense">Those of them without experts.</param>
    /// <param name="intermediate">Width of the dense MLP; not asked for when every layer has experts.</param>
    /// <param name="experts">Routed experts.</param>
    /// <param name="shared">Width of all shared experts together; 0 for none.</param>
    /// <param name="correction">True when a bias beside the router balances the load.</param>
    public static void DenseOrExperts(
        this TensorList tensors,
        string mlp,
        int hidden,
        ImmutableArray<int> layers,
        IReadOnlySet<int> dense,
        Func<int> intermediate,
        ExpertSizes experts,
        long shared,
        bool correction
    )
    {
        tensors.Layers = [.. layers.Where(dense.Contains)];
        if (!tensors.Layers.IsEmpty)
            tensors.GatedMlp(mlp, hidden, intermediate());

        tensors.Layers = [.. layers.Where(layer => !dense.Contains(layer))];
        if (!tensors.Layers.IsEmpty)
        {
            tensors.Router($"{mlp}.gate", experts.Count, hidden);
            if (correction)
                tensors.RouterBias($"{mlp}.gate.e_score_correction_bias", experts.Count);
            tensors.GatedExperts($"{mlp}.experts", hidden, experts);
            if (shared > 0)
                tensors.GatedMlp($"{mlp}.shared_experts", hidden, shared);
        }
        tensors.Layers = layers;
    }

    /// <summary>The gated MLP of all experts of a layer in two tensors, gate and up in one.</summary>
    public static void FusedGatedExperts(
        this TensorList tensors,
        string prefix,
        int hidden,
        ExpertSizes experts,
        bool inputFirst
    )
    {
        var both = 2L * experts.Intermediate;
        ImmutableArray<long> up = inputFirst ? [experts.Count, hidden, both] : [experts.Count, both, hidden];
        ImmutableArray<long> down = inputFirst
            ? [experts.Count, experts.Intermediate, hidden]
            : [experts.Count, hidden, experts.Intermediate];
        tensors.FusedExperts($"{prefix}.gate_up_proj", up, experts, inputFirst: inputFirst);
        tensors.FusedExperts($"{prefix}.down_proj", down, experts, inputFirst: inputFirst);
    }

    /// <summary>A dense MLP beside the routed experts that a gate of its own weighs for every token (Qwen).</summary>
    public static void GatedSharedExpert(this TensorList tensors, string mlp, int hidden, int intermediate)
    {
        tensors.GatedMlp($"{mlp}.shared_expert", hidden, intermediate);
        tensors.Small($"{mlp}.shared_expert_gate.weight", [1, hidden]);
    }
}
