using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Loadline.Quantization;

/// <summary>A number that changes when the input or the recipe does, so that no run goes on with what is not its own.</summary>
internal static class Fingerprint
{
    /// <summary>To be raised when a codec writes other bytes than before.</summary>
    private const int Version = 1;

    /// <remarks>
    /// Weights are known by name, length and time of the last change: reading them all would take as long as the run.
    /// </remarks>
    public static string Of(QuantizationPlan plan)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, $"{Version}");
        foreach (var path in plan.Inputs)
        {
            var file = new FileInfo(path);
            Add(hash, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}");
        }
        foreach (var file in plan.Files)
        {
            Add(hash, $"{file.Path} {file.Length}");
            hash.AppendData(file.Header);
        }
        foreach (var file in plan.SideFiles)
            Add(hash, $"{file.Path} {file.Text ?? file.CopyOf}");
        foreach (var tensor in plan.Tensors)
        {
            Add(hash, $"{tensor.Name} {tensor.Format}");
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Importance.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, FormattableString text) =>
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture) + "\n"));
}
