using System.Collections.Immutable;
using System.Globalization;
using Loadline.Quantities;

namespace Loadline.Models;

/// <summary>Finds every tensor of an architecture in a checkpoint, under Hugging Face names or GGUF names.</summary>
public sealed class CheckpointMatch
{
    private readonly Architecture architecture;
    private readonly Checkpoint checkpoint;
    private readonly string file;
    private readonly bool isGguf;
    private readonly Dictionary<string, Weight> weights = new(StringComparer.Ordinal);
    private readonly List<UnlistedTensor> unlisted = [];
    private readonly ImmutableArray<Tensor>.Builder missing = ImmutableArray.CreateBuilder<Tensor>();

    private CheckpointMatch(Architecture architecture, Checkpoint checkpoint, string file)
    {
        this.architecture = architecture;
        this.checkpoint = checkpoint;
        this.file = file;
        isGguf = checkpoint.Tensors.Any(tensor => tensor.Name == "token_embd.weight");
    }

    /// <param name="architecture">As its family describes it.</param>
    /// <param name="checkpoint">As the file headers list it.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="name">What to call the format, such as <c>Q4_K_M</c>.</param>
    /// <exception cref="BadContentException">A tensor of the file has another size than the architecture's.</exception>
    public static StoredWeightFormat FormatOf(
        Architecture architecture,
        Checkpoint checkpoint,
        string file,
        string name = "as-stored"
    ) => new CheckpointMatch(architecture, checkpoint, file).Match(name);

    private StoredWeightFormat Match(string name)
    {
        Gather();
        var sizes = new Dictionary<string, StoredSize>(StringComparer.Ordinal);
        var matrices = new FormatCount();
        var rest = new FormatCount();
        foreach (var tensor in architecture.Tensors.Tensors)
        {
            if (Find(tensor) is not { } found)
                continue;
            sizes.TryAdd(StoredWeightFormat.KeyOf(tensor), found);
            (tensor.IsQuantizable ? matrices : rest).Add(found.Format, found.Bytes);
        }
        foreach (var weight in weights.Values)
            ListUnused(weight);

        var plain = architecture.DataType;
        var formats = (matrices.Largest ?? plain, rest.Largest ?? plain);
        return new StoredWeightFormat(name, formats, architecture.StoredFormat ?? Otherwise(formats), sizes)
        {
            Total = checkpoint.Size,
            Unlisted = [.. unlisted],
            Missing = missing.ToImmutable(),
        };
    }

    private void Gather()
    {
        var listed = ListedScales();
        foreach (var stored in checkpoint.Tensors)
        {
            var (key, part) = listed.Contains(stored.Name)
                ? (stored.Name, StoredPart.Plain)
                : StoredNames.WeightOf(stored.Name);
            if (!weights.TryGetValue(key, out var weight))
                weights.Add(key, weight = new Weight());
            if (part == StoredPart.Scale)
                weight.Scales.Add(stored);
            else if (weight.Codes is null)
                (weight.Codes, weight.IsPacked) = (stored, part == StoredPart.Packed);
            else
                unlisted.Add(new UnlistedTensor(stored, UnlistedKind.Unknown));
        }
    }

    /// <summary>GGUF names of scales that are weights of the architecture, not companions of quantized ones.</summary>
    private HashSet<string> ListedScales() =>
        isGguf
            ?
            [
                .. architecture
                    .Tensors.Tensors.Where(tensor => tensor.Name.EndsWith("scale", StringComparison.Ordinal))
                    .SelectMany(tensor =>
                        WaysOf(tensor)
                            .SelectMany(way => way)
                            .SelectMany(name => tensor.Layers.Select(layer => InLayer(name, layer)))
                    ),
            ]
            : [];

    private IReadOnlyList<IReadOnlyList<string>> WaysOf(Tensor tensor) =>
        isGguf
            ? GgufNames.Of(tensor.Name, architecture.Layers.Length)
            :
            [
                [StoredNames.Unwrap(tensor.Name)],
            ];

    private static string InLayer(string name, int layer) =>
        name.Replace("{layer}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private StoredSize? Find(Tensor tensor)
    {
        var ways = WaysOf(tensor);
        // GGUF stores prediction layers behind the others, whatever the checkpoint counted.
        var isAppended = isGguf && tensor.Part == ModelPart.Mtp && tensor.Layers is [0, ..];
        var first = isAppended ? architecture.Layers.Length : 0;
        var counts = new FormatCount();
        var bytes = 0L;
        var complete = true;
        foreach (var layer in tensor.Layers.IsEmpty ? [-1] : tensor.Layers)
        {
            var found = FindInLayer(tensor, ways, first + layer);
            complete &= found.Count > 0;
            foreach (var weight in found)
            {
                weight.IsUsed = true;
                counts.Add(FormatOf(weight, tensor), weight.Bytes);
                bytes += weight.Bytes;
                Note(weight, tensor);
            }
        }
        if (complete)
            return new StoredSize(counts.Largest!, bytes, tensor.Count * tensor.Copies);
        if (tensor.TiedTo is null)
            missing.Add(tensor);
        return null;
    }

    /// <summary>The stored weights that make up a tensor in one layer; none when one of them is absent.</summary>
    private List<Weight> FindInLayer(Tensor tensor, IReadOnlyList<IReadOnlyList<string>> ways, int layer)
    {
        foreach (var way in ways)
        {
            var found = new List<Weight>();
            var all = true;
            foreach (var template in way)
            {
                var name = layer < 0 ? template : InLayer(template, layer);
                var perExpert = name.Contains("{expert}", StringComparison.Ordinal);
                for (var expert = 0; all && expert < (perExpert ? tensor.Experts : 1); expert++)
                {
                    var one = perExpert ? name.Replace("{expert}", $"{expert}", StringComparison.Ordinal) : name;
                    all = weights.TryGetValue(one, out var weight) && weight.Codes is not null;
                    if (all)
                        found.Add(weight!);
                }
            }
            if (!all)
                continue;
            CheckElements(tensor, found);
            return found;
        }
        return [];
    }

    private void CheckElements(Tensor tensor, List<Weight> found)
    {
        if (found.Any(weight => weight.IsPacked || !HoldsNumbers(weight.Codes!.Value.Format)))
            return;
        var elements = found.Sum(weight => weight.Codes!.Value.Elements);
        var expected = tensor.Count * (tensor.ExpertsInShape ? 1 : tensor.Experts);
        if (elements == expected)
            return;
        var first = found[0].Codes!.Value;
        throw new BadContentException(
            file,
            $"tensor {FileText.Quote(first.Name)}",
            $"{string.Join(" x ", first.Shape)}, {elements} elements",
            $"{expected} elements as the configuration says"
        );
    }

    private BlockFormat FormatOf(Weight weight, Tensor tensor)
    {
        var stored = weight.Codes!.Value.Format;
        // Only the recipe knows how codes and scales go together.
        var quantized = weight.IsPacked || weight.Scales.Count > 0 || !HoldsNumbers(stored);
        return quantized && architecture.StoredFormat is { } recipe ? recipe.FormatOf(tensor) : stored;
    }

    private void Note(Weight weight, Tensor tensor)
    {
        if (tensor.TiedTo is not null)
            unlisted.Add(new UnlistedTensor(weight.Codes!.Value, UnlistedKind.TiedCopy));
        foreach (var scale in weight.Scales)
            unlisted.Add(new UnlistedTensor(scale, UnlistedKind.Scale));
    }

    private void ListUnused(Weight weight)
    {
        if (weight.IsUsed)
            return;
        foreach (var tensor in weight.Scales.Concat(weight.Codes is { } codes ? [codes] : []))
        {
            var kind = StoredNames.IsBuffer(tensor.Name) ? UnlistedKind.Buffer : UnlistedKind.Unknown;
            unlisted.Add(new UnlistedTensor(tensor, kind));
        }
    }

    /// <summary>Integers are codes of something; every other format holds one weight per element.</summary>
    private static bool HoldsNumbers(BlockFormat format) =>
        !format.Name.Contains("int", StringComparison.Ordinal) && format != BlockFormats.Boolean;

    private static WeightFormat Otherwise((BlockFormat Matrices, BlockFormat Others) formats)
    {
        var arithmetic = formats.Matrices.Name switch
        {
            "fp32" => Arithmetic.Fp32,
            "fp16" => Arithmetic.Fp16,
            "fp8" or "fp8-e5m2" => Arithmetic.Fp8,
            _ => Arithmetic.Bf16,
        };
        return new WeightFormat("as-stored", formats.Matrices, formats.Others, arithmetic);
    }

    private sealed class Weight
    {
        public StoredTensor? Codes { get; set; }

        public bool IsPacked { get; set; }

        public bool IsUsed { get; set; }

        public List<StoredTensor> Scales { get; } = [];

        public long Bytes => Codes!.Value.Bytes + Scales.Sum(scale => scale.Bytes);
    }

    private sealed class FormatCount
    {
        private readonly Dictionary<BlockFormat, long> bytes = [];

        public BlockFormat? Largest => bytes.Count == 0 ? null : bytes.MaxBy(pair => pair.Value).Key;

        public void Add(BlockFormat format, long amount) => bytes[format] = bytes.GetValueOrDefault(format) + amount;
    }
}
