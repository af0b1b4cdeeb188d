using System.Globalization;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>What the architecture says of a stored tensor.</summary>
internal readonly record struct WeightRole(Tensor Tensor, int Layer);

/// <summary>Finds the description of a tensor by its name in the checkpoint, in either naming.</summary>
internal sealed class WeightRoles
{
    private readonly Dictionary<string, WeightRole> roles = new(StringComparer.Ordinal);

    private WeightRoles() { }

    public static WeightRoles OfCheckpoint(Architecture architecture)
    {
        var index = new WeightRoles();
        foreach (var tensor in architecture.Tensors.Tensors)
            index.Add(tensor, StoredNames.Unwrap(tensor.Name));
        return index;
    }

    public static WeightRoles OfGguf(Architecture architecture)
    {
        var index = new WeightRoles();
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            foreach (var name in GgufNames.Of(tensor.Name, architecture.Layers.Length).SelectMany(way => way))
                index.Add(tensor, name);
        }
        return index;
    }

    public WeightRole? Find(string name) => roles.TryGetValue(StoredNames.Unwrap(name), out var role) ? role : null;

    private void Add(Tensor tensor, string template)
    {
        foreach (var layer in tensor.Layers.IsEmpty ? [0] : tensor.Layers)
        {
            var name = template.Replace("{layer}", Text(layer), StringComparison.Ordinal);
            if (!name.Contains("{expert}", StringComparison.Ordinal))
            {
                roles.TryAdd(name, new WeightRole(tensor, layer));
                continue;
            }
            for (var expert = 0; expert < tensor.Experts; expert++)
                roles.TryAdd(
                    name.Replace("{expert}", Text(expert), StringComparison.Ordinal),
                    new WeightRole(tensor, layer)
                );
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
